// SPDX-License-Identifier: GPL-3.0-or-later
// One modern subscription.
#include "common/json/writer.h"
#include "common/mcp/revisions.h"
#include "server/gateway/lookup.h"
#include "server/gateway/permit.h"
#include "server/gateway/subscriptions.h"
#include "server/gateway/tasks.h"

#include <QtCore/QJsonArray>

using namespace Qt::StringLiterals;

namespace bridge::gateway {

namespace {

class Listening : public QObject
{
public:
    Listening(Core *core, Request request, std::shared_ptr<Downstream> downstream,
              Handler<Answer> handler)
        : m_core(core)
        , m_request(std::move(request))
        , m_downstream(std::move(downstream))
        , m_handler(std::move(handler))
    {
        m_core->subscriptions.add(m_request.identity.owner);
    }
    ~Listening() override
    {
        m_core->subscriptions.remove(m_request.identity.owner);
        for (const auto &[server, target] : m_targets)
            target->client().disconnect(this);
        for (const Watched &watched : std::as_const(m_watched))
            m_targets.at(watched.server)->client().unsubscribe(watched.key);
    }

    void begin();

private:
    struct Watched {
        QString server;
        QString key; ///< the server's URI
        QString uri; ///< the client's
    };

    bool wants(const QString &what) const
    {
        return m_filter.value(what + "ListChanged"_L1).toBool();
    }
    static Task<> watch(Listening *self, QString uri);
    Call open(upstream::Server *server, Handler<Nothing> handler);
    void keep(const QString &server, Target target);
    void acknowledge();
    void onChanged(const QString &server, const QString &what);
    void onOwn(const QString &method);
    void onUpdated(const QString &server, const QString &key);
    bool isInSight(const Watched &watched) const;
    void send(const QString &method, QJsonObject params);
    void end();

