// SPDX-License-Identifier: GPL-3.0-or-later
// Notifications of a server, given to the call or the signal they belong to.
#include "common/mcp/clientprivate.h"
#include "common/mcp/rawjson.h"
#include "common/mcp/revisions.h"

using namespace Qt::StringLiterals;

namespace bridge::mcp {

void Client::Private::onNotification(const jsonrpc::Message &notification)
{
    const QString &method = notification.method;
    const QJsonObject params = notification.paramsObject();
    const QJsonValue stream = params["_meta"_L1][kMetaSubscription];
    if (stream.isDouble() && !isOwnStream(stream.toInteger()))
        return; // of a stream that was closed
    if (method == "notifications/progress"_L1)
        onProgress(params);
    else if (method == "notifications/message"_L1)
        onLog(notification.relatedId, params);
    else if (method == "notifications/tools/list_changed"_L1)
        Q_EMIT q->toolsChanged();
    else if (method == "notifications/prompts/list_changed"_L1)
        Q_EMIT q->promptsChanged();
    else if (method == "notifications/resources/list_changed"_L1)
        Q_EMIT q->resourcesChanged();
    else if (method == "notifications/resources/updated"_L1)
        Q_EMIT q->resourceUpdated(params["uri"_L1].toString());
    else if (method == "notifications/cancelled"_L1)
        onServerCancelled(rawMember(notification.params, "requestId"_L1));
    else if (method == "notifications/subscriptions/acknowledged"_L1)
        onAcknowledged(stream.toInteger(), params);
    else
        Q_EMIT q->notified(method, params);
}

void Client::Private::onProgress(const QJsonObject &params)
{
    // The token is the request id; some servers give it back as text.
    const QJsonValue token = params["progressToken"_L1];
    const qint64 id = token.isString() ? token.toString().toLongLong() : token.toInteger();
    const ClientCallPtr call = calls.value(id);
    if (call && !call->options.hooks.progress)
        return;
    Progress progress;
    progress.progress = params["progress"_L1].toDouble();
    if (params["total"_L1].isDouble())
        progress.total = params["total"_L1].toDouble();
    progress.message = params["message"_L1].toString();
    if (!call) {
        Q_EMIT q->lateProgress(id, progress);
        return;
    }
    const auto hook = call->options.hooks.progress; // outlives the call if the hook drops it
    hook(progress);
}

// Log messages carry no request id in any revision. Over HTTP the stream tells; else the latest
// call that wants them is the best guess, and the exact answer when one call is in flight, as with
// leased children.
void Client::Private::onLog(const QByteArray &relatedId, const QJsonObject &params)
{
    LogMessage message;
    message.level = params["level"_L1].toString();
    message.logger = params["logger"_L1].toString();
    message.data = params["data"_L1];
    for (auto it = calls.end(); it != calls.begin();) {
        --it;
        if (!relatedId.isEmpty() && it.key() != relatedId.toLongLong())
            continue;
        if (const auto hook = it.value()->options.hooks.log) {
            hook(message);
            return;
        }
    }
    Q_EMIT q->logReceived(message);
}

} // namespace bridge::mcp
