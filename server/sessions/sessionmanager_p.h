// SPDX-License-Identifier: GPL-3.0-or-later
// Inside of SessionManager, shared by its two sources.
#pragma once

#include "common/async/task.h"
#include "server/sessions/sessionmanager.h"
#include "server/sessions/sessionreaper.h"

#include <QtCore/QPointer>
#include <QtCore/QTimer>

#include <map>

namespace bridge::sessions {

class SessionManager::Private
{
public:
    Private(SessionManager *manager, std::unique_ptr<SessionStore> sessionStore,
            SessionLimits sessionLimits, Opener opener);

    /// What start() was asked for.
    struct Order {
        QPointer<SessionManager> manager;
        upstream::Server *server = nullptr;
        upstream::Identity identity;
        QString group;
        QString wantedId;
        upstream::ServerPin pin = {};
    };
    /// Holds a name and a place within the limits while the server starts.
    class Reservation;
    using ReservationPtr = std::shared_ptr<Reservation>;

    static Task<SessionPtr> startTask(std::shared_ptr<const Order> order);
    Result<ReservationPtr> reserve(const Order &order);
    Result<Nothing> checkLimits(const QString &owner) const;
    SessionRecord newRecord(const SessionKey &key, const QString &group) const;
    SessionPtr create(const SessionRecord &record, const Order &order,
                      upstream::InstancePtr instance);

    void end(const SessionPtr &session, const QString &reason,
             const Error &error = Session::closedError());
    void removeExpired();
    bool isExpired(const Session &session) const;
    /// Looks again when the next session may expire, at the latest after the cleanup interval.
    void arm();
    void store(const SessionPtr &session);
    /// Keeps a store operation nobody waits for until it has ended.
    void background(const std::function<Call(Handler<Nothing>)> &operation);

    SessionManager *q;
    std::unique_ptr<SessionStore> records;
    SessionLimits limits;
    Opener open;
    bool shuttingDown = false;
    QHash<SessionKey, SessionPtr> sessions;
    QSet<SessionKey> starting;
    QHash<SessionKey, qint64> storedActivity; ///< ms since epoch the store knows of
    QTimer timer;
    SessionReaper reaper;
    quint64 backgroundNumber = 0;
    std::map<quint64, Call> running; ///< Call is no value of Qt's containers: it cannot be copied
};

} // namespace bridge::sessions
