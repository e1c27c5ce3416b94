// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/cli/snippets.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtCore/QRegularExpression>

using namespace Qt::StringLiterals;

namespace bridge::cli {

namespace {

/// `text` for a POSIX shell.
QString shellWord(const QString &text)
{
    static const QRegularExpression plain(u"^[A-Za-z0-9_@%+=:,./-]+$"_s);
    if (plain.match(text).hasMatch())
        return text;
    QString quoted = text;
    quoted.replace(u'\'', u"'\\''"_s);
    return u'\'' + quoted + u'\'';
}

/// A TOML basic string, which is written like one of JSON.
QString tomlString(const QString &text)
{
    const QByteArray array = QJsonDocument(QJsonArray{text}).toJson(QJsonDocument::Compact);
    return QString::fromUtf8(array.mid(1, array.size() - 2));
}

class Writer
{
public:
    explicit Writer(const SnippetInput &input) : m_input(input) {}

    bool viaConnect() const { return !m_input.tokenFile.isEmpty(); }

    QStringList arguments() const
    {
        QStringList out{u"connect"_s, m_input.url};
        if (!m_input.tokenFile.isEmpty())
            out << u"--token-file"_s << m_input.tokenFile;
        else if (!m_input.tokenVariable.isEmpty())
            out << u"--token-env"_s << m_input.tokenVariable;
        return out;
    }

    /// `command` and `args`; \a type adds what some clients want to be told.
    QJsonObject stdio(const QString &type = {}) const
    {
        QJsonObject entry{{"command"_L1, m_input.program},
                          {"args"_L1, QJsonArray::fromStringList(arguments())}};
        if (!type.isEmpty())
            entry["type"_L1] = type;
        return entry;
    }

    /// \a key holds the address; \a reference is how the client writes the value of a variable.
    QJsonObject http(const QString &key, const QString &reference, const QString &type = {}) const
    {
        QJsonObject entry{{key, m_input.url}};
        if (!type.isEmpty())
            entry["type"_L1] = type;
        if (!m_input.tokenVariable.isEmpty())
            entry["headers"_L1] =
                QJsonObject{{"Authorization"_L1, QString(u"Bearer "_s + reference)}};
        return entry;
    }

    QString reference(const QString &before, const QString &after) const
    {
        return before + m_input.tokenVariable + after;
    }

    Snippet json(const QString &client, const QString &title, const QString &place,
                 const QString &section, const QJsonObject &entry,
                 const QJsonObject &more = {}) const
    {
        QJsonObject config = more;
        config[section] = QJsonObject{{m_input.name, entry}};
        Snippet snippet{client, title, place, {}, {}, config};
        snippet.text = QString::fromUtf8(QJsonDocument(config).toJson(QJsonDocument::Indented));
        const QString variable = m_input.tokenFile.isEmpty() ? m_input.tokenVariable : QString();
        if (!variable.isEmpty() && !config.contains("inputs"_L1))
            snippet.note =
                u"%1 must be set in the environment the client is started from."_s.arg(variable);
        return snippet;
    }

    Snippet claudeCode() const
    {
        QStringList words{u"claude"_s, u"mcp"_s, u"add"_s};
        if (viaConnect()) {
            words << shellWord(m_input.name) << u"--"_s << shellWord(m_input.program);
            for (const QString &argument : arguments())
                words << shellWord(argument);
        } else {
            words << u"--transport"_s << u"http"_s << shellWord(m_input.name)
                  << shellWord(m_input.url);
            if (!m_input.tokenVariable.isEmpty())
                words << u"--header"_s
                      << u"\"Authorization: Bearer $%1\""_s.arg(m_input.tokenVariable);
        }
        return {u"claude-code"_s, u"Claude Code"_s, u"a shell"_s, {}, words.join(u' ') + u'\n', {}};
    }

