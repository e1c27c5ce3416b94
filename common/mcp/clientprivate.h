// SPDX-License-Identifier: GPL-3.0-or-later
// Inner parts of Client. Its functions are spread by subject: client.cpp (API), clientcalls.cpp
// (rounds of a call), clientinputs.cpp (what servers ask for), clientnotifications.cpp.
#pragma once

#include "common/async/task.h"
#include "common/mcp/client.h"
#include "common/mcp/inputreply.h"
#include "common/mcp/job.h"
#include "common/mcp/startup.h"

#include <QtCore/QElapsedTimer>
#include <QtCore/QMap>
#include <QtCore/QPointer>

#include <map>

namespace bridge::mcp {

/// One call of the owner. It spans several requests when the server asks for input by
/// `input_required`.
struct ClientCall : JobOf<QByteArray> {
    QString method;
    QByteArray params; ///< without _meta, inputResponses and requestState
    CallOptions options;
    qint64 id = 0; ///< request id of the newest round
    int rounds = 0;
    std::chrono::milliseconds left{-1}; ///< of the caller's timeout; negative = no limit
    QElapsedTimer roundClock;
    jsonrpc::RpcError refusal; ///< of this round
    int awaited = 0;           ///< inputs asked for and not settled
    QJsonObject inputResponses;
    std::optional<QString> requestState;
    bool hasRelisted = false; ///< the tools, because headers did not fit
};
using ClientCallPtr = std::shared_ptr<ClientCall>;

class Client::Private : public QObject
{
public:
    Private(Client *client, jsonrpc::Transport *transport, ClientOptions options);
    ~Private() override;

    // client.cpp
    bool isModernEra() const { return q->m_server.era == Era::Modern; }
    void started(const ServerInfo &info);
    template <typename T>
    Call own(Task<T> task, Handler<T> handler);

    // clientcalls.cpp
    Call begin(const QString &method, const QByteArray &params, CallOptions callOptions,
               jsonrpc::RawHandler handler);
    void sendRound(const ClientCallPtr &call);
    QByteArray roundParams(const ClientCall &call) const;
    void onAnswer(const ClientCallPtr &call, Result<QByteArray> answer);
    void onResult(const ClientCallPtr &call, const QByteArray &result);
    void onRefusal(const ClientCallPtr &call, const Error &error);
    void relistAndRetry(const ClientCallPtr &call);
    void finish(const ClientCallPtr &call, Result<QByteArray> outcome);
    void finishLater(const ClientCallPtr &call, const Error &error);
    void drop(const ClientCallPtr &call);
    void tellCancelled(qint64 id, const QString &reason);

    // clientinputs.cpp
    void askInputs(const ClientCallPtr &call, const QJsonObject &requests);
    void askOne(const ClientCallPtr &call, const QString &key, const QJsonObject &request);
    void settleOne(const ClientCallPtr &call, const QString &key, const QString &method,
                   Result<QJsonObject> outcome);
    void onRequest(const jsonrpc::Message &request);
    void settleRequest(const QByteArray &id, const QString &method, const ClientCallPtr &call,
                       const Result<QJsonObject> &outcome);
    void onServerCancelled(const QByteArray &id);
    ClientCallPtr callForInput(const jsonrpc::Message &request) const;

    // clientsubscriptions.cpp
    void subscribe();
    void onSubscriptionAcknowledged();
    void onSubscriptionEnded();
    /// Between the end of a subscription and the next try; doubled each time.
    static constexpr std::chrono::milliseconds kShortPause{1'000};
    static constexpr std::chrono::milliseconds kLongPause{60'000};
    /// Who waits for the answer to a subscription.
    struct Watchers {
        std::map<qint64, Handler<Nothing>> handlers;
        bool isOver = false; ///< the watch they waited for is gone
    };
    /// A resource whose changes are told.
    struct Watch {
        int users = 0;
        qint64 stream = 0;           ///< request id of its subscription (modern)
        bool isAcknowledged = false; ///< at least once
        std::chrono::milliseconds pause{kShortPause};
        Call work;
        std::shared_ptr<Watchers> waiting = std::make_shared<Watchers>();
    };
    void openWatch(const QString &uri, Watch &watch);
    void onWatchAcknowledged(const QString &uri, bool isHonoured);
    void onWatchEnded(const QString &uri, const Result<QByteArray> &answer);
    void tellWatchers(const QString &uri, const Result<Nothing> &outcome);
    bool isOwnStream(qint64 stream) const;
    void onAcknowledged(qint64 stream, const QJsonObject &params);

    // clientnotifications.cpp
    void onNotification(const jsonrpc::Message &notification);
    void onProgress(const QJsonObject &params);
    void onLog(const QByteArray &relatedId, const QJsonObject &params);

    Client *q;
    jsonrpc::Transport *transport;
    ClientOptions options;
    std::unique_ptr<jsonrpc::Connection> connection;
    std::shared_ptr<StartNotes> notes = std::make_shared<StartNotes>();
    QMap<qint64, ClientCallPtr> calls; ///< by id of the newest round: the last started is last
    QMap<qint64, std::shared_ptr<Job>> jobs;
    QHash<QByteArray, std::weak_ptr<InputRequest>> asked; ///< open requests of the server
    qint64 nextJob = 1;
    qint64 subscriptionId = 0;
    std::map<QString, Watch> watches; ///< by URI
    qint64 nextWatcher = 1;
    QString logLevel;
    Call levelCall;
    std::map<qint64, Call> unsubscribing;
    Call subscription;
    bool hasSubscribed = false; ///< acknowledged at least once
    std::chrono::milliseconds subscriptionPause{kShortPause};
    QElapsedTimer subscriptionClock; ///< since it was acknowledged
    bool closing = false;
};

template <typename T>
Call Client::Private::own(Task<T> task, Handler<T> handler)
{
    auto job = std::make_shared<JobOf<T>>();
    job->handler = std::move(handler);
    const qint64 key = nextJob++;
    jobs.insert(key, job);
    job->work = std::move(task).start([this, key, weak = std::weak_ptr(job)](Result<T> outcome) {
        // The task's frame, and so this function, dies before the client does.
        const auto strong = weak.lock();
        jobs.remove(key);
        if (strong)
            strong->finish(std::move(outcome));
    });
    return Call([guard = QPointer<Private>(this), key, job] {
        job->silence();
        if (guard && !guard->closing)
            guard->jobs.remove(key);
        job->work.cancel();
    });
}

} // namespace bridge::mcp
