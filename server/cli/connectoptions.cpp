// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/cli/connectoptions.h"

#include "common/logging/redaction.h"

#include <QtCore/QDir>
#include <QtCore/QRegularExpression>

#include <algorithm>
#include <cmath>

using namespace Qt::StringLiterals;

namespace bridge::cli {

namespace {

using Milliseconds = std::chrono::milliseconds;

/// They belong to the protocol or to the connection.
bool isOwnHeader(const QString &lower)
{
    static const QStringList names{
        u"accept"_s,         u"content-type"_s,      u"content-length"_s, u"host"_s,
        u"connection"_s,     u"transfer-encoding"_s, u"last-event-id"_s,  u"mcp-protocol-version"_s,
        u"mcp-session-id"_s, u"mcp-method"_s,        u"mcp-name"_s};
    return names.contains(lower) || lower.startsWith("mcp-param-"_L1);
}

bool isCredentialHeader(const QString &lower)
{
    return logging::isSecretName(lower) || lower.contains("auth"_L1) || lower.contains("cookie"_L1);
}

class Parser
{
public:
    Parser(const QStringList &arguments, const QProcessEnvironment &environment,
           const QString &directory)
        : m_arguments(arguments)
        , m_environment(environment)
        , m_directory(directory)
    {
    }

    Result<ConnectOptions> run()
    {
        fromEnvironment();
        while (m_at < m_arguments.size() && !m_options.help)
            take(m_arguments.at(m_at++));
        if (m_options.help)
            return m_options;
        finish();
        if (m_problems.isEmpty())
            return m_options;
        Error error(ErrorCode::InvalidConfig, u"`connect` cannot start."_s);
        error.problems = m_problems;
        return error;
    }

private:
    void problem(const QString &where, const QString &message)
    {
        m_problems.append({where, message});
    }

