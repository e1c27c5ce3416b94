// SPDX-License-Identifier: GPL-3.0-or-later
// Accounts of users at remote MCP servers that demand one (MCP 2026-07-28 "Authorization"): found
// out who authorizes, offered to the user as an address for his browser, redeemed when the browser
// comes back, kept and renewed. Main thread.
#pragma once

#include "common/async/task.h"
#include "server/credentials/loginprovider.h"
#include "server/credentials/pendinglogins.h"

#include <QtCore/QObject>

namespace bridge::credentials {

struct LoginSettings {
    bool isAutomatic = true;      ///< MCP_REMOTE_OAUTH=auto
    bool servesAnonymous = false; ///< MCP_REMOTE_OAUTH_ANONYMOUS
    bool requiresLogin = false;   ///< MCP_REMOTE_OAUTH_REQUIRE_LOGIN
    QUrl publicUrl;               ///< BRIDGE_PUBLIC_URL, or how the bridge listens
    QString serviceName;
    std::chrono::milliseconds buffer{60'000};
    std::chrono::milliseconds timeout{10'000};
    Clock clock = systemClock;
};

LoginSettings loginSettings(const config::Settings &settings);

/// An account with the server it is at.
struct ConnectedAccount {
    QString server;
    AccountPtr account;
};

struct Invitation {
    QUrl address; ///< for the user's browser
    QDateTime ends;
};

/// What became of the tokens of an account that was disconnected.
enum class Withdrawal {
    Done,
    Failed,     ///< refused, or nobody could be asked
    NotOffered, ///< the authorization server has no address for it
};

class UpstreamLogin : public QObject, public LoginProvider
{
    Q_OBJECT
public:
    /// Create with std::make_shared: requests under way outlive everybody else's share.
    UpstreamLogin(LoginSettings settings, Fetch fetch, Safe safe);
    ~UpstreamLogin() override;

    /// Where browsers reach the bridge, base path included.
    void setPublicUrl(const QUrl &url) { m_settings.publicUrl = url; }
    const LoginSettings &settings() const { return m_settings; }

    QString name() const override { return QStringLiteral("oauth"); }
    std::optional<Error> objection(const Ask &ask) const override;
    Call retrieve(Ask ask, Handler<Credential> handler) override;
    std::optional<bool> hasNow(const QString &owner, const QString &server) const override;
    Call has(const QString &owner, const QString &server, Handler<bool> handler) override;
    bool isLoginWanted(const httpclient::Headers &refusal) const override;
    bool serves(const auth::Principal &caller) const override
    {
        return caller.isAnonymous() ? m_settings.servesAnonymous : caller.isVerified;
    }
    bool isAutomatic() const override { return m_settings.isAutomatic; }

    /// The login a browser was sent to; null when it is over.
    const PendingLogin *pending(const QByteArray &ticket) { return m_pending.byTicket(ticket); }
    /// Where the browser goes, which gets `binding` of the login as a cookie. Null as pending().
    struct Departure {
        QUrl address;
        QByteArray binding;
    };
    std::optional<Departure> begin(const QByteArray &ticket);
    /// What the browser brings back (RFC 6749 §4.1.2, RFC 9207).
    struct Arrival {
        QByteArray state;
        QByteArray binding;
        QString code;
        QString error;
        std::optional<QString> issuer;
        QString place;       ///< where it came in, behind the path of redirectUri()
        auth::Origin origin; ///< the request of the browser
    };
    /// Redeems the code; the name of the server is the answer. Errors: BadRequest (not a login of
    /// this browser, somebody else's answer), NotConnected (the user or the server said no),
    /// IdpUnavailable.
    Call finish(Arrival arrival, Handler<QString> handler);
    /// The accounts of \a owner, sorted by server. Of secrets they hold everything: not for
    /// showing.
    Call accountsOf(const QString &owner, Handler<QList<ConnectedAccount>> handler);
    /// Whether the next call of \a account's owner at the server that \a ask tells of leads to a
    /// login, as far as is known without asking anybody.
    bool needsLogin(const Account &account, const Ask &ask) const;
    /// An address to connect an account at, also where there is one already: it is replaced.
    Call invite(Ask ask, Handler<Invitation> handler);
    /// Forgets the account at once, then withdraws its tokens where the authorization server offers
    /// that (RFC 7009), which goes on when the Call is dropped. NotFound when there is none.
    Call disconnectAccount(const QString &owner, const QString &server, Handler<Withdrawal> handler,
                           const auth::Origin &origin = {});

    /// Where answers come in. One authorization server that does not say who it is could pass
    /// users on to another one and get what that one answers (mix-up, RFC 9700 §4.4), so each of
    /// those has a \a place of its own, and as a client of it the bridge knows no other. The place
    /// of the others, which say who they are or which the operator chose, is empty.
    QUrl redirectUri(const QString &place = {}) const;
    static QString placeOf(const QString &issuer);
    QUrl clientDocumentUrl(const QString &place = {}) const;
    /// The client metadata document (draft-ietf-oauth-client-id-metadata-document) for \a place.
    QJsonObject clientDocument(const QString &place = {}) const;

Q_SIGNALS:
    // \a origin is the request by which it was done.
    void connected(const QString &owner, const QString &server, const bridge::auth::Origin &origin);
    void disconnected(const QString &owner, const QString &server,
                      const bridge::auth::Origin &origin);

private:
    using Self = QPointer<UpstreamLogin>;
    static Task<Credential> run(Self self, Ask ask);
    static Task<Account> renewed(Self self, Ask ask, Account account);
    static Task<> ended(Self self, Ask ask, AccountPtr account);
    static Task<QList<ConnectedAccount>> collect(Self self, QString owner);
    static Task<Withdrawal> disconnect(Self self, QString owner, QString server,
                                       auth::Origin origin);
    static Task<Withdrawal> withdraw(Self self, Account account);
    static Task<ProtectedResource> resourceOf(Self self, Ask ask);
    static Task<PendingLogin> prepare(Self self, Ask ask, QString granted);
    static Task<OAuthClient> clientFor(Self self, Ask ask, PendingLogin login);
    static Task<OAuthClient> registered(Self self, AuthServer server, egress::Trust trust,
                                        QString redirect);
    static Task<QString> redeem(Self self, PendingLogin login, Arrival arrival);
    Error invitation(const PendingLogin &login) const;
    QUrl addressOf(const PendingLogin &login) const;
    /// \a account has neither been disconnected nor connected anew meanwhile.
    bool isStill(const Account &account, const Ask &ask) const;
    /// What was connected in place of \a account meanwhile; null when that is of no use or nothing.
    AccountPtr successorOf(const Account &account, const Ask &ask) const;
    /// Withdraws what \a account, which is no longer there, was \a renewed with.
    void dropRenewal(Account account, const TokenSet &renewed, const Ask &ask);
    void revokeLater(const Account &account);
    /// Runs \a task to its end, whoever waits.
    template <typename T>
    Call seeThrough(Task<T> task, Handler<T> handler);
    QUrl under(const QString &path) const;
    bool isUsable(const Account &account, const Ask &ask) const;

    LoginSettings m_settings;
    Fetch m_fetch;
    AccountBook m_book;
    PendingLogins m_pending;
    MetadataCache m_metadata;
    std::map<int, Call> m_afloat; ///< what goes on though nobody waits
    int m_lastAfloat = 0;
};

} // namespace bridge::credentials
