// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/toolset.h"

#include "common/logging/categories.h"
#include "server/upstream/overlays.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>

using namespace Qt::StringLiterals;

namespace bridge::upstream {

namespace {

constexpr QLatin1StringView kOauthToken("oauth_token");

bool isOffered(const QString &name, const ServerDefinition &definition)
{
    return (definition.include.isEmpty() || definition.include.matches(name))
           && !definition.exclude.matches(name) && !definition.hidden.matches(name);
}

void withoutRequired(QJsonObject &schema, const QStringList &names)
{
    QJsonArray kept;
    const QJsonArray required = schema.value("required"_L1).toArray();
    for (const QJsonValue &name : required) {
        if (!names.contains(name.toString()))
            kept.append(name);
    }
    if (kept.isEmpty())
        schema.remove("required"_L1);
    else
        schema.insert("required"_L1, kept);
}

/// The schema as callers see it: without what the bridge fills in by itself.
QJsonObject pruned(const QJsonObject &schema, const Tool &tool)
{
    QStringList names;
    for (const HeaderMapping &mapping : tool.mappings)
        names.append(mapping.property);
    if (tool.wantsOauthToken)
        names.append(kOauthToken);
    if (names.isEmpty())
        return schema;
    QJsonObject properties = schema.value("properties"_L1).toObject();
    for (const QString &name : names)
        properties.remove(name);
    if (properties.isEmpty() && !tool.mappings.isEmpty())
        return {}; // contract §3.2
    QJsonObject copy = schema;
    copy.insert("properties"_L1, properties);
    withoutRequired(copy, names);
    return copy;
}

std::optional<json::Schema> compiled(const QJsonValue &schema, QString *why)
{
    if (!schema.isObject())
        return std::nullopt;
    Result<json::Schema> result = json::Schema::compile(schema);
    if (result)
        return std::move(*result);
    *why = result.error().message;
    return std::nullopt;
}

// A tool whose schema is broken can still be called; its server is the judge then.
void compileSchemas(Tool &tool, const QJsonObject &fullInput, const ServerDefinition &definition)
{
    tool.input = compiled(fullInput, &tool.inputSchemaError);
    QString outputError;
    tool.output = compiled(tool.object.value("outputSchema"_L1), &outputError);
    const auto report = [&](const QString &kind, const QString &why) {
        if (!why.isEmpty())
            qCWarning(logging::lcUpstream).noquote()
                << u"Tool \"%1\" of server \"%2\" has a broken %3 schema, nothing is validated "
                   "against it: %4"_s.arg(tool.name, definition.name, kind, why);
    };
    report(u"input"_s, tool.inputSchemaError);
    report(u"output"_s, outputError);
}

std::shared_ptr<const Tool> buildTool(const QByteArray &raw, const QJsonObject &object,
                                      const ServerDefinition &definition)
{
    auto tool = std::make_shared<Tool>();
    tool->name = object.value("name"_L1).toString();
    tool->raw = raw;
    tool->object = object;
    tool->isEffect = definition.effect.matches(tool->name);
    const QJsonObject full = object.value("inputSchema"_L1).toObject();
    const QJsonObject properties = full.value("properties"_L1).toObject();
    for (const HeaderMapping &mapping : definition.headerMappings) {
        if (properties.contains(mapping.property))
            tool->mappings.append(mapping);
    }
    tool->wantsOauthToken = properties.contains(kOauthToken);
    tool->inputSchema = pruned(full, *tool);
    const QJsonValue output = object.value("outputSchema"_L1);
    tool->outputSchema =
        output.isObject() ? output : overlayFor(tool->name, definition.outputSchemas);
    compileSchemas(*tool, full, definition);
    return tool;
}

} // namespace

std::shared_ptr<const ToolSet> ToolSet::build(const QList<QByteArray> &raw,
                                              const ServerDefinition &definition)
{
    auto set = std::make_shared<ToolSet>();
    set->m_rawCount = int(raw.size());
    for (const QByteArray &item : raw) {
        const QJsonObject object = QJsonDocument::fromJson(item).object();
        const QString name = object.value("name"_L1).toString();
        if (name.isEmpty() || !isOffered(name, definition) || set->m_byName.contains(name))
            continue;
        const auto tool = buildTool(item, object, definition);
        set->m_tools.append(tool);
        set->m_byName.insert(name, tool);
    }
    return set;
}

std::shared_ptr<const ToolSet> ToolSet::only(const std::shared_ptr<const ToolSet> &set,
                                             const std::function<bool(const Tool &)> &fits)
{
    if (!set)
        return set;
    auto some = std::make_shared<ToolSet>();
    some->m_rawCount = set->m_rawCount;
    for (const auto &tool : set->m_tools) {
        if (!fits(*tool))
            continue;
        some->m_tools.append(tool);
        some->m_byName.insert(tool->name, tool);
    }
    if (some->m_tools.size() == set->m_tools.size())
        return set;
    return some;
}

} // namespace bridge::upstream
