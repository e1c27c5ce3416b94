// SPDX-License-Identifier: GPL-3.0-or-later
// The logins: of people at the bridge, and of the bridge for them at remote MCP servers.
#include "server/application.h"
#include "server/auth/membership.h"
#include "server/login/loginstrategy.h"
#include "server/login/settings.h"
#include "server/login/setup.h"

using namespace Qt::StringLiterals;

namespace bridge {

namespace {

/// The vault as the accounts of users want it; empty without one, so that they end with the
/// process.
credentials::Safe safeIn(credentials::Vault *vault)
{
    using credentials::VaultName;
    credentials::Safe safe;
    if (!vault)
        return safe;
    safe.get = [vault](VaultName name, Handler<std::optional<QByteArray>> done) {
        return vault->get(std::move(name), std::move(done));
    };
    safe.put = [vault](VaultName name, QByteArray value, Handler<Nothing> done) {
        return vault->put(std::move(name), std::move(value), {}, std::move(done));
    };
    safe.targets = [vault](QString table, QString owner, Handler<QStringList> done) {
        return vault->targets(table, owner, std::move(done));
    };
    safe.remove = [vault](VaultName name, Handler<bool> done) {
        return vault->remove(std::move(name), std::move(done));
    };
    return safe;
}

} // namespace

void IdentityRooms::buildLogin(const config::Settings &settings,
                               auth::Authenticator::Strategies &strategies)
{
    const login::LoginOptions options = login::loginOptions(settings);
    if (options.clientId.isEmpty() || !m_authOptions.verifier.verify
        || !m_verifier->primaryIssuer())
        return;
    const QStringList adminGroups = m_authOptions.adminGroups;
    m_loginFlow = std::make_unique<login::LoginFlow>(
        options, login::surroundingsFor(options, m_verifier.get(), auth::fetchBy(m_egress.get()),
                                        [adminGroups](auth::Principal &principal) {
                                            principal.isAdmin =
                                                auth::isInAnyGroup(principal, adminGroups);
                                        }));
    m_webSessions = std::make_unique<login::WebSessions>(m_loginFlow.get());
    m_login.flow = m_loginFlow.get();
    m_login.sessions = m_webSessions.get();
    m_login.address = publicAddress(settings);
    m_login.secure = settings.boolean(u"HTTPS_ENABLED"_s)
                     || settings.text(u"BRIDGE_PUBLIC_URL"_s).startsWith("https:"_L1);
    m_login.audit = [this](const QString &event, const auth::PrincipalPtr &who,
                           const http::Exchange &exchange, const QString &reason) {
        m_audit->tellLogin(event, who, exchange, reason);
    };
    strategies.push_back(
        std::make_unique<login::LoginStrategy>(m_webSessions.get(), m_login.secure));
}

void IdentityRooms::buildUpstreamLogin(const config::Settings &settings)
{
    m_upstreamLogin = std::make_shared<credentials::UpstreamLogin>(
        credentials::loginSettings(settings), auth::fetchBy(m_egress.get()), safeIn(m_vault.get()));
    m_broker->setLogin(m_upstreamLogin);
    const auto tell = [this](const QString &action) {
        return [this, action](const QString &owner, const QString &server,
                              const auth::Origin &origin) {
            m_broker->forgetAccount(owner, server);
            m_audit->tellAccount(action, owner, server, origin);
        };
    };
    connect(m_upstreamLogin.get(), &credentials::UpstreamLogin::connected, this,
            tell(u"account_connected"_s));
    connect(m_upstreamLogin.get(), &credentials::UpstreamLogin::disconnected, this,
            tell(u"account_disconnected"_s));
}

} // namespace bridge
