// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/routes/tooloperations.h"

#include "common/json/sample.h"
#include "common/json/writer.h"
#include "server/routes/descriptions.h"
#include "server/routes/markdown.h"
#include "server/routes/schemarebase.h"

#include <QtCore/QRegularExpression>

using namespace Qt::StringLiterals;

namespace bridge::routes {

namespace {

ToolSection sectionOf(const Services &services, const upstream::Server &server)
{
    const QString &name = server.definition().name;
    ToolSection section;
    // The default server lives at the root; the others under their name.
    if (&server != services.registry->defaultServer()) {
        section.path = u"/servers/"_s + QString::fromLatin1(QUrl::toPercentEncoding(name));
        section.prefix = name + '.'_L1;
    }
    section.tag =
        services.registry->isMany() ? QString(u"Tools of "_s + name) : u"Discovered tools"_s;
    section.sessionField = services.settings.sessionField;
    return section;
}

QString sectionText(const Services &services, const ToolSection &section, qsizetype tools)
{
    if (tools == 0)
        return u"This server lists no tools, or the configuration hides them all."_s;
    if (!services.registry->isMany())
        return u"The tools of the MCP server. The body of each call holds the arguments."_s;
    return section.path.isEmpty() ? u"This is the default server: its paths need no prefix."_s
                                  : u"Reached under `%1`."_s.arg(section.path);
}

QJsonObject headerParameter(const QByteArray &name, const QString &description,
                            const QJsonValue &schema)
{
    return {{"name"_L1, QString::fromLatin1(name)},
            {"in"_L1, u"header"_s},
            {"required"_L1, false},
            {"description"_L1, description},
            {"schema"_L1, schema}};
}

QJsonArray parametersOf(const ToolSection &section, const upstream::Tool &tool)
{
    QJsonArray parameters = describe::sessionParameters(QString::fromLatin1(section.sessionField));
    for (const upstream::HeaderMapping &mapping : tool.mappings) {
        parameters.append(headerParameter(
            mapping.header, u"Becomes the tool's argument `%1`"_s.arg(mapping.property),
            QJsonObject{{"type"_L1, u"string"_s}}));
    }
    if (tool.isEffect) {
        const QJsonObject schema{{"type"_L1, u"string"_s}, {"enum"_L1, QJsonArray{u"true"_s}}};
        parameters.append(headerParameter(
            "X-Inxm-Dry-Run", u"`true` answers what the call might bring, without making it"_s,
            schema));
    }
    return parameters;
}

/// Anchors and the like are resolved first: the sampler follows pointers.
QJsonValue sampleOf(const QJsonValue &schema)
{
    return json::sample(rebasedSchema(schema, u"#"_s));
}

QJsonObject resultExample(const QJsonValue &output)
{
    QJsonValue structured(QJsonValue::Null);
    QString text = u"What the tool says"_s;
    if (output.isObject()) {
        structured = sampleOf(output);
        text = QString::fromUtf8(json::compactJson(structured));
    }
    const QJsonObject block{
        {"type"_L1, u"text"_s}, {"text"_L1, text}, {"structuredContent"_L1, QJsonValue::Null}};
    return {{"isError"_L1, false},
            {"content"_L1, QJsonArray{block}},
            {"structuredContent"_L1, structured}};
}

/// The result of one tool: the general one with its own structuredContent.
QJsonObject resultSchema(const QString &outputPlace)
{
    const QJsonObject general{{"$ref"_L1, u"#/components/schemas/ToolResult"_s}};
    if (outputPlace.isEmpty())
        return general;
    const QJsonObject own{{"type"_L1, u"object"_s},
                          {"properties"_L1, QJsonObject{{"structuredContent"_L1,
                                                         QJsonObject{{"$ref"_L1, outputPlace}}}}}};
    return {{"allOf"_L1, QJsonArray{general, own}}};
}

QJsonObject jsonContent(const QJsonObject &schema, const QJsonValue &example)
{
    const QJsonObject media{{"schema"_L1, schema}, {"example"_L1, example}};
    return {{"application/json"_L1, media}};
}

QJsonObject responsesOf(const upstream::Tool &tool, const QString &outputPlace)
{
    QJsonObject responses = describe::errorResponses({400, 404, 409, 413, 422, 429, 502, 503, 504});
    responses["200"_L1] = QJsonObject{
        {"description"_L1, u"The tool's result"_s},
        {"content"_L1, jsonContent(resultSchema(outputPlace), resultExample(tool.outputSchema))}};
    return responses;
}

QJsonObject bodyOf(const upstream::Tool &tool, const QString &inputPlace)
{
    const QJsonValue sample = sampleOf(tool.inputSchema);
    const QJsonValue example = sample.isObject() ? sample : QJsonValue(QJsonObject());
    return {{"required"_L1, !tool.inputSchema.value("required"_L1).toArray().isEmpty()},
            {"content"_L1, jsonContent({{"$ref"_L1, inputPlace}}, example)}};
}

QString titleOf(const upstream::Tool &tool)
{
    const QString title = tool.object.value("title"_L1).toString();
    const QString hint =
        tool.object.value("annotations"_L1).toObject().value("title"_L1).toString();
    return !title.isEmpty() ? title : !hint.isEmpty() ? hint : tool.name;
}

/// Adds \a schema under a name like \a wanted; returns the reference to it.
QString addSchema(QMap<QString, QByteArray> &schemas, const QString &wanted,
                  const QJsonValue &schema)
{
    static const QRegularExpression other(u"[^A-Za-z0-9._-]"_s);
    const QString plain = QString(wanted).replace(other, u"_"_s);
    QString name = plain;
    for (int i = 2; schemas.contains(name); ++i)
        name = plain + '_'_L1 + QString::number(i);
    const QString place = u"#/components/schemas/"_s + name;
    schemas.insert(name, json::compactJson(rebasedSchema(schema, place)));
    return place;
}

} // namespace

QString UniqueNames::take(const QString &wanted)
{
    static const QRegularExpression other(u"[^A-Za-z0-9_]+"_s);
    const QString plain = QString(wanted).replace(other, u"_"_s);
    QString name = plain;
    for (int i = 2; m_taken.contains(name); ++i)
        name = plain + '_'_L1 + QString::number(i);
    m_taken.insert(name);
    return name;
}

ToolSection addToolSection(ToolDocument &document, const Services &services,
                           const GatheredTools &entry)
{
    ToolSection section = sectionOf(services, *entry.server);
    const QString text = sectionText(services, section, entry.tools->tools().size());
    document.tags.append(QJsonObject{{"name"_L1, section.tag}, {"description"_L1, text}});
    return section;
}

void addToolOperation(ToolDocument &document, const ToolSection &section,
                      const upstream::Tool &tool)
{
    const QString name = section.prefix + tool.name;
    const QString input =
        addSchema(document.schemas, QString(name + "_input"_L1), tool.inputSchema);
    QString output;
    if (tool.outputSchema.isObject())
        output = addSchema(document.schemas, QString(name + "_output"_L1), tool.outputSchema);
    const QJsonObject operation{
        {"tags"_L1, QJsonArray{section.tag}},
        {"operationId"_L1, document.operationIds.take(QString(u"call_"_s + name))},
        {"summary"_L1, titleOf(tool)},
        {"description"_L1, markdownOf(tool.object.value("description"_L1).toString())},
        {"parameters"_L1, parametersOf(section, tool)},
        {"requestBody"_L1, bodyOf(tool, input)},
        {"responses"_L1, responsesOf(tool, output)}};
    const QString path =
        section.path + "/tools/"_L1 + QString::fromLatin1(QUrl::toPercentEncoding(tool.name));
    document.paths.insert(path, json::compactJson(QJsonObject{{"post"_L1, operation}}));
}

} // namespace bridge::routes
