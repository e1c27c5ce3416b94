// SPDX-License-Identifier: GPL-3.0-or-later
// The rooms that know who calls and what he may have, built from the settings and put together.
// Part of the composition root.
#pragma once

#include "common/config/loader.h"
#include "common/plugins/pluginfolder.h"
#include "server/auditing.h"
#include "server/auth/apikeystore.h"
#include "server/auth/authenticator.h"
#include "server/auth/authoptions.h"
#include "server/auth/issuerwatch.h"
#include "server/credentials/broker.h"
#include "server/credentials/upstreamlogin.h"
#include "server/credentials/vault.h"
#include "server/egress/guardedclient.h"
#include "server/gate/gate.h"
#include "server/policy/action.h"
#include "server/policy/dataaccess.h"
#include "server/routes/deciders.h"
#include "server/routes/login.h"
#include "server/routes/services.h"

#include <memory>

namespace bridge {

class IdentityRooms : public QObject
{
    Q_OBJECT
public:
    /// Everything wrong with the settings of these rooms; `path` is the name of a setting. Reads
    /// files. Any thread.
    static QList<FieldProblem> check(const config::Settings &settings,
                                     const QList<upstream::ServerDefinition> &servers);
    /// Some callers are known by more than their address.
    static bool tellsCallersApart(const config::Settings &settings);

    /// For the start: opens files and may make that of the admin token. \a settings were checked.
    static Result<std::unique_ptr<IdentityRooms>> make(const config::Settings &settings,
                                                       const QList<plugins::Plugin> &plugins = {});
    ~IdentityRooms() override;

    /// Guards the routes added to \a router from now on, and tells \a services what they want to
    /// know.
    void serve(http::Router &router, routes::Services &services);

    /// Tells \a services what decides about callers besides the policy.
    void explain(routes::Services &services);
    /// Writes what comes of requests to the audit log.
    void observe(http::Server &server) { m_audit->follow(server); }
    /// Where browsers reach the bridge unless BRIDGE_PUBLIC_URL says so.
    void setListenAddress(const QUrl &url);

    /// Finds out in the background whether the issuers can be asked.
    void probeIssuers();
    /// How that went, for administrators.
    QJsonArray issuerStates() const;
    /// Puts settings into force that may change while the bridge runs.
    void apply(const config::Settings &settings);
    /// SIGHUP: files may have been moved away.
    void reopenFiles();

private:
    IdentityRooms() = default;
    Result<Nothing> build(const config::Settings &settings, const QList<plugins::Plugin> &plugins);
    Result<Nothing> buildAuthentication(const config::Settings &settings,
                                        const QList<plugins::Plugin> &plugins);
    void buildLogin(const config::Settings &settings, auth::Authenticator::Strategies &strategies);
    void buildUpstreamLogin(const config::Settings &settings);
    void buildCredentials(const config::Settings &settings);
    Result<Nothing> addPlugins(const config::Settings &settings,
                               const QList<plugins::Plugin> &plugins);
    void buildGate(const config::Settings &settings);
    gate::GateOptions gateOptions(const config::Settings &settings) const;
    /// Whoever has no credential gets what he asks for, as far as the policy lets him.
    bool admitsStrangers() const;
    Call identify(const QByteArray &token, Handler<auth::PrincipalPtr> handler);
    Result<Nothing> introduce(auth::Principal &principal) const;
    Call issuerMetadata(const QString &issuer, Handler<auth::IssuerMetadata> handler);

    auth::AuthOptions m_authOptions;
    std::unique_ptr<Auditing> m_audit;
    std::unique_ptr<egress::GuardedClient> m_egress;
    std::unique_ptr<credentials::Vault> m_vault; ///< null = there is none
    auth::ApiKeyStore m_apiKeys;
    std::shared_ptr<auth::TokenVerifier> m_verifier;
    std::unique_ptr<auth::IssuerWatch> m_issuers;  ///< null = no tokens are verified
    std::unique_ptr<login::LoginFlow> m_loginFlow; ///< null = nobody can log in
    std::unique_ptr<login::WebSessions> m_webSessions;
    routes::LoginServices m_login;
    std::unique_ptr<auth::Authenticator> m_authenticator;
    std::shared_ptr<credentials::UpstreamLogin> m_upstreamLogin;
    std::unique_ptr<credentials::Broker> m_broker;
    policy::DataAccess m_dataAccess;
    std::shared_ptr<gate::Sources> m_sources;
    std::unique_ptr<gate::Gate> m_gate;
    routes::Deciders m_deciders;
};

/// Callers without a credential are let in: on a loopback address, or where that was asked for.
bool allowsAnonymous(const config::Settings &settings, const auth::AuthOptions &options);
policy::DataAccessOptions dataAccessOptions(const config::Settings &settings,
                                            const auth::AuthOptions &options);

} // namespace bridge
