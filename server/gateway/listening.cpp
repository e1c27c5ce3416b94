// SPDX-License-Identifier: GPL-3.0-or-later
// One modern subscription.
#include "common/json/writer.h"
#include "common/mcp/revisions.h"
#include "server/gateway/lookup.h"
#include "server/gateway/subscriptions.h"

#include <QtCore/QJsonArray>

using namespace Qt::StringLiterals;

namespace bridge::gateway {

namespace {

constexpr qsizetype kMaxUris = 1'000;

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
        ++m_core->subscriptions;
    }
    ~Listening() override
    {
        --m_core->subscriptions;
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
    static Task<> watchAll(Listening *self, QStringList uris);
    void acknowledge();
    void onChanged(const QString &server, const QString &what);
    void onOwn(const QString &method);
    void onUpdated(const QString &server, const QString &key);
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
    Call m_work;
    Call m_patience;
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
    QStringList uris;
    const QJsonArray wanted = m_filter.value("resourceSubscriptions"_L1).toArray();
    for (const QJsonValue &uri : wanted) {
        if (uri.isString() && !uris.contains(uri.toString()) && uris.size() < kMaxUris)
            uris.append(uri.toString());
    }
    if (uris.isEmpty()) {
        m_work = later([this] { acknowledge(); });
        return;
    }
    m_patience = after(m_core->options.listPatience, [this] { acknowledge(); });
    m_work = watchAll(this, uris).start([this](const Result<Nothing> &) { acknowledge(); });
}

// Owned by \a self, so it is there as long as this runs.
Task<> Listening::watchAll(Listening *self, QStringList uris)
{
    const Viewer viewer = viewerOf(self->m_request);
    for (const QString &uri : std::as_const(uris)) {
        Result<Place> place = co_await findResource(self->m_core, viewer, uri);
        if (!place)
            continue;
        const QString name = place->server->definition().name;
        if (!self->m_targets.contains(name)) {
            Result<Target> target =
                co_await acquire(self->m_core, place->server, viewer.state, viewer.identity);
            if (!target)
                continue;
            auto kept = std::make_unique<Target>(std::move(*target));
            connect(&kept->client(), &mcp::Client::resourceUpdated, self,
                    [self, name](const QString &key) { self->onUpdated(name, key); });
            connect(&kept->client(), &mcp::Client::closed, self, &Listening::end);
            self->m_targets.emplace(name, std::move(kept));
        }
        mcp::Client &client = self->m_targets.at(name)->client();
        const QString key = place->key;
        Result<Nothing> subscribed = co_await answer<Nothing>(
            [&](Handler<Nothing> done) { return client.subscribe(key, std::move(done)); });
        if (!subscribed)
            continue;
        Watched watched;
        watched.server = name;
        watched.key = key;
        watched.uri = uri;
        self->m_watched.append(watched);
    }
    Nothing nothing;
    co_return nothing;
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
    for (const Watched &watched : std::as_const(m_watched))
        uris.append(watched.uri);
    if (!uris.isEmpty())
        honoured.insert("resourceSubscriptions"_L1, uris);
    send(u"notifications/subscriptions/acknowledged"_s, {{"notifications"_L1, honoured}});
    for (const auto &[method, params] : std::exchange(m_early, {}))
        send(method, params);
}

void Listening::onChanged(const QString &server, const QString &what)
{
    const bool isSeen = m_request.server.isEmpty() || m_request.server == server;
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
        if (watched.server == server && watched.key == key)
            send(u"notifications/resources/updated"_s, {{"uri"_L1, watched.uri}});
    }
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
    m_work = later([this] {
        acknowledge();
        if (const auto handler = std::exchange(m_handler, nullptr))
            handler(Answer{withId({{"resultType"_L1, u"complete"_s}}, m_request)});
    });
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
    if (core->subscriptions >= core->options.maxSubscriptions)
        return fail(ErrorCode::TooManyRequests,
                    u"There are too many subscriptions. Try again later."_s);
    const auto listening =
        std::make_shared<Listening>(core, request, std::move(downstream), std::move(handler));
    listening->begin();
    return Call([listening] {});
}

} // namespace bridge::gateway
