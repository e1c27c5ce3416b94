// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/cli/relayerrors.h"

#include "common/json/writer.h"
#include "common/mcp/rawjson.h"

using namespace Qt::StringLiterals;

namespace bridge::cli {

using jsonrpc::Message;

namespace {

QString hint(const Error &error)
{
    const int status = httpStatusOf(error);
    switch (status) {
    case 401:
        return u" Give `mcp-bridge connect` a valid token with --token-env or --token-file; a "
               u"token "
               "file may be replaced while it runs."_s;
    case 403:
        return u" Use a token that is allowed to do this."_s;
    case 0:
        break;
    case 408:
    case 429:
        return u" Try again later."_s;
    default:
        return status >= 500
                   ? u" Try again later."_s
                   : u" Check the address given to `mcp-bridge connect`; that of a bridge ends in "
                     "/mcp."_s;
    }
    if (error.code == ErrorCode::UpstreamTimeout || error.code == ErrorCode::UpstreamFailed)
        return u" The next request tries to reach the server again; if this goes on, check the "
               "address given to `mcp-bridge connect` and the network."_s;
    return {};
}

} // namespace

int httpStatusOf(const Error &error)
{
    return error.extra["upstream"_L1]["status"_L1].toInt();
}

Error sessionGone()
{
    return {ErrorCode::SessionNotFound,
            u"The session on the remote MCP server has ended, and with it what the server kept for "
            "it. A new session is begun with the next request; send this one again if it still "
            "makes sense."_s};
}

Message failure(const QByteArray &id, const Error &error)
{
    Message message;
    message.kind = Message::Kind::Error;
    message.id = id;
    message.error.code = rpcCode(error);
    message.error.message = error.message + hint(error);
    if (const QJsonValue upstream = error.extra["upstream"_L1]; upstream.isObject())
        message.error.data = json::compactJson(upstream);
    return message;
}

Message withdrawal(const QByteArray &id)
{
    Message message;
    message.method = u"notifications/cancelled"_s;
    message.params =
        "{\"requestId\":" + id + ",\"reason\":\"The session with the remote server has ended.\"}";
    return message;
}

QString differenceOf(const QByteArray &before, const QByteArray &now)
{
    const QJsonObject old = mcp::objectOf(before);
    const QJsonObject fresh = mcp::objectOf(now);
    const QString revision = fresh["protocolVersion"_L1].toString();
    if (revision != old["protocolVersion"_L1].toString())
        return u"The remote MCP server has begun to speak revision %1 of the protocol. Restart the "
               "client, which knows it by another one."_s.arg(revision.left(64));
    const QStringList known = old["capabilities"_L1].toObject().keys();
    for (const QString &capability : known) {
        if (!fresh["capabilities"_L1].toObject().contains(capability))
            return u"The remote MCP server no longer offers “%1”. Restart the client, which counts "
                   "on it."_s.arg(capability.left(64));
    }
    return {};
}

QList<Message> changesOf(const QByteArray &result)
{
    const QJsonObject capabilities = mcp::objectOf(result)["capabilities"_L1].toObject();
    QList<Message> changes;
    for (const QLatin1StringView what : {"tools"_L1, "prompts"_L1, "resources"_L1}) {
        if (!capabilities[what]["listChanged"_L1].toBool())
            continue;
        Message change;
        change.method = u"notifications/%1/list_changed"_s.arg(what);
        changes.append(change);
    }
    return changes;
}

void noteWish(QHash<QString, Message> &wishes, const Message &message)
{
    const auto uri = [&message] {
        return mcp::stringMember(message.params, "uri"_L1).value_or(QString());
    };
    if (message.method == "logging/setLevel"_L1)
        wishes.insert(message.method, message);
    else if (message.method == "resources/subscribe"_L1)
        wishes.insert(uri(), message);
    else if (message.method == "resources/unsubscribe"_L1)
        wishes.remove(uri());
}

} // namespace bridge::cli
