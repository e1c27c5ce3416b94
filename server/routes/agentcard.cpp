// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/routes/agentcard.h"

#include "common/json/sample.h"
#include "common/json/writer.h"

#include <QtCore/QJsonArray>

using namespace Qt::StringLiterals;

namespace bridge::routes {

namespace {

QJsonObject wholeSkill(const AgentFacts &facts, const QStringList &tools)
{
    const QString description =
        tools.isEmpty()
            ? u"Answers a request in words."_s
            : u"Answers a request in words with the help of: %1."_s.arg(tools.join(", "_L1));
    const QJsonObject prompt{{"type"_L1, u"string"_s},
                             {"description"_L1, u"What is to be done, in words"_s}};
    return {
        {"id"_L1, facts.name.toLower().replace(u' ', u'-')},
        {"name"_L1, facts.name},
        {"description"_L1, description},
        {"tags"_L1, QJsonArray{u"default"_s}},
        {"examples"_L1, QJsonArray{u"What can you do?"_s}},
        {"inputModes"_L1, QJsonArray{u"text"_s}},
        {"outputModes"_L1, QJsonArray{u"text"_s}},
        {"parameter_schema"_L1, QJsonObject{{"type"_L1, u"object"_s},
                                            {"properties"_L1, QJsonObject{{"prompt"_L1, prompt}}},
                                            {"required"_L1, QJsonArray{u"prompt"_s}}}},
    };
}

QJsonArray tagsOf(const upstream::Tool &tool, const QString &server)
{
    QJsonArray tags{server};
    const QJsonObject hints = tool.object.value("annotations"_L1).toObject();
    if (hints.value("readOnlyHint"_L1).toBool())
        tags.append(u"read-only"_s);
    if (hints.value("destructiveHint"_L1).toBool())
        tags.append(u"destructive"_s);
    return tags;
}

QJsonObject toolSkill(const upstream::Tool &tool, const QString &id, const QString &server)
{
    const QJsonValue sample = json::sample(tool.inputSchema);
    const QString title = tool.object.value("title"_L1).toString();
    return {
        {"id"_L1, id},
        {"name"_L1, title.isEmpty() ? tool.name : title},
        {"description"_L1, tool.object.value("description"_L1).toString()},
        {"tags"_L1, tagsOf(tool, server)},
        {"examples"_L1, QJsonArray{QString::fromUtf8(json::compactJson(
                            sample.isObject() ? sample : QJsonValue(QJsonObject())))}},
        {"inputModes"_L1, QJsonArray{u"data"_s}},
        {"outputModes"_L1, QJsonArray{u"data"_s}},
        {"parameter_schema"_L1, tool.inputSchema},
    };
}

} // namespace

QJsonObject agentCard(const AgentFacts &facts, const QList<GatheredTools> &servers)
{
    QJsonArray skills;
    QStringList names;
    for (const GatheredTools &entry : servers) {
        if (!entry.tools)
            continue;
        const QString &server = entry.server->definition().name;
        for (const auto &tool : entry.tools->tools()) {
            const QString id = facts.isMany ? QString(server + "__"_L1 + tool->name) : tool->name;
            names.append(id);
            skills.append(toolSkill(*tool, id, server));
        }
    }
    skills.prepend(wholeSkill(facts, names));
    return {
        {"name"_L1, facts.name},
        {"description"_L1, u"%1 offers %2 tools of MCP servers over HTTP."_s.arg(
                               facts.name, QString::number(names.size()))},
        {"url"_L1, QString(facts.address + "/tgi/v1/a2a"_L1)},
        {"version"_L1, u"1.0.0"_s},
        {"capabilities"_L1, QJsonObject{{"streaming"_L1, true}, {"pushNotifications"_L1, false}}},
        {"authentication"_L1,
         QJsonObject{{"schemes"_L1, facts.isGuarded ? QJsonArray{u"bearer"_s} : QJsonArray()}}},
        {"defaultInputModes"_L1, QJsonArray{u"data"_s}},
        {"defaultOutputModes"_L1, QJsonArray{u"text"_s, u"data"_s}},
        {"skills"_L1, skills},
    };
}

} // namespace bridge::routes
