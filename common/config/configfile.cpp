// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/configfile.h"

#include "common/config/keyorder.h"
#include "common/config/suggest.h"

#include <QtCore/QJsonDocument>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace bridge::config {

namespace {

// No settings, as they can stand in the file only.
constexpr QLatin1StringView kViews("views");
constexpr QLatin1StringView kPolicy("policy");
constexpr QLatin1StringView kLimits("limits");

QString position(const QByteArray &content, qsizetype offset)
{
    // Qt names the byte behind the one it stumbled over.
    const QByteArray before = content.left(std::max<qsizetype>(offset - 1, 0));
    const qsizetype line = before.count('\n') + 1;
    const qsizetype column = before.size() - before.lastIndexOf('\n');
    return u"line %1, column %2"_s.arg(QString::number(line), QString::number(column));
}

QStringList knownNames(const OptionTable &table)
{
    QStringList names;
    for (const Option &option : table.options())
        names.append(option.name);
    names += {kViews, kPolicy, kLimits};
    return names;
}

void readServers(ConfigFile &file, const QJsonValue &value, const QByteArray &content)
{
    if (!value.isObject()) {
        if (!value.isUndefined())
            file.problems.append({u"file: mcpServers"_s,
                                  u"must be an object from server name to its definition."_s});
        return;
    }
    file.mcpServers = value.toObject();
    file.serverNames = memberNames(content, "mcpServers"_ba);
    for (const QString &name : std::as_const(file.serverNames)) {
        if (!file.mcpServers.value(name).isObject())
            file.problems.append({u"file: mcpServers.%1"_s.arg(name),
                                  u"must be an object with command and args, or url."_s});
    }
}

void readSetting(ConfigFile &file, const QString &name, const QJsonValue &value,
                 const OptionTable &table, const QString &directory)
{
    const QString where = u"file: bridge."_s + name;
    if (const Option *option = table.find(name)) {
        file.layer.assignments.append({option, false, true, value, where, directory});
    } else if (const Option *secret = table.findSecretFile(name)) {
        file.layer.assignments.append({secret, true, true, value, where, directory});
    } else if (table.findFamily(name)) {
        if (value.isString())
            file.layer.familyValues.append({name, value.toString()});
        else
            file.problems.append({where, u"must be a text in quotes."_s});
    } else {
        file.problems.append({where, u"is no setting.%1 mcp-bridge --help lists them all."_s.arg(
                                         didYouMean(name, knownNames(table)))});
    }
}

void readViews(ConfigFile &file, const QJsonValue &value)
{
    if (value.isObject())
        file.views = value.toObject();
    else
        file.problems.append(
            {u"file: bridge.views"_s, u"must be an object from view name to its definition."_s});
}

/// A file whose mcpServers is mistyped would serve the demo server, so a key nobody knows is a
/// problem. What desktop programs keep beside mcpServers is told, and left alone.
void checkTopKeys(ConfigFile &file, const QJsonObject &root)
{
    static const QStringList own{u"mcpServers"_s, u"bridge"_s};
    static const QStringList foreign{u"globalShortcut"_s, u"inputs"_s, u"preferences"_s};
    for (const QString &key : root.keys()) {
        if (own.contains(key) || key.startsWith(u'_') || key.startsWith("//"_L1)
            || key.contains(u'$'))
            continue;
        if (foreign.contains(key)) {
            file.notices.append(u"file: \"%1\" is not used."_s.arg(key));
            continue;
        }
        const QString lower = key.toLower();
        QString meant = nearest(key, own);
        if (lower == "mcp"_L1 || lower.contains("server"_L1))
            meant = u"mcpServers"_s;
        else if (lower == "settings"_L1 || lower == "options"_L1)
            meant = u"bridge"_s;
        file.problems.append(
            {u"file: %1"_s.arg(key), meant.isEmpty()
                                         ? u"is no key here. There are mcpServers and bridge."_s
                                         : u"is no key here. Did you mean %1?"_s.arg(meant)});
    }
}

} // namespace

ConfigFile parseConfigFile(const QByteArray &content, const OptionTable &table,
                           const QString &directory)
{
    ConfigFile file;
    const QByteArray text = content.startsWith("\xef\xbb\xbf") ? content.mid(3) : content;
    QJsonParseError error;
    const QJsonDocument document = QJsonDocument::fromJson(text, &error);
    if (error.error != QJsonParseError::NoError || !document.isObject()) {
        const QString message =
            document.isArray() ? u"the whole must be an object"_s : error.errorString();
        file.problems.append({u"file: %1"_s.arg(position(text, error.offset)),
                              u"is not valid JSON: %1."_s.arg(message)});
        return file;
    }
    const QJsonObject root = document.object();
    readServers(file, root.value("mcpServers"_L1), text);
    const QJsonValue bridge = root.value("bridge"_L1);
    if (!bridge.isUndefined() && !bridge.isObject())
        file.problems.append(
            {u"file: bridge"_s, u"must be an object from setting name to value."_s});
    const QJsonObject settings = bridge.toObject();
    for (auto it = settings.begin(); it != settings.end(); ++it) {
        if (it.key() == kViews)
            readViews(file, it.value());
        else if (it.key() == kPolicy)
            file.policy = it.value();
        else if (it.key() == kLimits)
            file.limits = it.value();
        else
            readSetting(file, it.key(), it.value(), table, directory);
    }
    checkTopKeys(file, root);
    return file;
}

} // namespace bridge::config