    /// The names the bridge itself uses for remote servers.
    void fromEnvironment()
    {
        const QString bundle = m_environment.value(u"MCP_REMOTE_CA_BUNDLE"_s);
        if (!bundle.isEmpty())
            m_options.caBundle = path(bundle);
        const QString verify = m_environment.value(u"MCP_REMOTE_VERIFY_TLS"_s);
        if (!verify.isEmpty())
            setVerify(u"environment MCP_REMOTE_VERIFY_TLS"_s, verify);
        const int connections = m_environment.value(u"MCP_REMOTE_MAX_CONNECTIONS"_s).toInt();
        if (connections > 0)
            m_options.maxConnections = std::clamp(connections, 4, 10'000);
        const QString level = m_environment.value(u"LOG_LEVEL"_s);
        if (!level.isEmpty())
            m_options.logLevel = level;
    }

    void take(const QString &argument)
    {
        if (!argument.startsWith(u'-'))
            return takeUrl(argument);
        const qsizetype sign = argument.indexOf(u'=');
        const QString name = argument.left(sign);
        m_inline = sign < 0 ? std::nullopt : std::optional(argument.mid(sign + 1));
        if (name == "--help"_L1 || name == "-h"_L1)
            m_options.help = true;
        else if (name == "--no-remote-verify-tls"_L1)
            m_options.verifyTls = false;
        else if (name == "--remote-verify-tls"_L1)
            setVerify(name, m_inline.value_or(u"true"_s));
        else
            takeNamed(name);
    }

    void takeNamed(const QString &name)
    {
        static const QStringList known{u"--header"_s,          u"--token-env"_s,
                                       u"--token-file"_s,      u"--timeout"_s,
                                       u"--transport"_s,       u"--connect-timeout"_s,
                                       u"--log-level"_s,       u"--remote-connect-timeout"_s,
                                       u"--remote-ca-bundle"_s};
        if (!known.contains(name)) {
            // Its value is no second mistake, and perhaps a secret.
            if (!m_inline && m_at < m_arguments.size() && !m_arguments.at(m_at).startsWith(u'-'))
                ++m_at;
            const bool isToken = name.startsWith("--token"_L1) || name.startsWith("--bearer"_L1);
            return problem(name, isToken ? u"is no option: a token on the command line can be read "
                                           "by everyone on this machine. Use --token-env NAME or "
                                           "--token-file PATH."_s
                                         : u"is no option. `mcp-bridge connect --help` lists them "
                                           "all."_s);
        }
        if (!m_inline && m_at >= m_arguments.size())
            return problem(name, u"needs a value: %1 VALUE or %1=VALUE."_s.arg(name));
        const QString value = m_inline ? *m_inline : m_arguments.at(m_at++);
        if (name == "--header"_L1)
            takeHeader(value);
        else if (name == "--token-env"_L1)
            takeVariable(value);
        else if (name == "--token-file"_L1)
            m_options.tokenFile = path(value);
        else if (name == "--timeout"_L1)
            takeSeconds(name, value, m_options.timeout);
        else if (name == "--transport"_L1)
            takeTransport(value);
        else if (name == "--log-level"_L1)
            m_options.logLevel = value;
        else if (name == "--remote-ca-bundle"_L1)
            m_options.caBundle = path(value);
        else
            takeSeconds(name, value, m_options.connectTimeout);
    }

    QString path(const QString &value) const { return QDir(m_directory).absoluteFilePath(value); }

    void takeUrl(const QString &text)
    {
        if (!m_options.url.isEmpty())
            // Perhaps a token: it is not repeated.
            return problem(u"URL"_s, u"is followed by what is no option: one address is enough."_s);
        const QUrl url(text, QUrl::StrictMode);
        const bool isWeb = url.scheme() == "http"_L1 || url.scheme() == "https"_L1;
        if (!url.isValid() || !isWeb || url.host().isEmpty())
            problem(u"URL"_s, u"must be an absolute http or https address, for example "
                              "https://bridge.example.com/mcp."_s);
        if (!url.userInfo().isEmpty())
            problem(u"URL"_s,
                    u"must not hold a user and a password, which everyone on this machine "
                    "could read. Use --token-env NAME or --token-file PATH, or --header "
                    "'X-Name: ${VARIABLE}'."_s);
        m_options.url = url.adjusted(QUrl::RemoveFragment | QUrl::RemoveUserInfo);
    }

    void takeVariable(const QString &name)
    {
        static const QRegularExpression form(u"^[A-Za-z_][A-Za-z0-9_]*$"_s);
        if (!form.match(name).hasMatch())
            return problem(u"--token-env"_s,
                           u"must be the name of an environment variable, not the token."_s);
        m_options.tokenVariable = name;
    }

    void takeHeader(const QString &text)
    {
        static const QRegularExpression form(
            u"^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \\t]*([\\x20-\\x7e]*)$"_s);
        const QRegularExpressionMatch match = form.match(text);
        if (!match.hasMatch())
            return problem(u"--header"_s, u"must be written 'Name: value', in ASCII."_s);
        const QString name = match.captured(1);
        const QString lower = name.toLower();
        if (lower == "authorization"_L1 || lower == "proxy-authorization"_L1)
            return problem(u"--header"_s,
                           u"%1 is not taken from the command line, where everyone on this machine "
                           "could read it. Use --token-env NAME or --token-file PATH."_s.arg(name));
        if (isOwnHeader(lower))
            return problem(u"--header"_s, u"%1 is set by the bridge itself."_s.arg(name));
        bool isFilled = false;
        const QString value = filled(match.captured(2).trimmed(), isFilled);
        if (isCredentialHeader(lower) && !isFilled)
            return problem(u"--header"_s,
                           u"%1 seems to hold a secret, which everyone on this machine could read "
                           "here. Write '%1: ${VARIABLE}' and put it into that environment "
                           "variable."_s.arg(name));
        httpclient::setHeader(m_options.headers, name.toLatin1(), value.toLatin1());
    }

    /// `${NAME}` stands for an environment variable.
    QString filled(const QString &text, bool &isFilled)
    {
        static const QRegularExpression variable(u"\\$\\{([A-Za-z_][A-Za-z0-9_]*)\\}"_s);
        QString out;
        qsizetype end = 0;
        for (auto it = variable.globalMatch(text); it.hasNext();) {
            const QRegularExpressionMatch match = it.next();
            const QString value = m_environment.value(match.captured(1)).trimmed();
            if (value.isEmpty() || value.contains(u'\n') || value.contains(u'\r'))
                problem(u"--header"_s, u"the environment variable %1 must be set to a text of one "
                                       "line."_s.arg(match.captured(1)));
            logging::registerSecret(value);
            out += text.mid(end, match.capturedStart() - end) + value;
            end = match.capturedEnd();
            isFilled = true;
        }
        return out + text.mid(end);
    }

    void takeSeconds(const QString &name, const QString &value, Milliseconds &target)
    {
        bool isNumber = false;
        const double seconds = value.toDouble(&isNumber);
        if (!isNumber || !(seconds >= 0) || seconds > 2'000'000)
            return problem(name, u"must be a number of seconds that is not negative."_s);
        target = Milliseconds(qint64(std::ceil(seconds * 1000)));
    }

    void takeTransport(const QString &value)
    {
        if (value == "auto"_L1)
            m_options.transport = ConnectOptions::Transport::Auto;
        else if (value == "http"_L1)
            m_options.transport = ConnectOptions::Transport::Http;
        else if (value == "sse"_L1)
            m_options.transport = ConnectOptions::Transport::Sse;
        else
            problem(u"--transport"_s, u"must be auto, http or sse."_s);
    }

    void setVerify(const QString &where, const QString &value)
    {
        const QString lower = value.toLower();
        if (QStringList{u"true"_s, u"1"_s, u"yes"_s, u"on"_s}.contains(lower))
            m_options.verifyTls = true;
        else if (QStringList{u"false"_s, u"0"_s, u"no"_s, u"off"_s}.contains(lower))
            m_options.verifyTls = false;
        else
            problem(where, u"must be true or false."_s);
    }

    void finish()
    {
        if (m_options.url.isEmpty() && m_problems.isEmpty())
            problem(u"URL"_s, u"is missing: the address of the MCP server, for example "
                              "`mcp-bridge connect https://bridge.example.com/mcp`."_s);
        if (!m_options.tokenVariable.isEmpty() && !m_options.tokenFile.isEmpty())
            problem(u"--token-env"_s, u"and --token-file are both given; keep one."_s);
        if (m_options.transport == ConnectOptions::Transport::Auto
            && m_options.url.path().endsWith("/sse"_L1))
            m_options.transport = ConnectOptions::Transport::Sse;
    }

    const QStringList &m_arguments;
    const QProcessEnvironment &m_environment;
    const QString &m_directory;
    qsizetype m_at = 0;
    std::optional<QString> m_inline;
    ConnectOptions m_options;
    QList<FieldProblem> m_problems;
};

} // namespace

Result<ConnectOptions> connectOptions(const QStringList &arguments,
                                      const QProcessEnvironment &environment,
                                      const QString &workingDirectory)
{
    return Parser(arguments, environment, workingDirectory).run();
}

QString connectHelp()
{
    return u"Usage: mcp-bridge connect URL [options]\n"
           "\n"
           "An MCP server on standard input and output that passes every message on to the MCP\n"
           "server at URL (Streamable HTTP, or HTTP+SSE) and back, for clients that only start\n"
           "programs. It ends when its standard input does.\n"
           "\n"
           "  --token-env NAME         environment variable with the access token\n"
           "  --token-file PATH        file with the access token; read again when it changes or\n"
           "                           the server refuses the token\n"
           "  --header 'Name: value'   sent with every request; ${VARIABLE} stands for an\n"
           "                           environment variable. May be repeated\n"
           "  --timeout SECONDS        silence of the server after which a request is given up\n"
           "                           (300; 0 = never)\n"
           "  --remote-connect-timeout SECONDS   time to reach the server (10)\n"
           "  --transport auto|http|sse          auto (the default) finds out\n"
           "  --remote-ca-bundle PATH  PEM file with the authorities to trust instead of the\n"
           "                           system's (also MCP_REMOTE_CA_BUNDLE)\n"
           "  --no-remote-verify-tls   accept any certificate, for tests only (also\n"
           "                           MCP_REMOTE_VERIFY_TLS=false)\n"
           "  --log-level LEVEL        debug, info, warning or error, on standard error (warning)\n"
           "\n"
           "Tokens are never taken from the command line, which everyone on a machine can read.\n"_s;
}

} // namespace bridge::cli
