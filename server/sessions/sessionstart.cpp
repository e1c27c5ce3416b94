// SPDX-License-Identifier: GPL-3.0-or-later
// How a session comes to be: name and limits first, then the server, then the store.
#include "server/sessions/sessionid.h"
#include "server/sessions/sessionmanager_p.h"

#include <QtCore/QSysInfo>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace bridge::sessions {

class SessionManager::Private::Reservation
{
public:
    Reservation(SessionManager *manager, SessionKey key) : m_manager(manager), m_key(std::move(key))
    {
        m_manager->d->starting.insert(m_key);
    }
    ~Reservation()
    {
        if (!m_manager)
            return;
        if (m_kept)
            return;
        m_manager->d->starting.remove(m_key);
        if (m_storing) {
            Private &d = *m_manager->d;
            d.background([&](Handler<Nothing> done) { return d.records->remove(m_key, done); });
        }
    }
    Reservation(const Reservation &) = delete;
    Reservation &operator=(const Reservation &) = delete;

    const SessionKey &key() const { return m_key; }
    /// The store may have a record from now on, which goes if the session is not kept.
    void setStoring(bool storing) { m_storing = storing; }
    void keep() { m_kept = true; } ///< the session takes over the name

private:
    QPointer<SessionManager> m_manager;
    SessionKey m_key;
    bool m_storing = false;
    bool m_kept = false;
};

namespace {

Error exists()
{
    return Error(
        ErrorCode::SessionExists,
        u"A session of this name exists already. Choose another name or close it first."_s);
}

Error goingDown()
{
    return Error(ErrorCode::Overloaded, u"The bridge is shutting down. Try again later."_s);
}

} // namespace

Result<Nothing> SessionManager::Private::checkLimits(const QString &owner) const
{
    if (sessions.size() + starting.size() >= limits.maxTotal) {
        return Error(ErrorCode::TooManyRequests,
                     u"The bridge has as many sessions as it may (MAX_TOTAL_SESSIONS, %1). Try "
                     "again later."_s.arg(limits.maxTotal));
    }
    const auto isOwned = [&owner](const SessionKey &key) { return key.owner == owner; };
    const auto startingOnes = std::count_if(starting.begin(), starting.end(), isOwned);
    const auto runningOnes = std::count_if(sessions.keyBegin(), sessions.keyEnd(), isOwned);
    const bool isAnonymous = owner == "anonymous"_L1;
    const int most = isAnonymous ? limits.maxAnonymous : limits.maxPerOwner;
    if (isAnonymous && startingOnes + runningOnes >= most) {
        return Error(ErrorCode::TooManyRequests,
                     u"Callers without a credential have as many sessions as they may together "
                     "(MAX_SESSIONS_PER_USER, or a share of MAX_TOTAL_SESSIONS: %1). Close one, "
                     "sign in, or try again later."_s.arg(most));
    }
    if (startingOnes + runningOnes >= most) {
        return Error(ErrorCode::TooManyRequests,
                     u"You have as many sessions as one user may (MAX_SESSIONS_PER_USER, %1). "
                     "Close one first."_s.arg(most));
    }
    return Nothing{};
}

Result<SessionManager::Private::ReservationPtr> SessionManager::Private::reserve(const Order &order)
{
    if (shuttingDown)
        return goingDown();
    const bool isNamed = !order.wantedId.isEmpty();
    if (isNamed && !isValidSessionId(order.wantedId)) {
        return Error(
            ErrorCode::SessionInvalidId,
            u"A session's name is 1 to 128 letters, digits, dots, underscores and hyphens, "
            "begins with a letter or digit, and is none of start, close, ping, status."_s);
    }
    removeExpired();
    const SessionKey key{order.identity.owner, order.server->definition().name,
                         isNamed ? order.wantedId : randomSessionId()};
    if (sessions.contains(key) || starting.contains(key))
        return exists();
    const Result<Nothing> allowed = checkLimits(key.owner);
    if (!allowed)
        return allowed.error();
    return std::make_shared<Reservation>(q, key);
}

SessionRecord SessionManager::Private::newRecord(const SessionKey &key, const QString &group) const
{
    SessionRecord record;
    record.key = key;
    record.group = group;
    record.host = QSysInfo::machineHostName();
    record.createdAt = QDateTime::currentDateTimeUtc();
    record.lastActivity = record.createdAt;
    if (limits.idleTimeout > 0ms)
        record.expiresAt = record.createdAt.addMSecs(limits.idleTimeout.count());
    return record;
}

SessionPtr SessionManager::Private::create(const SessionRecord &record, const Order &order,
                                           upstream::InstancePtr instance)
{
    Session::Setup setup{record, order.server, std::move(instance), order.identity, limits, open};
    const SessionPtr session(new Session(std::move(setup)));
    starting.remove(record.key);
    sessions.insert(record.key, session);
    storedActivity.insert(record.key, record.lastActivity.toMSecsSinceEpoch());
    connect(session.get(), &Session::touched, q, [this, weak = std::weak_ptr(session)] {
        if (const SessionPtr touched = weak.lock())
            store(touched);
    });
    arm();
    return session;
}

// What is awaited captures plain references into the frame: GCC 12 destroys captures of other types
// twice when their lambda is a temporary of a co_await.
Task<SessionPtr> SessionManager::Private::startTask(std::shared_ptr<const Order> order)
{
    const QPointer<SessionManager> &manager = order->manager;
    const Result<ReservationPtr> reserved = manager->d->reserve(*order);
    if (!reserved)
        co_return reserved.error();
    const ReservationPtr reservation = *reserved;

    Result<upstream::InstancePtr> instance = co_await answer<upstream::InstancePtr>(
        [&order = *order](Handler<upstream::InstancePtr> done) {
            return order.manager->d->open(*order.server, order.identity, std::move(done));
        });
    if (!instance)
        co_return instance.error();
    if (!manager || manager->d->shuttingDown)
        co_return goingDown();

    const SessionRecord record = manager->d->newRecord(reservation->key(), order->group);
    reservation->setStoring(true);
    const Result<Nothing> stored =
        co_await answer<Nothing>([&manager, &record](Handler<Nothing> done) {
            return manager->d->records->insert(record, std::move(done));
        });
    if (!stored) {
        reservation->setStoring(false); // the record is somebody else's
        co_return stored.error();
    }
    if (!manager || manager->d->shuttingDown)
        co_return goingDown();
    if (order->server->isGone())
        co_return Error(ErrorCode::ServerNotFound,
                        u"The MCP server was taken out of the configuration. GET /servers lists "
                        "those there are."_s);
    if (!(*instance)->isAlive())
        co_return Error(ErrorCode::UpstreamStart,
                        u"The MCP server ended right after its start. Try again."_s);

    reservation->keep();
    const SessionPtr session = manager->d->create(record, *order, std::move(instance).value());
    Q_EMIT manager->sessionCreated(session);
    co_return session;
}

Call SessionManager::start(upstream::Server *server, upstream::Identity identity, QString group,
                           QString wantedId, Handler<SessionPtr> handler)
{
    const auto order = std::make_shared<Private::Order>();
    *order = {this,         server, std::move(identity), std::move(group), std::move(wantedId),
              server->pin()};
    return Private::startTask(order).start(std::move(handler));
}

} // namespace bridge::sessions
