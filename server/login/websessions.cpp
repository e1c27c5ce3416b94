// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/login/websessions.h"

#include "common/crypto/random.h"
#include "common/logging/categories.h"

#include <QtCore/QCryptographicHash>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace bridge::login {

namespace {

constexpr std::chrono::seconds kSweep{1};
constexpr qint64 kRetrySeconds = 10;

/// A copy of the table is no copy of the cookies.
QByteArray keyOf(const QByteArray &id)
{
    return QCryptographicHash::hash(id, QCryptographicHash::Sha256);
}

Error ended()
{
    return Error(ErrorCode::TokenExpired, u"Your login has ended. Log in again at /oauth/login."_s);
}

} // namespace

WebSessions::WebSessions(LoginFlow *flow) : m_flow(flow)
{
    m_timer.setInterval(kSweep);
    QObject::connect(&m_timer, &QTimer::timeout, &m_timer, [this] { sweep(); });
}

WebSessions::~WebSessions() = default;

QByteArray WebSessions::open(Arrival arrival)
{
    makeRoom(arrival.principal->owner);
    const QByteArray id = crypto::randomToken();
    auto session = std::make_shared<Session>();
    session->arrival = std::move(arrival);
    session->opened = session->used = session->renewed = QDateTime::currentDateTimeUtc();
    m_sessions.insert(keyOf(id), std::move(session));
    if (!m_timer.isActive())
        m_timer.start();
    return id;
}

WebSessions::State WebSessions::look(const QByteArray &id, auth::PrincipalPtr &principal)
{
    const auto it = m_sessions.constFind(keyOf(id));
    const QDateTime now = QDateTime::currentDateTimeUtc();
    if (it == m_sessions.constEnd() || hasEnded(**it, now))
        return State::Unknown;
    Session &session = **it;
    session.used = now;
    session.isUsedSinceRenewal = true;
    if (session.arrival.expires <= now)
        return session.arrival.refreshToken.isEmpty() ? State::Unknown : State::Stale;
    principal = session.arrival.principal;
    return State::Good;
}

Call WebSessions::renewed(const QByteArray &id, Handler<auth::PrincipalPtr> handler)
{
    const QByteArray key = keyOf(id);
    const auto it = m_sessions.constFind(key);
    if (it == m_sessions.constEnd())
        return failLater(std::move(handler), ended());
    const SessionPtr session = *it;
    const quint64 serial = ++m_serial;
    session->waiting.emplace_back(serial, std::move(handler));
    renew(key);
    return Call([weak = std::weak_ptr<Session>(session), serial] {
        if (const SessionPtr strong = weak.lock())
            std::erase_if(strong->waiting,
                          [serial](const auto &entry) { return entry.first == serial; });
    });
}

std::optional<Arrival> WebSessions::close(const QByteArray &id)
{
    const SessionPtr session = m_sessions.take(keyOf(id));
    if (!session)
        return std::nullopt;
    session->renewal.cancel();
    tell(session, ended());
    tellEnd(session);
    return session->arrival;
}

void WebSessions::closeAllOf(const QString &owner)
{
    QList<SessionPtr> gone;
    m_sessions.removeIf([&](const auto &entry) {
        const bool isOver =
            entry.value()->waiting.empty() && entry.value()->arrival.principal->owner == owner;
        if (isOver)
            gone.append(entry.value());
        return isOver;
    });
    std::for_each(gone.cbegin(), gone.cend(), tellEnd);
}

Call WebSessions::whenOver(const auth::PrincipalPtr &principal, std::function<void()> told)
{
    // Sessions and caller share the object, so while it is compared nobody else has its address.
    const auto found =
        std::find_if(m_sessions.cbegin(), m_sessions.cend(), [&](const SessionPtr &session) {
            return session->arrival.principal == principal;
        });
    if (found == m_sessions.cend())
        return {};
    const quint64 serial = ++m_serial;
    (*found)->watching.emplace(serial, std::move(told));
    return Call([weak = std::weak_ptr<Session>(*found), serial] {
        if (const SessionPtr strong = weak.lock())
            strong->watching.erase(serial);
    });
}

/// One by one, as in tell().
void WebSessions::tellEnd(const SessionPtr &session)
{
    while (!session->watching.empty()) {
        const auto told = std::move(session->watching.begin()->second);
        session->watching.erase(session->watching.begin());
        told();
    }
}

