// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/commandline.h"

#include "common/config/suggest.h"

using namespace Qt::StringLiterals;

namespace bridge::config {

namespace {

class Parser
{
public:
    Parser(const QStringList &arguments, const OptionTable &table, const QString &directory)
        : m_arguments(arguments)
        , m_table(table)
        , m_directory(directory)
    {
    }

    CommandLine run()
    {
        while (m_at < m_arguments.size()) {
            const QString argument = m_arguments.at(m_at++);
            if (argument == "--"_L1) {
                m_line.serverCommand = m_arguments.mid(m_at);
                if (m_line.serverCommand.isEmpty())
                    problem(u"--"_s, u"must be followed by the command of an MCP server."_s);
                break;
            }
            if (argument.startsWith(u'-') && argument.size() > 1)
                flag(argument);
            else
                problem(argument, u"is not expected here; the command of an MCP server goes "
                                  "behind --."_s);
        }
        return m_line;
    }

private:
    void problem(const QString &where, const QString &message)
    {
        m_line.problems.append({where, message});
    }

    void flag(const QString &argument)
    {
        const qsizetype sign = argument.indexOf(u'=');
        const QString name = argument.left(sign);
        m_inline = sign < 0 ? std::nullopt : std::optional(argument.mid(sign + 1));
        if (name == "--help"_L1 || name == "-h"_L1)
            m_line.help = true;
        else if (name == "--version"_L1)
            m_line.version = true;
        else if (name == "--no-env-file"_L1)
            m_line.skipEnvFile = true;
        else if (name == "--config"_L1)
            m_line.configFile = takeValue(name).value_or(QString());
        else if (!option(name))
            unknown(name);
    }

    bool option(const QString &name)
    {
        if (const Option *option = m_table.findFlag(name)) {
            const auto value = option->type == OptionType::Boolean ? takeSwitch() : takeValue(name);
            assign(option, name, value, false);
            return true;
        }
        const Option *negated =
            name.startsWith("--no-"_L1) ? m_table.findFlag(u"--"_s + name.mid(5)) : nullptr;
        if (negated && negated->type == OptionType::Boolean) {
            if (m_inline)
                problem(name, u"takes no value."_s);
            assign(negated, name, u"false"_s, false);
            return true;
        }
        const Option *secret =
            name.endsWith("-file"_L1) ? m_table.findFlag(name.chopped(5)) : nullptr;
        if (secret && secret->secret) {
            assign(secret, name, takeValue(name), true);
            return true;
        }
        return false;
    }

    void assign(const Option *option, const QString &where, const std::optional<QString> &value,
                bool file)
    {
        if (value)
            m_line.layer.assignments.append({option, file, false, *value, where, m_directory});
    }

    std::optional<QString> takeValue(const QString &name)
    {
        if (m_inline)
            return m_inline;
        // `--port --host x` forgot a value; one that begins with -- can be given after =.
        if (m_at < m_arguments.size() && !m_arguments.at(m_at).startsWith("--"_L1))
            return m_arguments.at(m_at++);
        problem(name, u"needs a value: %1 VALUE or %1=VALUE."_s.arg(name));
        return std::nullopt;
    }

    std::optional<QString> takeSwitch()
    {
        if (m_inline)
            return m_inline;
        const QString next = m_at < m_arguments.size() ? m_arguments.at(m_at).toLower() : QString();
        if (next != "true"_L1 && next != "false"_L1)
            return u"true"_s;
        ++m_at;
        return next;
    }

    void unknown(const QString &name)
    {
        QStringList known{u"--config"_s, u"--no-env-file"_s, u"--help"_s, u"--version"_s};
        for (const Option &option : m_table.options()) {
            if (!option.flag.isEmpty())
                known.append(option.flag);
        }
        problem(name, u"is no option.%1 --help lists them all."_s.arg(didYouMean(name, known)));
        // Its value is no second mistake.
        if (!m_inline && m_at < m_arguments.size() && !m_arguments.at(m_at).startsWith(u'-'))
            ++m_at;
    }

    const QStringList &m_arguments;
    const OptionTable &m_table;
    const QString &m_directory;
    qsizetype m_at = 0;
    std::optional<QString> m_inline; ///< what stands behind = in the current argument
    CommandLine m_line;
};

} // namespace

CommandLine parseCommandLine(const QStringList &arguments, const OptionTable &table,
                             const QString &directory)
{
    return Parser(arguments, table, directory).run();
}

} // namespace bridge::config
