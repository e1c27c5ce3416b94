// SPDX-License-Identifier: GPL-3.0-or-later
// The one registry of sessions, for every route: start, find, expire, limit, close.
#pragma once

#include "server/sessions/session.h"

namespace bridge::sessions {

struct CloseReport {
    qint64 durationMs = 0;
    qint64 totalRequests = 0;
};

class SessionManager : public QObject
{
    Q_OBJECT
public:
    /// \a open starts the MCP servers; by default upstream::Server::open().
    SessionManager(std::unique_ptr<SessionStore> store, SessionLimits limits,
                   QObject *parent = nullptr, Opener open = {});
    ~SessionManager() override;

    /// Awaits the start of the MCP server; nothing is stored when it fails or when the Call is
    /// dropped. An empty \a wantedId means a random one of 128 bits or more. Errors:
    /// SessionInvalidId, SessionExists, TooManyRequests (limits, which count those being started),
    /// Overloaded (shutting down), and those of upstream::Server::open(). \a server is pinned by
    /// its sessions.
    Call start(upstream::Server *server, upstream::Identity identity, QString group,
               QString wantedId, Handler<SessionPtr> handler);
    /// SessionNotFound for unknown, expired, foreign and other servers' sessions alike. A
    /// `:<access token>` behind \a id, which older clients send, is ignored. Does not count as
    /// activity; Session::use() and the like do.
    Result<SessionPtr> find(const QString &owner, const QString &server, const QString &id);
    /// Cancels what runs, at once, and stops the server by its ladder in the background.
    Result<CloseReport> close(const QString &owner, const QString &server, const QString &id,
                              const QString &reason);
    /// Closes the sessions of \a server, which is not in the registry any more; what is pending in
    /// them ends with \a error.
    void closeAllOf(const upstream::Server *server, const Error &error);
    /// For what happens from now on; running sessions keep the times they began with.
    void setLimits(const SessionLimits &limits);
    QList<SessionPtr> sessionsOf(const QString &owner) const;
    QList<SessionPtr> all() const;
    int count() const;

    /// Closes every session; \a done, from the event loop, when all their servers are gone.
    void shutDown(std::function<void()> done);

Q_SIGNALS:
    void sessionCreated(const bridge::sessions::SessionPtr &session);
    /// \a reason: `closed`, `expired`, `failed`, `removed`, `shutdown`.
    void sessionClosed(const bridge::sessions::SessionPtr &session, const QString &reason);

private:
    class Private;
    std::unique_ptr<Private> d;
};

/// `^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$` and none of the reserved words of the routes.
bool isValidSessionId(const QString &id);

} // namespace bridge::sessions
