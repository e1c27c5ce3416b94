// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/incoming.h"

#include "common/json/scan.h"
#include "common/mcp/rawjson.h"
#include "common/mcp/revisions.h"
#include "server/gateway/rpc.h"

using namespace Qt::StringLiterals;

namespace bridge::gateway {

using jsonrpc::Message;

namespace {

QByteArray mediaType(const QByteArray &field)
{
    const qsizetype semicolon = field.indexOf(';');
    return (semicolon < 0 ? field : field.first(semicolon)).trimmed().toLower();
}

/// RFC 9110 §12.4.2: a weight of zero means "not acceptable".
bool isRefused(const QByteArray &range)
{
    const QList<QByteArray> parameters = range.toLower().split(';').mid(1);
    return std::any_of(parameters.cbegin(), parameters.cend(), [](const QByteArray &parameter) {
        const QByteArray bare = parameter.trimmed();
        bool isNumber = false;
        return bare.startsWith("q=") && bare.mid(2).toDouble(&isNumber) <= 0 && isNumber;
    });
}

Error missing(const QString &what)
{
    return rpcError(mcp::kInvalidParams, 400, what);
}

void readClientInfo(const QJsonObject &info, ClientProfile &profile)
{
    profile.name = info["name"_L1].toString();
    profile.version = info["version"_L1].toString();
}

bool isInteger(const QByteArray &number)
{
    return std::all_of(number.cbegin(), number.cend(),
                       [](char c) { return c == '-' || (c >= '0' && c <= '9'); });
}

/// What MCP asks beyond JSON-RPC: integer or string ids, params by name.
std::optional<Error> problemOf(const Message &message)
{
    if (!message.id.isEmpty() && message.id[0] != '"' && !isInteger(message.id))
        return rpcError(kInvalidRequest, 400, u"The “id” must be a string or an integer."_s);
    if (message.params.startsWith('['))
        return rpcError(kInvalidRequest, 400, u"The “params” must be an object."_s);
    return std::nullopt;
}

} // namespace

bool Incoming::holds(Message::Kind kind) const
{
    return std::any_of(messages.cbegin(), messages.cend(),
                       [kind](const Message &message) { return message.kind == kind; });
}

Result<Incoming> readBody(const http::Request &request)
{
    const QByteArray type = mediaType(request.header("content-type"));
    if (!type.isEmpty() && type != "application/json")
        return rpcError(kInvalidRequest, 415,
                        u"Send the message as `Content-Type: application/json`."_s);
    Result<QList<Message>> messages = jsonrpc::parse(request.body);
    if (!messages) {
        const Result<Nothing> isJson = json::check(request.body);
        return isJson ? rpcError(kInvalidRequest, 400, messages.error().message)
                      : rpcError(kParseError, 400,
                                 u"The body is no JSON: %1"_s.arg(isJson.error().message));
    }
    for (const Message &message : std::as_const(*messages)) {
        if (const std::optional<Error> problem = problemOf(message))
            return *problem;
    }
    Incoming incoming;
    incoming.messages = std::move(*messages);
    incoming.batch = QByteArrayView(request.body).trimmed().startsWith('[');
    return incoming;
}

QByteArray idIn(const QByteArray &body)
{
    const QByteArray id = mcp::rawMember(body, "id"_L1);
    const bool fits = id.startsWith('"') || (!id.isEmpty() && isInteger(id));
    return fits && id.size() <= 1024 ? id : QByteArray();
}

bool isModernOrLater(const QByteArray &revision)
{
    const QByteArray first(mcp::kModernRevision.data(), mcp::kModernRevision.size());
    return revision.size() == first.size() && revision.count('-') == 2
           && QDate::fromString(QString::fromLatin1(revision), Qt::ISODate).isValid()
           && revision >= first;
}

mcp::Era eraOf(const http::Request &request, const Incoming &incoming)
{
    const Message &message = incoming.first();
    if (incoming.batch)
        return isModernOrLater(request.header("mcp-protocol-version")) ? mcp::Era::Modern
                                                                       : mcp::Era::Legacy;
    if (message.kind == Message::Kind::Request && !message.params.isEmpty()) {
        const QByteArray meta = mcp::rawMember(message.params, "_meta"_L1);
        if (meta.startsWith('{') && !mcp::rawMember(meta, mcp::kMetaRevision).isEmpty())
            return mcp::Era::Modern;
    }
    if (message.method == "initialize"_L1)
        return mcp::Era::Legacy;
    if (isModernOrLater(request.header("mcp-protocol-version")))
        return mcp::Era::Modern;
    // A modern request that lost its version is told so; a legacy one has a session.
    return request.hasHeader("mcp-method") && !request.hasHeader("mcp-session-id")
               ? mcp::Era::Modern
               : mcp::Era::Legacy;
}

Result<ClientProfile> modernProfile(const QJsonObject &params)
{
    const QJsonObject meta = params["_meta"_L1].toObject();
    const QJsonValue revision = meta[mcp::kMetaRevision];
    if (!revision.isString())
        return missing(
            u"The request needs `_meta` with the protocol revision as text under `%1`."_s.arg(
                mcp::kMetaRevision));
    const QJsonValue capabilities = meta[mcp::kMetaCapabilities];
    if (!capabilities.isObject())
        return missing(u"The request needs `_meta` with the client's capabilities as an object "
                       "under `%1`."_s.arg(mcp::kMetaCapabilities));
    const QJsonValue info = meta[mcp::kMetaClientInfo];
    if (!info.isUndefined() && !info.isObject())
        return missing(u"`%1` in `_meta` must be an object."_s.arg(mcp::kMetaClientInfo));
    const QJsonValue level = meta[mcp::kMetaLogLevel];
    if (!level.isUndefined() && !level.isString())
        return missing(u"`%1` in `_meta` must be text."_s.arg(mcp::kMetaLogLevel));
    ClientProfile profile;
    profile.era = mcp::Era::Modern;
    profile.revision = revision.toString();
    profile.capabilities = capabilities.toObject();
    profile.logLevel = level.toString();
    readClientInfo(info.toObject(), profile);
    return profile;
}

Result<ClientProfile> legacyProfile(const QJsonObject &params)
{
    const QJsonValue wanted = params["protocolVersion"_L1];
    if (!wanted.isString())
        return missing(u"`initialize` needs `protocolVersion` as text."_s);
    const QJsonValue capabilities = params["capabilities"_L1];
    if (!capabilities.isUndefined() && !capabilities.isObject())
        return missing(u"`capabilities` of `initialize` must be an object."_s);
    ClientProfile profile;
    profile.era = mcp::Era::Legacy;
    profile.revision =
        mcp::isLegacy(wanted.toString()) ? wanted.toString() : QString(mcp::kNewestLegacyRevision);
    profile.capabilities = capabilities.toObject();
    readClientInfo(params["clientInfo"_L1].toObject(), profile);
    return profile;
}

Accepts acceptsOf(const http::Request &request)
{
    QByteArray all;
    for (const auto &[name, value] : request.headers) {
        if (name.compare("accept", Qt::CaseInsensitive) == 0)
            all += (all.isEmpty() ? "" : ",") + value;
    }
    if (all.trimmed().isEmpty())
        return {true, true, false};
    Accepts accepts;
    const QList<QByteArray> ranges = all.split(',');
    for (const QByteArray &range : ranges) {
        const QByteArray type = mediaType(range);
        if (isRefused(range))
            continue;
        accepts.json |= type == "*/*" || type == "application/*" || type == "application/json";
        accepts.eventsNamed |= type == "text/event-stream";
        accepts.events |= type == "*/*" || type == "text/*" || type == "text/event-stream";
    }
    return accepts;
}

} // namespace bridge::gateway
