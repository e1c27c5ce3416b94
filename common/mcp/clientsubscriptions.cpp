// SPDX-License-Identifier: GPL-3.0-or-later
// Subscriptions to lists (modern era) and to single resources: a request each in the legacy era, a
// stream each in the modern one (MCP 2026-07-28 "Subscriptions"). A stream that ends is opened
// again; what was missed meanwhile counts as a change.
#include "common/async/later.h"
#include "common/mcp/clientprivate.h"
#include "common/mcp/rawjson.h"
#include "common/mcp/startup.h"

#include <QtCore/QJsonArray>

using namespace Qt::StringLiterals;

namespace bridge::mcp {

// In the modern era list changes come only on a stream one has asked for; it stays open as long as
// the connection.
void Client::Private::subscribe()
{
    QJsonObject filter;
    for (const char *what : {"tools", "prompts", "resources"}) {
        const QString name = QString::fromLatin1(what);
        if (q->m_server.capabilities[name]["listChanged"_L1].toBool())
            filter.insert(name + "ListChanged"_L1, true);
    }
    if (filter.isEmpty())
        return;
    jsonrpc::RequestOptions request;
    request.timeout = std::chrono::milliseconds(-1);
    request.abandoned = [this](qint64 id, const QString &reason) { tellCancelled(id, reason); };
    subscriptionId = connection->nextId();
    subscription = connection->request(
        u"subscriptions/listen"_s,
        compact({{"notifications"_L1, filter},
                 {"_meta"_L1, modernMeta(options, q->m_server.revision)}}),
        std::move(request), [this](const Result<QByteArray> &) { onSubscriptionEnded(); });
}

void Client::Private::onSubscriptionAcknowledged()
{
    subscriptionClock.start();
    if (!std::exchange(hasSubscribed, true))
        return;
    const QPointer guard(q);
    const QJsonObject &has = q->m_server.capabilities;
    const auto isTold = [has](QLatin1StringView what) {
        return has[what]["listChanged"_L1].toBool();
    };
    if (isTold("tools"_L1))
        Q_EMIT q->toolsChanged();
    if (guard && isTold("prompts"_L1))
        Q_EMIT q->promptsChanged();
    if (guard && isTold("resources"_L1))
        Q_EMIT q->resourcesChanged();
}

void Client::Private::onSubscriptionEnded()
{
    subscriptionId = 0;
    if (closing || !hasSubscribed)
        return; // a server that never told of any is not asked again
    if (subscriptionClock.hasExpired(kLongPause.count()))
        subscriptionPause = kShortPause;
    const Call ended = std::move(subscription);
    subscription = after(subscriptionPause, [this] {
        const Call fired = std::move(subscription);
        subscribe();
    });
    subscriptionPause = std::min(2 * subscriptionPause, kLongPause);
}

bool Client::Private::isOwnStream(qint64 stream) const
{
    return stream == subscriptionId
           || std::any_of(watches.cbegin(), watches.cend(),
                          [stream](const auto &entry) { return entry.second.stream == stream; });
}

void Client::Private::openWatch(const QString &uri, Watch &watch)
{
    if (!isModernEra()) {
        watch.work = begin(u"resources/subscribe"_s, compact({{"uri"_L1, uri}}), {},
                           [this, uri](const Result<QByteArray> &answer) {
                               if (answer)
                                   onWatchAcknowledged(uri, true);
                               else
                                   onWatchEnded(uri, answer);
                           });
        return;
    }
    jsonrpc::RequestOptions request;
    request.timeout = std::chrono::milliseconds(-1);
    request.abandoned = [this](qint64 id, const QString &reason) { tellCancelled(id, reason); };
    watch.stream = connection->nextId();
    const QJsonObject filter{{"resourceSubscriptions"_L1, QJsonArray{uri}}};
    watch.work =
        connection->request(u"subscriptions/listen"_s,
                            compact({{"notifications"_L1, filter},
                                     {"_meta"_L1, modernMeta(options, q->m_server.revision)}}),
                            std::move(request), [this, uri](const Result<QByteArray> &answer) {
                                onWatchEnded(uri, answer);
                            });
}

void Client::Private::onAcknowledged(qint64 stream, const QJsonObject &params)
{
    if (stream == subscriptionId && stream != 0) {
        onSubscriptionAcknowledged();
        return;
    }
    const auto found = std::find_if(watches.cbegin(), watches.cend(), [stream](const auto &entry) {
        return entry.second.stream == stream;
    });
    if (found == watches.cend())
        return;
    const QJsonArray honoured = params["notifications"_L1]["resourceSubscriptions"_L1].toArray();
    const QString uri = found->first; // not the map's own: it may go
    onWatchAcknowledged(uri, honoured.contains(uri));
}

void Client::Private::onWatchAcknowledged(const QString &uri, bool isHonoured)
{
    const auto found = watches.find(uri);
    if (found == watches.end())
        return;
    if (isHonoured) {
        if (std::exchange(found->second.isAcknowledged, true))
            Q_EMIT q->resourceUpdated(uri); // nobody waits for this one
        else
            tellWatchers(uri, Nothing{});
        return;
    }
    found->second.isAcknowledged = false;
    onWatchEnded(uri, Error(ErrorCode::MethodNotFound,
                            u"The MCP server does not tell of changes of this resource."_s));
}

void Client::Private::onWatchEnded(const QString &uri, const Result<QByteArray> &answer)
{
    const auto found = watches.find(uri);
    if (found == watches.end())
        return;
    if (Watch &watch = found->second; isModernEra() && watch.isAcknowledged && !closing) {
        const Call ended = std::move(watch.work);
        watch.stream = 0;
        watch.work = after(watch.pause, [this, uri] {
            Watch &again = watches.at(uri); // the timer ends with it
            const Call fired = std::move(again.work);
            openWatch(uri, again);
        });
        watch.pause = std::min(2 * watch.pause, kLongPause);
        return;
    }
    const Error error =
        answer ? Error(ErrorCode::UpstreamFailed, u"The MCP server ended the subscription."_s)
               : answer.error();
    const Call ended = std::move(watches[uri].work);
    tellWatchers(uri, error);
}

void Client::Private::tellWatchers(const QString &uri, const Result<Nothing> &outcome)
{
    const auto told = std::exchange(watches[uri].waiting, std::make_shared<Watchers>());
    if (!outcome) {
        told->isOver = true;
        watches.erase(uri);
    }
    // A handler may destroy this, and let go of those that come next.
    while (!told->handlers.empty())
        told->handlers.extract(told->handlers.begin()).mapped()(outcome);
}

Call Client::subscribe(const QString &uri, Handler<Nothing> handler)
{
    Private::Watch &watch = d->watches[uri];
    const qint64 number = d->nextWatcher++;
    const std::shared_ptr<Private::Watchers> waiting = watch.waiting;
    waiting->handlers.emplace(number, std::move(handler));
    const bool isFirst = watch.users++ == 0;
    auto answered = std::make_shared<Call>();
    if (watch.isAcknowledged)
        *answered = later([waiting, number] {
            if (auto kept = waiting->handlers.extract(number))
                kept.mapped()(Nothing{});
        });
    else if (isFirst)
        d->openWatch(uri, watch);
    return Call([guard = QPointer(this), uri, number, waiting, answered] {
        answered->cancel();
        const bool wasWaiting = waiting->handlers.erase(number) > 0;
        // Who was never told is no user, and does not know that he would have to say so.
        if (wasWaiting && !waiting->isOver && guard && !guard->d->closing)
            guard->unsubscribe(uri);
    });
}

void Client::unsubscribe(const QString &uri)
{
    const auto found = d->watches.find(uri);
    if (found == d->watches.end() || --found->second.users > 0)
        return;
    found->second.waiting->isOver = true;
    d->watches.erase(found); // a modern stream ends with it
    if (d->isModernEra())
        return;
    // Also when it has not answered yet: it may have subscribed all the same.
    const qint64 number = d->nextWatcher++;
    d->unsubscribing[number] = d->connection->request(
        u"resources/unsubscribe"_s, compact({{"uri"_L1, uri}}), {},
        [this, number](const Result<QByteArray> &) { d->unsubscribing.erase(number); });
}

} // namespace bridge::mcp
