// SPDX-License-Identifier: GPL-3.0-or-later
// Which credential an MCP server gets for a caller (contract §7.6, §7.7), and where it comes from.
// Main thread.
#pragma once

#include "server/credentials/credentialcache.h"
#include "server/credentials/loginprovider.h"
#include "server/credentials/provider.h"
#include "server/upstream/definition.h"
#include "server/upstream/identity.h"

#include <QtCore/QObject>

namespace bridge::credentials {

/// How one server's credential is found.
struct Plan {
    enum class Way {
        None,        ///< it gets nothing of the caller
        PassThrough, ///< the token the caller came with
        Retrieve,    ///< what `provider` gives
        Fail         ///< nobody can, as `problem` says
    };
    Way way = Way::None;
    ProviderPtr provider;
    /// The account the caller may have connected at the server; goes before the above where he
    /// has, and is offered to him when the server demands it.
    std::shared_ptr<const Plan> account;
    Error problem;

    upstream::ServerAuth auth;
    QString server;
    QUrl url;      ///< of a remote one, else empty
    QByteArray id; ///< of everything above
};
using PlanPtr = std::shared_ptr<const Plan>;

class Broker : public QObject
{
    Q_OBJECT
public:
    Broker(BrokerSettings settings, Fetch fetch, QObject *parent = nullptr);
    ~Broker() override;

    /// What is missing in \a settings for \a definition. Any thread.
    static QList<FieldProblem> check(const BrokerSettings &settings,
                                     const upstream::ServerDefinition &definition);
    /// What AUTH_PROVIDER=plugin stands for; before anything is asked for.
    void setPlugin(ProviderPtr plugin)
    {
        m_providers.insert(QStringLiteral("plugin"), std::move(plugin));
    }
    /// Lets users connect accounts at remote servers.
    void setLogin(LoginProviderPtr login);

    /// Gives \a identity, on its way to \a definition, the source of \a caller's credential, or
    /// takes away what it must not have. \a headers of the request: where nobody verifies callers,
    /// a token is found there. \a origin is told with what is retrieved. Asks nobody.
    void attach(upstream::Identity &identity, const auth::PrincipalPtr &caller,
                const upstream::ServerDefinition &definition,
                const httpclient::Headers &headers = {}, const auth::Origin &origin = {});

    /// The credential itself, when nobody has to be asked.
    std::optional<Result<Credential>> findNow(const auth::PrincipalPtr &caller,
                                              const upstream::ServerDefinition &definition);
    /// The same, asking where necessary. Errors: Unauthorized, InvalidToken, TokenExpired,
    /// NotConnected (401), IdpUnavailable (502, 503).
    Call credentialFor(const auth::PrincipalPtr &caller,
                       const upstream::ServerDefinition &definition, Handler<Credential> handler);

    /// For UpstreamLogin, where users of \a definition connect accounts of their own; else nothing.
    std::optional<Ask> accountAsk(const auth::PrincipalPtr &caller,
                                  const upstream::ServerDefinition &definition);
    /// The account of \a owner at \a server is another one now, or gone.
    void forgetAccount(const QString &owner, const QString &server);

    /// Nothing remembered is used any more.
    void forget() { m_cache.clear(); }

Q_SIGNALS:
    /// A provider was asked for Ask::caller, Ask::origin and Ask::server; for audit. \a error is
    /// empty or the code's name.
    void retrieved(const bridge::credentials::Ask &ask, const QString &provider,
                   const QString &error);
    /// None was asked, as Ask::caller may have nothing of it, whatever it has: a wrong client, say.
    void refused(const bridge::credentials::Ask &ask, const QString &provider,
                 const QString &error);

private:
    friend class Source;
    PlanPtr planOf(const upstream::ServerDefinition &definition);
    PlanPtr makePlan(const upstream::ServerDefinition &definition) const;
    static QString wayOf(const BrokerSettings &settings, const upstream::ServerAuth &auth);
    upstream::CredentialSourcePtr sourceFor(const auth::PrincipalPtr &caller,
                                            const upstream::ServerDefinition &definition,
                                            const auth::Origin &origin);
    /// The newest token of the same caller, client and scopes.
    auth::PrincipalPtr current(const auth::PrincipalPtr &caller) const;
    void note(const auth::PrincipalPtr &caller);
    std::optional<Result<Credential>> findNow(const auth::PrincipalPtr &caller, const Plan &plan);
    Call get(const auth::PrincipalPtr &caller, const PlanPtr &plan, const auth::Origin &origin,
             Handler<Credential> handler);
    Call renew(const auth::PrincipalPtr &caller, const PlanPtr &plan, const auth::Origin &origin,
               const QByteArray &rejected, const httpclient::Headers &refusal,
               Handler<Credential> handler);
    CredentialCache::Start starter(Ask ask, const PlanPtr &plan);
    Result<Credential> passedThrough(const auth::PrincipalPtr &caller) const;

    BrokerSettings m_settings;
    Fetch m_fetch;
    QMap<QString, ProviderPtr> m_providers;
    LoginProviderPtr m_login;
    CredentialCache m_cache;
    QHash<QString, PlanPtr> m_plans; ///< by server
    QCache<QString, auth::PrincipalPtr> m_callers;
    auth::PrincipalPtr m_noted; ///< the last one
};

} // namespace bridge::credentials
