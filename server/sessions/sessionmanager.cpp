// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/sessions/sessionmanager.h"

#include "server/sessions/sessionid.h"
#include "server/sessions/sessionmanager_p.h"

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace bridge::sessions {

namespace {

// The upstream ladder takes 4 s and a little; shutting down does not wait for ever.
constexpr auto kShutDownPatience = 10s;

Error notFound()
{
    return Error(ErrorCode::SessionNotFound,
                 u"Session not found. It may have expired or been closed: start a new one."_s);
}

Call openServer(upstream::Server &server, const upstream::Identity &identity,
                Handler<upstream::InstancePtr> handler)
{
    return server.open(identity, std::move(handler));
}

} // namespace

SessionManager::Private::Private(SessionManager *manager,
                                 std::unique_ptr<SessionStore> sessionStore,
                                 SessionLimits sessionLimits, Opener opener)
    : q(manager)
    , records(std::move(sessionStore))
    , limits(sessionLimits)
    , open(opener ? std::move(opener) : Opener(openServer))
{
    timer.setSingleShot(true);
    connect(&timer, &QTimer::timeout, q, [this] {
        removeExpired();
        arm();
    });
}

bool SessionManager::Private::isExpired(const Session &session) const
{
    return session.timeLeft() == 0ms;
}

void SessionManager::Private::removeExpired()
{
    const QList<SessionPtr> all = sessions.values();
    for (const SessionPtr &session : all) {
        if (isExpired(*session))
            end(session, u"expired"_s);
    }
}

void SessionManager::Private::arm()
{
    if (sessions.isEmpty()) {
        timer.stop();
        return;
    }
    auto next = limits.cleanupInterval;
    for (const SessionPtr &session : std::as_const(sessions)) {
        // One millisecond more, so that it has surely expired when the timer fires.
        if (const auto left = session->timeLeft())
            next = std::min(next, *left + 1ms);
    }
    timer.start(next);
}

void SessionManager::Private::end(const SessionPtr &session, const QString &reason,
                                  const Error &error)
{
    const SessionKey key = session->record().key;
    if (!sessions.remove(key))
        return;
    storedActivity.remove(key);
    background([&](Handler<Nothing> done) { return records->remove(key, done); });
    reaper.watch(session->instance());
    const QPointer<SessionManager> guard(q);
    session->close(reason, error);
    if (guard)
        Q_EMIT q->sessionClosed(session, reason);
}

void SessionManager::Private::store(const SessionPtr &session)
{
    // Only this process asks when a session expires; others may know it a little late, which
    // saves one write to the store per request.
    const SessionRecord &record = session->record();
    const auto known = storedActivity.find(record.key);
    const qint64 now = record.lastActivity.toMSecsSinceEpoch();
    const qint64 lateness = std::min<qint64>(limits.idleTimeout.count() / 10, 30'000);
    if (known == storedActivity.end() || now - *known <= lateness)
        return;
    *known = now;
    background([&](Handler<Nothing> done) {
        return records->touch(record.key, record.lastActivity, record.expiresAt, done);
    });
}

void SessionManager::Private::background(const std::function<Call(Handler<Nothing>)> &operation)
{
    const quint64 number = ++backgroundNumber;
    running[number] = operation([this, number](const Result<Nothing> &) { running.erase(number); });
}

SessionManager::SessionManager(std::unique_ptr<SessionStore> store, SessionLimits limits,
                               QObject *parent, Opener open)
    : QObject(parent)
    , d(std::make_unique<Private>(this, std::move(store), limits, std::move(open)))
{
}

SessionManager::~SessionManager()
{
    const QHash<SessionKey, SessionPtr> all = std::exchange(d->sessions, {});
    for (const SessionPtr &session : all)
        session->close(u"shutdown"_s);
}

Result<SessionPtr> SessionManager::find(const QString &owner, const QString &server,
                                        const QString &id)
{
    const SessionPtr session = d->sessions.value({owner, server, bareSessionId(id)});
    if (!session)
        return notFound();
    if (d->isExpired(*session)) {
        d->end(session, u"expired"_s);
        return notFound();
    }
    return session;
}

Result<CloseReport> SessionManager::close(const QString &owner, const QString &server,
                                          const QString &id, const QString &reason)
{
    const Result<SessionPtr> session = find(owner, server, id);
    if (!session)
        return session.error();
    CloseReport report;
    report.durationMs = (*session)->record().createdAt.msecsTo(QDateTime::currentDateTimeUtc());
    report.totalRequests = (*session)->totalRequests();
    d->end(*session, reason);
    return report;
}

QList<SessionPtr> SessionManager::sessionsOf(const QString &owner) const
{
    QList<SessionPtr> found;
    for (const SessionPtr &session : std::as_const(d->sessions)) {
        if (session->record().key.owner == owner && !d->isExpired(*session))
            found.append(session);
    }
    return found;
}

void SessionManager::closeAllOf(const upstream::Server *server, const Error &error)
{
    const QList<SessionPtr> all = d->sessions.values();
    const QPointer<SessionManager> guard(this);
    for (const SessionPtr &session : all) {
        if (guard && &session->server() == server)
            d->end(session, u"removed"_s, error);
    }
}

void SessionManager::setLimits(const SessionLimits &limits)
{
    d->limits = limits;
    d->arm();
}

QList<SessionPtr> SessionManager::all() const
{
    return d->sessions.values();
}

int SessionManager::count() const
{
    return int(d->sessions.size());
}

void SessionManager::shutDown(std::function<void()> done)
{
    d->shuttingDown = true;
    const QList<SessionPtr> all = d->sessions.values();
    const QPointer<SessionManager> guard(this);
    for (const SessionPtr &session : all) {
        if (guard)
            d->end(session, u"shutdown"_s);
    }
    if (guard)
        d->reaper.whenEmpty(kShutDownPatience, std::move(done));
}

} // namespace bridge::sessions
