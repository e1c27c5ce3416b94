// SPDX-License-Identifier: GPL-3.0-or-later
// MCP servers inside the test, of either era, and a Dispatcher over them.
#pragma once

#include "common/async/later.h"
#include "common/jsonrpc/connection.h"
#include "common/jsonrpc/loopbacktransport.h"
#include "server/gateway/dispatcher.h"
#include "server/sessions/sessionmanager.h"
#include "server/telemetry/metrics.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtCore/QPointer>

namespace gatewaytest {

using namespace bridge;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

inline QByteArray json(const QJsonObject &object)
{
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}
inline QJsonObject object(const QByteArray &text)
{
    return QJsonDocument::fromJson(text).object();
}

/// One server process. Tools: count (per-process counter), echo (its arguments, as bytes), hold,
/// ask (elicitation), askTwo (two at once when modern), sample, roots, progress, log, rich (audio
/// and links), fail (isError).
class Actor : public QObject
{
    Q_OBJECT
public:
    struct Stats {
        int alive = 0;
        int started = 0;
        int sideEffects = 0;
        int cancelled = 0;
        int rootsChanges = 0;
        QList<QJsonObject> answers; ///< to its questions
        QList<int> refusals;        ///< codes
        QStringList subscribed;
        QStringList levels;
        QList<QJsonObject> params; ///< of tool calls, `_meta` included
        QJsonObject capabilities;  ///< of the newest client
    };

    using StatsPtr = std::shared_ptr<Stats>;

    Actor(std::unique_ptr<jsonrpc::Transport> wire, QString name, bool isModern, StatsPtr stats);
    ~Actor() override { --stats->alive; }

    void notify(const QString &method, const QJsonObject &params = {});
    void releaseAll();
    /// Tells those who subscribed to \a uri in the way of its era.
    void update(const QString &uri);

    StatsPtr stats;
    bool isWatched = false;
    std::unique_ptr<jsonrpc::Transport> transport;

private:
    void onRequest(const jsonrpc::Message &request);
    void onTool(const jsonrpc::Message &request);
    bool onList(const jsonrpc::Message &request);
    void listen(const jsonrpc::Message &request);
    void onCancelled(const jsonrpc::Message &message);
    void onModernQuestion(const jsonrpc::Message &request, const QJsonObject &questions);
    void answer(const QByteArray &id, QJsonObject result);
    void text(const QByteArray &id, const QString &text);
    void ask(const QString &method, const QJsonObject &params,
             std::function<void(QJsonObject)> then);

    QString m_name;
    bool m_isModern;
    int m_count = 0;
    QHash<QString, QByteArray> m_streams; ///< URI → id of its subscription (modern)
    QList<QByteArray> m_held;
    std::unique_ptr<jsonrpc::Connection> m_connection;
    std::vector<Call> m_questions;
};

class Stage : public upstream::Instance
{
    Q_OBJECT
public:
    Stage(const QString &name, bool isModern, Actor::StatsPtr stats,
          const QJsonObject &capabilities);
    mcp::Client &client() override { return *m_client; }
    bool isAlive() const override { return m_client->isOpen(); }
    qint64 processId() const override { return 0; }
    QString epitaph() const override { return {}; }
    Actor &actor() { return *m_actor; }

private:
    std::unique_ptr<Actor> m_actor;
    std::unique_ptr<mcp::Client> m_client;
};

/// What a client saw while one of its requests ran.
class Audience : public gateway::Downstream
{
public:
    struct Notice {
        QString method;
        QByteArray params;
    };

    void notify(const QString &method, const QByteArray &params) override
    {
        notices.append({method, params});
    }
    Call ask(const QString &method, const QByteArray &params, Handler<QByteArray> handler) override;
    bool canAsk() const override { return static_cast<bool>(reply); }

    QList<Notice> notices;
    QStringList asked;
    /// Answers a question; without it the client cannot be asked.
    std::function<Result<QByteArray>(const QString &method, const QJsonObject &params)> reply;
};
using AudiencePtr = std::shared_ptr<Audience>;

/// The outcome of one request, once it is there.
struct Got {
    std::optional<Result<gateway::Answer>> result;
    Call call;
    AudiencePtr audience = std::make_shared<Audience>();

    bool isThere() const { return result.has_value(); }
    QByteArray raw() const { return result && result->ok() ? (*result)->result : QByteArray(); }
    QJsonObject json() const { return object(raw()); }
    QString text() const { return json()["content"_L1][0]["text"_L1].toString(); }
    int code() const { return result && !result->ok() ? rpcCode(result->error()) : 0; }
};

class Theatre
{
public:
    struct Cast {
        QString name;
        bool isModern = false;
        bool isDead = false;                ///< cannot be started
        bool isSlow = false;                ///< never starts
        std::chrono::milliseconds delay{0}; ///< before it starts
    };

    explicit Theatre(const QList<Cast> &cast, gateway::DispatcherOptions options = {});
    ~Theatre();

    gateway::Request request(const QString &method, const QJsonObject &params = {}) const;
    void send(Got &got, gateway::Request request);
    gateway::ClientStatePtr makeState(const QJsonObject &capabilities = {},
                                      const QString &revision = u"2025-11-25"_s) const;
    /// The newest process of a server.
    Actor *actor(const QString &name) const { return m_actors.value(name).last(); }
    /// The newest one somebody subscribed at.
    Actor *watcher(const QString &name) const;

    Actor::Stats &stats(const QString &name) { return *m_stats[name]; }

    gateway::ClientProfile profile; ///< of requests to come
    std::unique_ptr<upstream::Registry> registry;
    std::unique_ptr<sessions::SessionManager> sessions;
    telemetry::Metrics metrics{u"test"_s};
    std::unique_ptr<gateway::Dispatcher> dispatcher;

private:
    Call open(upstream::Server &server, const upstream::Identity &identity,
              Handler<upstream::InstancePtr> handler);
    Call raise(const Cast &cast, const upstream::Identity &identity,
               Handler<upstream::InstancePtr> handler);

    QList<Cast> m_cast;
    QMap<QString, Actor::StatsPtr> m_stats;
    QHash<QString, QList<QPointer<Actor>>> m_actors;
};

gateway::ClientProfile modern(const QJsonObject &capabilities = {});
gateway::ClientProfile legacy(const QString &revision = u"2025-11-25"_s,
                              const QJsonObject &capabilities = {});

} // namespace gatewaytest
