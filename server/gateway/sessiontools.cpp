// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/sessiontools.h"

#include "common/json/writer.h"
#include "common/mcp/rawjson.h"
#include "server/gateway/handletable.h"
#include "server/gateway/views.h"

#include <QtCore/QJsonArray>

using namespace Qt::StringLiterals;

namespace bridge::gateway {

namespace {

constexpr QLatin1StringView kStart{"bridge__start_session"};
constexpr QLatin1StringView kEnd{"bridge__end_session"};

QJsonObject typed(const QString &type, const QString &description)
{
    return {{"type"_L1, type}, {"description"_L1, description}};
}

QJsonObject objectSchema(const QJsonObject &properties, const QStringList &required)
{
    QJsonObject schema{{"type"_L1, u"object"_s}, {"additionalProperties"_L1, false}};
    if (!properties.isEmpty())
        schema.insert("properties"_L1, properties);
    if (!required.isEmpty())
        schema.insert("required"_L1, QJsonArray::fromStringList(required));
    return schema;
}

QByteArray startTool()
{
    const QJsonObject properties{
        {"session"_L1, typed(u"string"_s, u"The handle."_s)},
        {"header"_L1, typed(u"string"_s, u"The HTTP header that takes the handle."_s)},
        {"meta"_L1, typed(u"string"_s, u"The key of `_meta` that takes it as well."_s)},
        {"idle_timeout_seconds"_L1,
         typed(u"number"_s, u"The session ends when it is not used for this long; 0 = never."_s)}};
    return json::ObjectWriter()
        .value(u"name", QString(kStart))
        .value(u"title", u"Start a session"_s)
        .value(u"description",
               u"Starts a session, in which the MCP servers behind this bridge keep their state "
               "from one call to the next. Send the returned handle with each later request, in "
               "the HTTP header Mcp-Bridge-Session or as mcp-bridge/session in _meta."_s)
        .value(u"inputSchema", objectSchema({}, {}))
        .value(u"outputSchema", objectSchema(properties, {u"session"_s, u"header"_s, u"meta"_s,
                                                          u"idle_timeout_seconds"_s}))
        .value(u"annotations", QJsonObject{{"readOnlyHint"_L1, false},
                                           {"destructiveHint"_L1, false},
                                           {"idempotentHint"_L1, false},
                                           {"openWorldHint"_L1, false}})
        .take();
}

QByteArray endTool()
{
    const QJsonObject handle{
        {"session"_L1, typed(u"string"_s, u"The handle bridge__start_session returned."_s)}};
    const QJsonObject ended{
        {"ended"_L1, typed(u"boolean"_s, u"Whether there was such a session."_s)}};
    return json::ObjectWriter()
        .value(u"name", QString(kEnd))
        .value(u"title", u"End a session"_s)
        .value(u"description", u"Ends a session of bridge__start_session, and with it the state "
                               "the MCP servers kept for it."_s)
        .value(u"inputSchema", objectSchema(handle, {u"session"_s}))
        .value(u"outputSchema", objectSchema(ended, {u"ended"_s}))
        .value(u"annotations", QJsonObject{{"readOnlyHint"_L1, false},
                                           {"destructiveHint"_L1, true},
                                           {"idempotentHint"_L1, true},
                                           {"openWorldHint"_L1, false}})
        .take();
}

QByteArray resultOf(const QJsonObject &structured)
{
    const QJsonObject text{{"type"_L1, u"text"_s},
                           {"text"_L1, QString::fromUtf8(json::compactJson(structured))}};
    return json::ObjectWriter()
        .value(u"resultType", u"complete"_s)
        .value(u"content", QJsonArray{text})
        .value(u"structuredContent", structured)
        .take();
}

Result<QByteArray> start(const Request &request, HandleTable &handles)
{
    auto state = std::make_shared<ClientState>();
    state->identity = request.identity;
    state->profile = request.profile;
    state->profile.logLevel.clear(); // each request says which messages it wants
    state->server = request.server;
    const Result<QString> id = handles.add(state);
    if (!id)
        return id.error();
    return resultOf({{"session"_L1, *id},
                     {"header"_L1, QLatin1String(kHandleHeader)},
                     {"meta"_L1, QString(kMetaHandle)},
                     {"idle_timeout_seconds"_L1, double(handles.idleTimeout().count()) / 1000}});
}

} // namespace

bool mayHaveSessionTools(const ClientProfile &profile, const QString &server)
{
    return profile.era == mcp::Era::Modern && (server.isEmpty() || !viewAt(server).isEmpty());
}

const QList<std::pair<QString, QByteArray>> &sessionTools()
{
    static const QList<std::pair<QString, QByteArray>> tools{{kStart, startTool()},
                                                             {kEnd, endTool()}};
    return tools;
}

bool callsSessionTool(const jsonrpc::Message &message)
{
    if (message.method != "tools/call"_L1)
        return false;
    const auto name = mcp::stringMember(message.params, "name"_L1);
    return name == kStart || name == kEnd;
}

Result<QByteArray> callSessionTool(const Request &request, HandleTable &handles)
{
    const QJsonObject params = request.message.paramsObject();
    const QJsonValue given = params["arguments"_L1];
    const QJsonObject arguments = given.toObject();
    const bool fits = given.isUndefined() || given.isObject();
    if (params["name"_L1].toString() == kStart) {
        if (!fits || !arguments.isEmpty())
            return Error(ErrorCode::InvalidArguments, u"%1 takes no arguments."_s.arg(kStart));
        return start(request, handles);
    }
    if (!fits || arguments.size() != 1 || !arguments["session"_L1].isString())
        return Error(
            ErrorCode::InvalidArguments,
            u"%1 takes one argument, `session`: the handle %2 returned."_s.arg(kEnd, kStart));
    const bool ended = handles.end(arguments["session"_L1].toString(), request.identity.owner);
    return resultOf({{"ended"_L1, ended}});
}

} // namespace bridge::gateway
