// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/loader.h"

#include "common/config/commandline.h"
#include "common/config/configfile.h"
#include "common/config/envfile.h"
#include "common/config/merge.h"
#include "common/config/suggest.h"

#include <QtCore/QDir>
#include <QtCore/QFileInfo>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace bridge::config {

namespace {

constexpr qint64 kLargestFile = 16 * 1024 * 1024;

class Loader
{
public:
    Loader(const QProcessEnvironment &environment, const QString &directory,
           const OptionTable &table)
        : m_environment(environment)
        , m_directory(directory)
        , m_table(table)
        , m_merge(table)
    {
    }

    Result<Loaded> run(const QStringList &arguments)
    {
        CommandLine line = parseCommandLine(arguments, m_table, m_directory);
        m_loaded.help = line.help;
        m_loaded.version = line.version;
        if (line.help || line.version)
            return m_loaded;
        m_loaded.serverCommand = line.serverCommand;
        for (const QString &name : m_environment.keys())
            m_variables.insert(name, m_environment.value(name));
        if (!line.skipEnvFile)
            readEnvFile();
        readConfigFile(line.configFile);
        applyVariables(Source::EnvFile, u".env: "_s, m_envFile);
        applyVariables(Source::Environment, u"environment "_s, m_variables);
        m_merge.problems() += line.problems;
        m_merge.apply(line.layer);
        return finish();
    }

private:
    void problem(const QString &where, const QString &message)
    {
        m_merge.problems().append({where, message});
    }

    void readConfigFile(const QString &fromFlag)
    {
        const QString variable = u"BRIDGE_CONFIG"_s;
        QString where = u"--config"_s;
        QString name = fromFlag;
        if (name.isEmpty()) {
            where = u"environment "_s + variable;
            name = m_variables.value(variable);
        }
        if (name.isEmpty()) {
            where = u".env: "_s + variable;
            name = m_envFile.value(variable);
        }
        if (name.isEmpty())
            return;
        const QString path = QDir(m_directory).absoluteFilePath(name);
        const Result<QByteArray> content = readSmallFile(path, kLargestFile);
        if (!content)
            return problem(where, content.error().message);
        m_loaded.configFile = path;
        ConfigFile file = parseConfigFile(*content, m_table, QFileInfo(path).absolutePath());
        m_merge.problems() += file.problems;
        m_merge.apply(file.layer);
        m_loaded.notices += file.notices;
        m_loaded.mcpServers = file.mcpServers;
        m_loaded.serverNames = file.serverNames;
        m_loaded.views = file.views;
        m_loaded.policy = file.policy;
        m_loaded.limits = file.limits;
    }

    void readEnvFile()
    {
        const QString path = QDir(m_directory).absoluteFilePath(u".env"_s);
        if (!QFileInfo::exists(path))
            return;
        const Result<QByteArray> content = readSmallFile(path, kLargestFile);
        if (!content)
            return problem(u".env"_s, content.error().message);
        EnvFile file = parseEnvFile(QString::fromUtf8(*content));
        m_merge.problems() += file.problems;
        for (const EnvEntry &entry : std::as_const(file.entries))
            m_envFile.insert(entry.name, entry.value); // the last one of a name wins
    }

    void applyVariables(Source source, const QString &place,
                        const QMap<QString, QString> &variables)
    {
        Layer layer{source, {}, {}};
        for (auto it = variables.begin(); it != variables.end(); ++it) {
            const QString where = place + it.key();
            const Option *option = m_table.find(it.key());
            const Option *secret = option ? nullptr : m_table.findSecretFile(it.key());
            if (m_table.findFamily(it.key()))
                layer.familyValues.append({it.key(), it.value()});
            else if (!option && !secret)
                noticeTypo(where, it.key());
            else if (!it.value().isEmpty()) // containers pass on what is not set as empty
                layer.assignments.append({option ? option : secret, secret != nullptr, false,
                                          it.value(), where, m_directory});
        }
        m_merge.apply(layer);
    }

    /// Other programs' variables are none of our business, unless one looks like ours mistyped.
    void noticeTypo(const QString &where, const QString &name)
    {
        // ftp_proxy and all_proxy stand beside those that are.
        if (name.size() < 8 || name.endsWith("_proxy"_L1, Qt::CaseInsensitive))
            return;
        QStringList known;
        for (const Option &option : m_table.options()) {
            if (option.name.size() >= 8)
                known.append(option.name);
        }
        if (const QString meant = nearest(name, known); !meant.isEmpty())
            m_loaded.notices.append(
                u"%1 is no setting and has no effect. Did you mean %2?"_s.arg(where, meant));
    }

    /// A file that decides nothing about the servers is most likely not the one that was meant.
    void noticeServers()
    {
        if (m_loaded.configFile.isEmpty())
            return;
        const auto given = [this](const QString &name) {
            return m_table.find(name) && !m_loaded.settings.text(name).trimmed().isEmpty();
        };
        const bool named = !m_loaded.serverCommand.isEmpty() || given(u"MCP_SERVER_COMMAND"_s)
                           || given(u"MCP_REMOTE_SERVER"_s);
        if (named && !m_loaded.serverNames.isEmpty())
            m_loaded.notices.append(
                u"The servers of %1 are not served, as a single server is "
                "named beside it. Take one of the two away."_s.arg(m_loaded.configFile));
        if (!named && m_loaded.serverNames.isEmpty())
            m_loaded.notices.append(
                u"%1 names no MCP servers, so the embedded demo server is served. "
                "Name some in its `mcpServers`, or put a command after --."_s.arg(
                    m_loaded.configFile));
    }

    Result<Loaded> finish()
    {
        m_loaded.settings = m_merge.settings();
        m_loaded.notices += m_merge.notices();
        QList<FieldProblem> problems = m_merge.problems();
        problems += checkTogether(m_loaded.settings, m_loaded.serverNames);
        m_loaded.notices += noticeTogether(m_loaded.settings, !m_loaded.serverCommand.isEmpty());
        noticeServers();
        if (problems.isEmpty())
            return m_loaded;
        return settingsError(std::move(problems), m_loaded.configFile);
    }

    const QProcessEnvironment &m_environment;
    const QString &m_directory;
    const OptionTable &m_table;
    Merge m_merge;
    QMap<QString, QString> m_variables;
    QMap<QString, QString> m_envFile;
    Loaded m_loaded{.settings = Settings(m_table)};
};

} // namespace

Result<Loaded> load(const QStringList &arguments, const QProcessEnvironment &environment,
                    const QString &workingDirectory, const OptionTable &table)
{
    return Loader(environment, workingDirectory, table).run(arguments);
}

Error settingsError(QList<FieldProblem> problems, const QString &configFile)
{
    const bool inFile =
        std::any_of(problems.cbegin(), problems.cend(), [](const FieldProblem &problem) {
            return problem.path.startsWith("file:"_L1);
        });
    const QString count =
        problems.size() == 1 ? u"a problem"_s : u"%1 problems"_s.arg(problems.size());
    const QString file =
        inFile && !configFile.isEmpty() ? u" (file: %1)"_s.arg(configFile) : QString();
    Error error(ErrorCode::InvalidConfig, u"The settings have %1%2."_s.arg(count, file));
    error.problems = std::move(problems);
    return error;
}

QString problemsText(const Error &error)
{
    QString text = error.message + u'\n';
    for (const FieldProblem &problem : error.problems)
        text += u"  "_s + problem.path + u": "_s + problem.message + u'\n';
    return text;
}

} // namespace bridge::config