/// One by one: whoever is told may withdraw the others.
void WebSessions::tell(const SessionPtr &session, const Result<auth::PrincipalPtr> &outcome)
{
    while (!session->waiting.empty()) {
        const auto handler = std::move(session->waiting.front().second);
        session->waiting.erase(session->waiting.begin());
        handler(outcome);
    }
}

bool WebSessions::hasEnded(const Session &session, const QDateTime &now) const
{
    const LoginOptions &options = m_flow->options();
    return session.used.addSecs(options.idleTime.count()) <= now
           || session.opened.addSecs(options.longestTime.count()) <= now;
}

/// When the access token is to be renewed: not before half of its life is over, however long the
/// buffer is.
QDateTime WebSessions::dueAt(const Session &session) const
{
    const QDateTime &end = session.arrival.expires;
    const QDateTime half = session.renewed.addMSecs(session.renewed.msecsTo(end) / 2);
    return std::max(half, end.addSecs(-m_flow->options().refreshBuffer.count()));
}

/// The longest unused makes room, of the owner's own or of all.
void WebSessions::makeRoom(const QString &owner)
{
    int own = 0;
    auto oldest = m_sessions.end(), oldestOwn = m_sessions.end();
    for (auto it = m_sessions.begin(); it != m_sessions.end(); ++it) {
        if (oldest == m_sessions.end() || (*it)->used < (*oldest)->used)
            oldest = it;
        if ((*it)->arrival.principal->owner != owner)
            continue;
        ++own;
        if (oldestOwn == m_sessions.end() || (*it)->used < (*oldestOwn)->used)
            oldestOwn = it;
    }
    auto &leaving = own >= m_flow->options().maxPerOwner ? oldestOwn : oldest;
    if (own < m_flow->options().maxPerOwner && m_sessions.size() < m_flow->options().maxSessions)
        return;
    const SessionPtr gone = *leaving;
    m_sessions.erase(leaving);
    tellEnd(gone);
}

void WebSessions::renew(const QByteArray &key)
{
    const SessionPtr session = m_sessions.value(key);
    if (std::exchange(session->isRenewing, true))
        return;
    session->renewal = m_flow->refresh(session->arrival).start([this, key](Result<Arrival> got) {
        onRenewed(key, std::move(got));
    });
}

void WebSessions::onRenewed(const QByteArray &key, Result<Arrival> arrival)
{
    const SessionPtr session = m_sessions.value(key);
    if (!session)
        return;
    session->isRenewing = false;
    Result<auth::PrincipalPtr> outcome = ended();
    if (arrival) {
        session->arrival = *arrival;
        session->renewed = QDateTime::currentDateTimeUtc();
        session->isUsedSinceRenewal = !session->waiting.empty();
        session->notBefore = {};
        outcome = session->arrival.principal;
    } else {
        outcome = arrival.error();
        if (arrival.error().code == ErrorCode::IdpUnavailable) {
            session->notBefore = QDateTime::currentDateTimeUtc().addSecs(kRetrySeconds);
        } else {
            qCInfo(logging::lcAuth) << "A login ended: the identity provider does not renew it";
            m_sessions.remove(key);
        }
    }
    const bool isOver = !m_sessions.contains(key);
    tell(session, outcome);
    if (isOver)
        tellEnd(session);
}

void WebSessions::sweep()
{
    const QDateTime now = QDateTime::currentDateTimeUtc();
    QList<SessionPtr> gone;
    m_sessions.removeIf([&](const auto &entry) {
        const Session &session = *entry.value();
        const bool isOver =
            hasEnded(session, now)
            || (session.arrival.refreshToken.isEmpty() && session.arrival.expires <= now);
        if (!isOver || !session.waiting.empty())
            return false;
        gone.append(entry.value());
        return true;
    });
    QByteArrayList due;
    for (auto it = m_sessions.cbegin(); it != m_sessions.cend(); ++it) {
        const Session &session = **it;
        if (session.isUsedSinceRenewal && !session.arrival.refreshToken.isEmpty()
            && dueAt(session) <= now && (!session.notBefore.isValid() || session.notBefore <= now))
            due.append(it.key());
    }
    for (const QByteArray &key : std::as_const(due))
        renew(key);
    if (m_sessions.isEmpty())
        m_timer.stop();
    std::for_each(gone.cbegin(), gone.cend(), tellEnd);
}

} // namespace bridge::login