    Core *m_core;
    Request m_request;
    std::shared_ptr<Downstream> m_downstream;
    Handler<Answer> m_handler;
    QJsonObject m_filter;
    bool m_isAcknowledged = false;
    QList<std::pair<QString, QJsonObject>> m_early;       ///< before the acknowledgement
    std::map<QString, std::unique_ptr<Target>> m_targets; ///< by server
    QList<Watched> m_watched;
    QStringList m_uris; ///< asked for
    qsizetype m_left = 0;
    Call m_ending;
    Call m_patience;
    std::map<QString, upstream::SingleFlight<Nothing>> m_opening; ///< by server
    std::vector<Call> m_work;                                     ///< by URI
};

QByteArray subscriptionId(const Request &request)
{
    return request.message.id;
}

/// `{"_meta":{…subscriptionId},…}`: the id is the request's as it came.
QByteArray withId(const QJsonObject &members, const Request &request)
{
    json::ObjectWriter meta;
    meta.raw(mcp::kMetaSubscription.toString(), subscriptionId(request));
    json::ObjectWriter writer;
    writer.raw(u"_meta", meta.take());
    for (auto it = members.begin(); it != members.end(); ++it)
        writer.value(it.key(), it.value());
    return writer.take();
}

void Listening::begin()
{
    m_filter = m_request.message.paramsObject()["notifications"_L1].toObject();
    connect(&m_core->changes, &ChangeHub::changed, this, &Listening::onChanged);
    if (m_request.state)
        connect(m_request.state.get(), &ClientState::notified, this, &Listening::onOwn);
    connect(&m_core->changes, &ChangeHub::gone, this, [this](const QString &server) {
        if (m_request.server == server)
            end();
    });
    const QJsonArray wanted = m_filter.value("resourceSubscriptions"_L1).toArray();
    for (const QJsonValue &uri : wanted) {
        if (uri.isString() && !m_uris.contains(uri.toString()) && m_uris.size() < kMaxUris)
            m_uris.append(uri.toString());
    }
    if (m_uris.isEmpty()) {
        m_patience = later([this] { acknowledge(); });
        return;
    }
    m_patience = after(m_core->options.listPatience, [this] {
        m_work.clear(); // nothing is told of what was not acknowledged
        acknowledge();
    });
    m_left = m_uris.size();
    // At a time, for none is to wait for the slow server of another.
    for (const QString &uri : std::as_const(m_uris)) {
        m_work.push_back(watch(this, uri).start([this](const Result<Nothing> &) {
            if (--m_left == 0)
                acknowledge();
        }));
    }
}

// Owned by \a self, so it is there as long as this runs.
Task<> Listening::watch(Listening *self, QString uri)
{
    Nothing nothing;
    Result<Place> place = co_await findResource(self->m_core, viewerOf(self->m_request), uri);
    if (!place
        || !checkPermit(*self->m_core, self->m_request.identity, OfferKind::Resources, *place,
                        nullptr))
        co_return nothing;
    const QString name = place->server->definition().name;
    Result<Nothing> opened = co_await answer<Nothing>(
        [&](Handler<Nothing> done) { return self->open(place->server, std::move(done)); });
    if (!opened)
        co_return nothing;
    mcp::Client &client = self->m_targets.at(name)->client();
    const QString key = place->key;
    Result<Nothing> subscribed = co_await answer<Nothing>(
        [&](Handler<Nothing> done) { return client.subscribe(key, std::move(done)); });
    if (!subscribed)
        co_return nothing;
    Watched watched;
    watched.server = name;
    watched.key = key;
    watched.uri = uri;
    self->m_watched.append(watched);
    co_return nothing;
}

/// One use of \a server for all of its URIs.
Call Listening::open(upstream::Server *server, Handler<Nothing> handler)
{
    const QString name = server->definition().name;
    if (m_targets.contains(name))
        return later([handler = std::move(handler)] { handler(Nothing{}); });
    return m_opening[name].join(std::move(handler), [&](Handler<Nothing> done) {
        const Viewer viewer = viewerOf(m_request);
        return acquire(m_core, server, viewer.state, viewer.identity)
            .start([this, name, done = std::move(done)](Result<Target> target) {
                if (!target)
                    return done(target.error());
                keep(name, std::move(*target));
                done(Nothing{});
            });
    });
}

void Listening::keep(const QString &server, Target target)
{
    auto kept = std::make_unique<Target>(std::move(target));
    connect(&kept->client(), &mcp::Client::resourceUpdated, this,
            [this, server](const QString &key) { onUpdated(server, key); });
    connect(&kept->client(), &mcp::Client::closed, this, &Listening::end);
    m_targets.emplace(server, std::move(kept));
}

// First of all, and with what will be told: a URI whose server was not there in time is left out.
void Listening::acknowledge()
{
    if (m_isAcknowledged)
        return;
    m_isAcknowledged = true;
    m_patience.cancel();
    QJsonObject honoured;
    for (const auto &what : {u"tools"_s, u"prompts"_s, u"resources"_s}) {
        if (wants(what))
            honoured.insert(what + "ListChanged"_L1, true);
    }
    QJsonArray uris;
    for (const QString &uri : std::as_const(m_uris)) {
        const auto isWatched = [&uri](const Watched &watched) { return watched.uri == uri; };
        if (std::any_of(m_watched.cbegin(), m_watched.cend(), isWatched))
            uris.append(uri);
    }
    if (!uris.isEmpty())
        honoured.insert("resourceSubscriptions"_L1, uris);
    send(u"notifications/subscriptions/acknowledged"_s, {{"notifications"_L1, honoured}});
    for (const auto &[method, params] : std::exchange(m_early, {}))
        send(method, params);
}

void Listening::onChanged(const QString &server, const QString &what)
{
    const bool isSeen = m_core->concerns(m_request.server, server);
    // The server behind a session handle tells by itself, and of itself.
    const bool isOwn = m_request.state && m_request.state->sessions.contains(server);
    if (isSeen && !isOwn && wants(what))
        send(u"notifications/%1/list_changed"_s.arg(what), {});
}

void Listening::onOwn(const QString &method)
{
    for (const auto &what : {u"tools"_s, u"prompts"_s, u"resources"_s}) {
        if (wants(what) && method == u"notifications/%1/list_changed"_s.arg(what))
            send(method, {});
    }
}

void Listening::onUpdated(const QString &server, const QString &key)
{
    for (const Watched &watched : std::as_const(m_watched)) {
        if (watched.server == server && watched.key == key && isInSight(watched))
            send(u"notifications/resources/updated"_s, {{"uri"_L1, watched.uri}});
    }
}

/// What the view shows may have changed since.
bool Listening::isInSight(const Watched &watched) const
{
    const auto servers = m_core->serversOf(m_request.server);
    return std::any_of(servers.cbegin(), servers.cend(), [&](const upstream::Server *server) {
        return server->definition().name == watched.server
               && m_core->shows(m_request.server, m_request.identity, server, OfferKind::Resources,
                                watched.key);
    });
}

void Listening::send(const QString &method, QJsonObject params)
{
    if (m_isAcknowledged)
        m_downstream->notify(method, withId(params, m_request));
    else if (!m_early.contains(std::pair(method, params)))
        m_early.append({method, params});
}

// A client that reads this subscribes again, and then finds the server anew.
void Listening::end()
{
    m_work.clear();
    m_ending = later([this] {
        acknowledge();
        if (const auto handler = std::exchange(m_handler, nullptr))
            handler(Answer{withId({{"resultType"_L1, u"complete"_s}}, m_request)});
    });
}

/// Status is not told without being asked for (which servers may do), so no task is acknowledged.
bool asksForTasks(const Request &request)
{
    const QJsonObject filter = request.message.paramsObject()["notifications"_L1].toObject();
    return filter.contains("taskIds"_L1);
}

} // namespace

Call listen(Core *core, const Request &request, std::shared_ptr<Downstream> downstream,
            Handler<Answer> handler)
{
    const auto fail = [&handler](ErrorCode code, const QString &message) {
        return later(
            [error = Error(code, message), handler = std::move(handler)] { handler(error); });
    };
    if (!request.message.paramsObject()["notifications"_L1].isObject())
        return fail(ErrorCode::InvalidArguments,
                    u"The request needs `params.notifications`, an object."_s);
    if (const auto lacking = lacksTasks(request); lacking && asksForTasks(request))
        return later([error = *lacking, handler = std::move(handler)] { handler(error); });
    if (!core->subscriptions.hasRoom(core->options.subscriptions, request.identity.owner))
        return fail(ErrorCode::TooManyRequests,
                    u"As many subscriptions are open as may be (MCP_MAX_SUBSCRIPTIONS_PER_USER, "
                    "%1 in all). End one, or try later."_s.arg(core->options.subscriptions.total));
    const auto listening =
        std::make_shared<Listening>(core, request, std::move(downstream), std::move(handler));
    listening->begin();
    return Call([listening] {});
}

} // namespace bridge::gateway
