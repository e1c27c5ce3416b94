// SPDX-License-Identifier: GPL-3.0-or-later
// Logins at authorization servers that were offered and have not ended: for one caller, one server
// and, once begun, one browser. Main thread.
#pragma once

#include "server/credentials/accounts.h"
#include "server/credentials/metadata.h"
#include "server/credentials/provider.h"

namespace bridge::credentials {

struct PendingLogin {
    QByteArray ticket; ///< in the address the caller is given
    QString owner;
    QString ownerName; ///< for the page: what is sure of him, never what he calls himself
    QString server;
    QUrl url; ///< of the MCP server
    AuthServer authServer;
    egress::Trust trust = egress::Trust::Foreign; ///< in the issuer
    OAuthClient client;
    QString redirect;
    QString place; ///< of the answer, see UpstreamLogin::redirectUri(); empty = the common one
    QString resource;
    QString scope;
    // Made when a browser begins.
    QByteArray state;
    QByteArray verifier;
    QByteArray binding; ///< value of the browser's cookie
    qint64 since = 0;   ///< milliseconds since 1970

    /// It leads to what \a ask would lead to: the configuration may be another one by now.
    bool isFor(const Ask &ask) const;
};

class PendingLogins
{
public:
    static constexpr std::chrono::minutes kLife{10};

    explicit PendingLogins(Clock clock, int maxEntries = 10'000);

    /// The one that was offered to \a owner for \a server and has time left; null if there is none.
    const PendingLogin *offered(const QString &owner, const QString &server);
    /// Adds \a login, in the place of an older one of the same caller and server, and gives it a
    /// ticket. False when too many are pending.
    bool offer(PendingLogin &login);
    /// Null when there is none, e.g. since it is too old.
    const PendingLogin *byTicket(const QByteArray &ticket);
    /// Gives the login of \a ticket a state, a verifier and a binding, new ones each time.
    const PendingLogin *begin(const QByteArray &ticket);
    /// Takes the login of \a state out, for the browser with \a binding only.
    std::optional<PendingLogin> take(const QByteArray &state, const QByteArray &binding);

private:
    void prune();

    Clock m_clock;
    int m_maxEntries;
    QHash<QByteArray, PendingLogin> m_logins; ///< by ticket
    QHash<std::pair<QString, QString>, QByteArray> m_tickets;
    QHash<QByteArray, QByteArray> m_states; ///< state → ticket
};

} // namespace bridge::credentials