    Snippet codex() const
    {
        QString text = u"[mcp_servers.%1]\n"_s.arg(tomlString(m_input.name));
        if (viaConnect()) {
            QStringList quoted;
            for (const QString &argument : arguments())
                quoted << tomlString(argument);
            text += u"command = %1\nargs = [%2]\n"_s.arg(tomlString(m_input.program),
                                                         quoted.join(u", "_s));
        } else {
            text += u"url = %1\n"_s.arg(tomlString(m_input.url));
            if (!m_input.tokenVariable.isEmpty())
                text += u"bearer_token_env_var = %1\n"_s.arg(tomlString(m_input.tokenVariable));
        }
        return {u"codex"_s, u"Codex CLI"_s, u"~/.codex/config.toml"_s, {}, text, {}};
    }

    Snippet vsCode() const
    {
        QJsonObject more;
        if (!viaConnect() && !m_input.tokenVariable.isEmpty())
            more["inputs"_L1] = QJsonArray{
                QJsonObject{{"id"_L1, m_input.tokenVariable},
                            {"type"_L1, u"promptString"_s},
                            {"description"_L1, u"Access token for %1"_s.arg(m_input.name)},
                            {"password"_L1, true}}};
        return json(
            u"vscode"_s, u"VS Code"_s,
            u".vscode/mcp.json in a project, or the command “MCP: Open User Configuration”"_s,
            u"servers"_s,
            viaConnect() ? stdio(u"stdio"_s)
                         : http(u"url"_s, reference(u"${input:"_s, u"}"_s), u"http"_s),
            more);
    }

    /// For a client that keeps its servers under `mcpServers` or the like.
    QJsonObject entry(const QString &key, const QString &before, const QString &after,
                      const QString &type = {}) const
    {
        return viaConnect() ? stdio() : http(key, reference(before, after), type);
    }

private:
    const SnippetInput &m_input;
};

} // namespace

QList<Snippet> snippets(const SnippetInput &input)
{
    const Writer write(input);
    const QString servers = u"mcpServers"_s;
    return {
        write.json(u"claude-desktop"_s, u"Claude Desktop"_s,
                   u"claude_desktop_config.json (Settings → Developer → Edit Config)"_s, servers,
                   write.stdio()),
        write.claudeCode(),
        write.json(u"claude-code-project"_s, u"Claude Code, for everyone in a project"_s,
                   u".mcp.json in the project's folder"_s, servers,
                   write.entry(u"url"_s, u"${"_s, u"}"_s, u"http"_s)),
        write.json(u"cursor"_s, u"Cursor"_s,
                   u"~/.cursor/mcp.json, or .cursor/mcp.json in a project"_s, servers,
                   write.entry(u"url"_s, u"${env:"_s, u"}"_s)),
        write.vsCode(),
        write.json(u"windsurf"_s, u"Windsurf"_s, u"~/.codeium/windsurf/mcp_config.json"_s, servers,
                   write.entry(u"serverUrl"_s, u"${env:"_s, u"}"_s)),
        // Its settings know no variables, so a token needs `connect`.
        write.json(u"zed"_s, u"Zed"_s, u"settings.json (command “zed: open settings file”)"_s,
                   u"context_servers"_s,
                   input.tokenVariable.isEmpty() ? write.entry(u"url"_s, {}, {}) : write.stdio()),
        write.json(u"gemini-cli"_s, u"Gemini CLI"_s, u"~/.gemini/settings.json"_s, servers,
                   write.entry(u"httpUrl"_s, u"${"_s, u"}"_s)),
        write.codex(),
        write.json(u"http"_s, u"Any client that speaks Streamable HTTP"_s, u"its MCP settings"_s,
                   servers, write.http(u"url"_s, write.reference(u"${"_s, u"}"_s), u"http"_s)),
        write.json(u"stdio"_s, u"Any client that starts programs"_s, u"its MCP settings"_s, servers,
                   write.stdio()),
    };
}

} // namespace bridge::cli
