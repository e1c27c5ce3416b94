// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/reference.h"

using namespace Qt::StringLiterals;

namespace bridge::config {

namespace {

const QList<std::pair<QString, QString>> &programFlags()
{
    static const QList<std::pair<QString, QString>> flags{
        {u"--config FILE"_s, u"JSON file with mcpServers and bridge. (BRIDGE_CONFIG)"_s},
        {u"--no-env-file"_s, u"Do not read .env in the working directory."_s},
        {u"--help, -h"_s, u"Show this text."_s},
        {u"--version"_s, u"Show the version."_s},
    };
    return flags;
}

/// \a text in lines of at most \a width columns.
QStringList wrapped(const QString &text, qsizetype width)
{
    QStringList lines{QString()};
    for (const QString &word : text.split(u' ', Qt::SkipEmptyParts)) {
        if (!lines.last().isEmpty() && lines.last().size() + 1 + word.size() > width)
            lines.append(QString());
        lines.last() += lines.last().isEmpty() ? word : u' ' + word;
    }
    return lines;
}

QString entry(const QString &head, const QString &text, int width)
{
    QString lines = u"  "_s + head + u'\n';
    for (const QString &line : wrapped(text, width - 6))
        lines += u"      "_s + line + u'\n';
    return lines;
}

QString placeholder(const Option &option)
{
    switch (option.type) {
    case OptionType::Boolean:
        return {};
    case OptionType::Enum:
        return u" "_s + option.values.join(u'|');
    case OptionType::Integer:
    case OptionType::Number:
        return u" N"_s;
    case OptionType::Bytes:
        return u" BYTES"_s;
    case OptionType::Seconds:
        return u" SECONDS"_s;
    case OptionType::List:
        return u" A,B"_s;
    case OptionType::Json:
        return u" JSON"_s;
    case OptionType::Path:
        return u" PATH"_s;
    case OptionType::Url:
        return u" URL"_s;
    case OptionType::Text:
        break;
    }
    return u" TEXT"_s;
}

QString helpEntry(const Option &option, int width)
{
    const bool onByDefault = option.type == OptionType::Boolean && option.defaultValue == "true"_L1;
    const QString flag = onByDefault ? u"--no-"_s + option.flag.mid(2) : option.flag;
    QString head = option.flag.isEmpty() ? option.name : flag + placeholder(option);
    if (!option.flag.isEmpty()) {
        const bool fits = 2 + head.size() + 2 + option.name.size() <= width;
        head += (fits ? u"  "_s : u"\n      "_s) + option.name;
    }
    QString text = option.help;
    if (!option.defaultValue.isEmpty())
        text += u" Default: "_s + option.defaultValue
                + (option.unit.isEmpty() ? QString() : u" "_s + option.unit) + u'.';
    return entry(head, text, width);
}

QString code(const QString &text)
{
    return text.isEmpty() ? QString() : u'`' + text + u'`';
}

/// Text inside a table cell.
QString cell(QString text)
{
    return text.replace(u'|', u"\\|"_s).replace(u'*', u"\\*"_s);
}

QString typeCell(const Option &option)
{
    QStringList parts{option.type == OptionType::Enum ? option.values.join(", "_L1)
                                                      : typeName(option.type)};
    if (!option.unit.isEmpty())
        parts.append(option.unit);
    if (option.minimum && option.maximum)
        parts.append(QString::number(*option.minimum, 'f', QLocale::FloatingPointShortest) + u'–'
                     + QString::number(*option.maximum, 'f', QLocale::FloatingPointShortest));
    else if (option.minimum && *option.minimum != 0)
        parts.append(u"at least "_s
                     + QString::number(*option.minimum, 'f', QLocale::FloatingPointShortest));
    if (option.secret)
        parts.append(u"secret"_s);
    return parts.join(", "_L1);
}

QString tableRow(const Option &option)
{
    QString help = option.help;
    if (!option.aliases.isEmpty())
        help += u" Also: `%1`."_s.arg(option.aliases.join("`, `"_L1));
    QString names = code(option.name);
    if (option.secret)
        names += u"<br>"_s + code(option.name + u"_FILE"_s);
    if (!option.flag.isEmpty())
        names += u"<br>"_s + code(option.flag);
    if (!option.ignored && option.reload == Reload::Restart)
        help += u" Takes a restart."_s;
    return u"| "_s + names + u" | "_s + cell(typeCell(option)) + u" | "_s
           + code(option.defaultValue) + u" | "_s + cell(help) + u" |\n"_s;
}

QString intro()
{
    return uR"(<!-- Written by `mcp-bridge settings --markdown`; edit common/config, not this page. -->
# Settings

Every setting has one name, used as an environment variable, in `.env` and in the file; most have a
flag. A stronger place replaces a weaker one:

1. the default,
2. `bridge` in the JSON file named by `--config FILE` or `BRIDGE_CONFIG`,
3. `.env` in the working directory (`--no-env-file` skips it),
4. the environment; an empty variable counts as not set,
5. flags: `--flag value`, `--flag=value`; `--flag` and `--no-flag` for booleans.

Everything after `--` is the command of the MCP server. All problems are reported together and the
program ends with status 2. A secret can be read from a file: put its path under the name with
`_FILE` behind it.

```json
{
  "mcpServers": {
    "memory": { "command": "npx", "args": ["-y", "@modelcontextprotocol/server-memory"] }
  },
  "bridge": { "PORT": 9000, "EXCLUDE_TOOLS": ["delete_*"], "LOG_FORMAT": "json" }
}
```

Booleans are `true`/`false`, `1`/`0`, `yes`/`no` or `on`/`off`. Seconds may end in `ms`, `s`, `m` or
`h`, bytes in `KiB`, `MiB` or `GiB`. Lists are separated by commas. What
changed in the file, in `.env` or in a secret's file takes effect at a reload (operating.md), unless
the setting takes a restart. Environment and flags are those of the start.
)"_s;
}

} // namespace

