// SPDX-License-Identifier: GPL-3.0-or-later
// People who are logged in with a browser, by the random id in their cookie. Access tokens are
// renewed before they expire, in the background, as long as somebody uses the session. Main thread.
#pragma once

#include "server/login/loginflow.h"

#include <QtCore/QHash>
#include <QtCore/QTimer>

#include <map>
#include <memory>
#include <vector>

namespace bridge::login {

class WebSessions
{
public:
    /// \a flow outlives this.
    explicit WebSessions(LoginFlow *flow);
    ~WebSessions();

    /// A new session; the answer is the cookie's value, 256 random bits.
    QByteArray open(Arrival arrival);

    enum class State {
        Unknown, ///< no such session, or it has ended
        Good,    ///< the principal may be used
        Stale    ///< its access token has to be renewed first: renewed()
    };
    /// Counts as use.
    State look(const QByteArray &id, auth::PrincipalPtr &principal);
    /// The principal of a stale session once its token is renewed, one renewal for all who wait.
    /// TokenExpired when its login has ended, IdpUnavailable when the provider cannot be asked.
    Call renewed(const QByteArray &id, Handler<auth::PrincipalPtr> handler);
    /// Ends the session; what it was, for a logout at the provider. Nothing when there is none.
    std::optional<Arrival> close(const QByteArray &id);
    /// Ends all sessions of \a owner.
    void closeAllOf(const QString &owner);
    /// \a told runs once the session that \a principal was looked up in has ended, however it does:
    /// what is open for long must not outlive a logout. Not when this is destroyed first. Nothing
    /// when he is of none.
    Call whenOver(const auth::PrincipalPtr &principal, std::function<void()> told);
    int count() const { return int(m_sessions.size()); }

private:
    struct Session {
        Arrival arrival;
        QDateTime opened;
        QDateTime used;
        QDateTime renewed; ///< when its access token came
        bool isUsedSinceRenewal = false;
        QDateTime notBefore; ///< of the next try, after a provider could not be asked
        bool isRenewing = false;
        Call renewal;
        std::vector<std::pair<quint64, Handler<auth::PrincipalPtr>>> waiting;
        std::map<quint64, std::function<void()>> watching; ///< for its end
    };
    using SessionPtr = std::shared_ptr<Session>;

    static void tell(const SessionPtr &session, const Result<auth::PrincipalPtr> &outcome);
    static void tellEnd(const SessionPtr &session);
    bool hasEnded(const Session &session, const QDateTime &now) const;
    QDateTime dueAt(const Session &session) const;
    void makeRoom(const QString &owner);
    void renew(const QByteArray &key);
    void onRenewed(const QByteArray &key, Result<Arrival> arrival);
    void sweep();

    LoginFlow *m_flow;
    QHash<QByteArray, SessionPtr> m_sessions; ///< by SHA-256 of the id
    quint64 m_serial = 0;
    QTimer m_timer;
};

} // namespace bridge::login