QString typeName(OptionType type)
{
    static const QStringList names{u"text"_s, u"integer"_s, u"number"_s, u"boolean"_s,
                                   u"enum"_s, u"list"_s,    u"json"_s,   u"path"_s,
                                   u"url"_s,  u"bytes"_s,   u"seconds"_s};
    return names.value(int(type));
}

QString helpText(int width, const OptionTable &table)
{
    const int columns = std::max(width, 40);
    QString text = u"Usage:\n"
                   "  mcp-bridge [options] [-- command [argument…]]\n"
                   "  mcp-bridge connect URL [options]   for MCP clients that only start programs\n"
                   "  mcp-bridge client-config [CLIENT]  what MCP clients are to be told\n"
                   "  mcp-bridge apikey create|list|revoke  keys for programs\n"
                   "  mcp-bridge vault new-key|rekey     keys of the vault\n"
                   "  mcp-bridge audit verify FILE…      whether an audit log is unchanged\n"
                   "  mcp-bridge routes [options]        every route and who may use it\n"
                   "  mcp-bridge demo-server\n"
                   "  mcp-bridge settings --markdown\n"
                   "\nPuts MCP servers behind HTTP. Each option can also be set by its name in\n"
                   "capitals: in the environment, in .env and in the file.\n\nProgram\n"_s;
    for (const auto &[head, help] : programFlags())
        text += entry(head, help, columns);
    for (const QString &group : table.groups()) {
        text += u'\n' + group + u'\n';
        for (const Option &option : table.options()) {
            if (option.group == group)
                text += helpEntry(option, columns);
        }
    }
    text += u"\nFamilies\n"_s;
    for (const Family &family : table.families())
        text += entry(family.prefix + u'*', family.help, columns);
    return text;
}

QString settingsMarkdown(const OptionTable &table)
{
    QString page = intro();
    for (const QString &group : table.groups()) {
        page +=
            u"\n## "_s + group + u"\n\n| Name | Type | Default | Meaning |\n|---|---|---|---|\n"_s;
        for (const Option &option : table.options()) {
            if (option.group == group)
                page += tableRow(option);
        }
    }
    page += u"\n## Families\n\n| Name | Meaning |\n|---|---|\n"_s;
    for (const Family &family : table.families())
        page += u"| "_s + code(family.prefix + u'*') + u" | "_s + cell(family.help) + u" |\n"_s;
    return page;
}

} // namespace bridge::config
