// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/identityrooms.h"

#include "common/async/later.h"
#include "common/logging/categories.h"
#include "server/auth/apikeystrategy.h"
#include "server/auth/retrievers.h"
#include "server/auth/strategies.h"
#include "server/auth/ways.h"
#include "server/credentials/pluginprovider.h"
#include "server/credentials/processprivacy.h"
#include "server/credentials/settings.h"
#include "server/policy/warden.h"
#include "server/telemetry/metrics.h"

using namespace Qt::StringLiterals;

namespace bridge {

namespace {

template <typename T>
void collect(QList<FieldProblem> &problems, const Result<T> &result, const QString &setting)
{
    if (result)
        return;
    if (result.error().problems.isEmpty())
        problems.append({setting, result.error().message});
    problems += result.error().problems;
}

Error atSetting(Error error, const QString &setting)
{
    if (error.problems.isEmpty())
        error.problems.append({setting, error.message});
    return error;
}

} // namespace

QList<FieldProblem> IdentityRooms::check(const config::Settings &settings,
                                         const QList<upstream::ServerDefinition> &servers)
{
    QList<FieldProblem> problems;
    const Result<auth::AuthOptions> authentication = auth::authOptions(settings);
    collect(problems, authentication, u"AUTH_STRATEGIES"_s);
    collect(problems, egress::egressOptions(settings), u"EGRESS_CA_BUNDLE"_s);
    collect(problems, auth::apiKeyOptions(settings), u"API_KEY_STORE"_s);
    collect(problems, audit::auditOptions(settings), u"AUDIT_LOG"_s);
    collect(problems, credentials::vaultOptions(settings), u"VAULT_KEY"_s);
    if (authentication)
        problems += policy::DataAccess::check(dataAccessOptions(settings, *authentication));
    const credentials::BrokerSettings broker = credentials::brokerSettings(settings);
    for (const upstream::ServerDefinition &server : servers) {
        if (server.disabled)
            continue;
        // A setting that all servers miss is told of once.
        const QList<FieldProblem> found = credentials::Broker::check(broker, server);
        for (const FieldProblem &problem : found) {
            const bool isTold =
                std::any_of(problems.cbegin(), problems.cend(),
                            [&](const FieldProblem &other) { return other.path == problem.path; });
            if (!isTold)
                problems.append(problem);
        }
    }
    return problems;
}

bool IdentityRooms::tellsCallersApart(const config::Settings &settings)
{
    const auto options = auth::authOptions(settings);
    // With wrong ones nothing starts, and they are complained of: not of what follows from them.
    return !options || auth::tellsCallersApart(settings, *options);
}

Result<std::unique_ptr<IdentityRooms>> IdentityRooms::make(const config::Settings &settings,
                                                           const QList<plugins::Plugin> &plugins)
{
    std::unique_ptr<IdentityRooms> rooms(new IdentityRooms);
    if (const Result<Nothing> built = rooms->build(settings, plugins); !built)
        return built.error();
    return rooms;
}

IdentityRooms::~IdentityRooms() = default;

Result<Nothing> IdentityRooms::build(const config::Settings &settings,
                                     const QList<plugins::Plugin> &plugins)
{
    const auto auditOptions = audit::auditOptions(settings);
    if (!auditOptions)
        return auditOptions.error();
    auto auditLog = audit::AuditLog::open(*auditOptions);
    if (!auditLog)
        return atSetting(auditLog.error(), u"AUDIT_LOG"_s);
    m_audit = std::make_unique<Auditing>(std::move(*auditLog));

    const auto vaultOptions = credentials::vaultOptions(settings);
    if (!vaultOptions)
        return vaultOptions.error();
    if (*vaultOptions) {
        credentials::keepMemoryPrivate();
        auto vault = credentials::Vault::open(**vaultOptions);
        if (!vault)
            return atSetting(vault.error(), u"VAULT_FILE"_s);
        m_vault = std::move(*vault);
    }
    if (const Result<Nothing> known = buildAuthentication(settings, plugins); !known)
        return known;
    buildCredentials(settings);
    buildGate(settings);
    return addPlugins(settings, plugins);
}

Result<Nothing> IdentityRooms::buildAuthentication(const config::Settings &settings,
                                                   const QList<plugins::Plugin> &plugins)
{
    Result<auth::AuthOptions> options = auth::authOptions(settings);
    if (!options)
        return options.error();
    m_authOptions = std::move(*options);
    for (const QString &warning : std::as_const(m_authOptions.warnings))
        qCWarning(logging::lcConfig).noquote() << warning;

    Result<egress::EgressOptions> egress = egress::egressOptions(settings);
    if (!egress)
        return egress.error();
    egress->verifiesConfigured = !m_authOptions.allowUnsafeCert;
    m_egress = std::make_unique<egress::GuardedClient>(std::move(*egress));

    const auto keys = auth::apiKeyOptions(settings);
    if (!keys)
        return keys.error();
    if (const Result<Nothing> loaded = m_apiKeys.load(*keys); !loaded)
        return atSetting(loaded.error(), u"API_KEY_STORE"_s);

    m_verifier = std::make_shared<auth::TokenVerifier>(m_authOptions.verifier,
                                                       auth::fetchBy(m_egress.get()));
    auth::Authenticator::Strategies others;
    others.push_back(std::make_unique<auth::ApiKeyStrategy>(&m_apiKeys));
    buildLogin(settings, others);
    for (auto &strategy : auth::pluginStrategies(plugins, m_verifier))
        others.push_back(std::move(strategy));
    auto strategies = auth::makeStrategies(m_authOptions, m_verifier, std::move(others));
    if (!strategies)
        return atSetting(strategies.error(), u"AUTH_STRATEGIES"_s);
    m_authenticator = std::make_unique<auth::Authenticator>(
        std::move(*strategies), allowsAnonymous(settings, m_authOptions));
    m_authenticator->setHint(auth::credentialHint(auth::waysOf(settings, m_authOptions)));
    return Nothing{};
}

Result<Nothing> IdentityRooms::addPlugins(const config::Settings &settings,
                                          const QList<plugins::Plugin> &plugins)
{
    if (settings.text(u"AUTH_PROVIDER"_s) != "plugin"_L1)
        return Nothing{};
    const auto retriever = auth::tokenRetriever(plugins);
    if (!retriever)
        return atSetting(retriever.error(), u"AUTH_PROVIDER"_s);
    m_broker->setPlugin(credentials::pluginProvider(*retriever));
    return Nothing{};
}

void IdentityRooms::buildCredentials(const config::Settings &settings)
{
    m_broker = std::make_unique<credentials::Broker>(credentials::brokerSettings(settings),
                                                     auth::fetchBy(m_egress.get()));
    buildUpstreamLogin(settings);
    m_audit->follow(*m_broker);
    connect(&m_apiKeys, &auth::ApiKeyStore::keysChanged, this,
            [this](const QStringList &added, const QStringList &removed) {
                m_audit->tellKeys(audit::AuditEvent::Kind::KeyCreated, added);
                m_audit->tellKeys(audit::AuditEvent::Kind::KeyRevoked, removed);
            });
}

void IdentityRooms::buildGate(const config::Settings &settings)
{
    m_dataAccess = policy::DataAccess(dataAccessOptions(settings, m_authOptions));
    m_sources = std::make_shared<gate::Sources>();
    m_sources->identifies = auth::tellsCallersApart(settings, m_authOptions);
    m_sources->placeholders = [this](const auth::Principal &principal, const QString &group) {
        return m_dataAccess.placeholdersFor(principal, group);
    };
    m_sources->whenOver = [this](const auth::PrincipalPtr &who, std::function<void()> told) {
        if (who->kind == auth::Principal::Kind::Service)
            return m_apiKeys.whenRemoved(who->owner, std::move(told));
        return m_webSessions ? m_webSessions->whenOver(who, std::move(told)) : Call();
    };
    m_sources->credential = [this](upstream::Identity &identity,
                                   const auth::PrincipalPtr &principal,
                                   const upstream::ServerDefinition &definition,
                                   const http::Headers &headers, const auth::Origin &origin) {
        m_broker->attach(identity, principal, definition, headers, origin);
    };
    gate::Authentication authentication;
    authentication.findNow = [this](const auth::AuthRequest &request) {
        return m_authenticator->findNow(request);
    };
    authentication.find = [this](const auth::AuthRequest &request,
                                 Handler<auth::PrincipalPtr> handler) {
        return m_authenticator->find(request, std::move(handler));
    };
    m_gate =
        std::make_unique<gate::Gate>(gateOptions(settings), std::move(authentication), m_sources);
    m_audit->follow(*m_gate);
}

void IdentityRooms::serve(http::Router &router, routes::Services &services)
{
    m_gate->guard(router);
    services.login = m_login.flow ? &m_login : nullptr;
    services.upstreamLogin = m_upstreamLogin.get();
    services.accountAsk = [this](const auth::PrincipalPtr &caller,
                                 const upstream::ServerDefinition &definition) {
        return m_broker->accountAsk(caller, definition);
    };
    services.admitsStrangers = [this] { return admitsStrangers(); };
    services.identify = [this](const QByteArray &token, Handler<auth::PrincipalPtr> done) {
        return identify(token, std::move(done));
    };
    if (services.warden)
        m_audit->follow(*services.warden);
    services.issuerStates = [this] { return issuerStates(); };
    if (services.metrics)
        connect(m_audit.get(), &Auditing::refused, m_audit.get(),
                [metrics = services.metrics](const QString &reason) { metrics->refused(reason); });
    services.issuerMetadata = [this](const QString &issuer, Handler<auth::IssuerMetadata> done) {
        return issuerMetadata(issuer, std::move(done));
    };
}

Call IdentityRooms::identify(const QByteArray &token, Handler<auth::PrincipalPtr> handler)
{
    if (const auto known = m_verifier->verifyNow(token))
        return later([known = *known, handler = std::move(handler)] { handler(known); });
    return m_verifier->verify(token, std::move(handler));
}

void IdentityRooms::setListenAddress(const QUrl &url)
{
    if (m_upstreamLogin->settings().publicUrl.isEmpty())
        m_upstreamLogin->setPublicUrl(url);
}

void IdentityRooms::probeIssuers()
{
    if (!m_authOptions.verifier.verify)
        return;
    m_issuers = std::make_unique<auth::IssuerWatch>(m_verifier->issuers());
    m_issuers->begin();
}

QJsonArray IdentityRooms::issuerStates() const
{
    return m_issuers ? m_issuers->toJson() : QJsonArray();
}

Call IdentityRooms::issuerMetadata(const QString &issuer, Handler<auth::IssuerMetadata> handler)
{
    if (auth::Issuer *known = m_verifier->issuer(issuer))
        return known->metadata(std::move(handler));
    return failLater(std::move(handler),
                     Error(ErrorCode::NotFound, u"Tokens of this issuer are not verified."_s));
}

bool IdentityRooms::admitsStrangers() const
{
    return m_gate->options().allowsAnonymous && m_gate->options().requiredGroups.isEmpty();
}

void IdentityRooms::apply(const config::Settings &settings)
{
    m_dataAccess = policy::DataAccess(dataAccessOptions(settings, m_authOptions));
    m_sources->identifies = auth::tellsCallersApart(settings, m_authOptions);
    m_gate->setOptions(gateOptions(settings));
    if (auto egress = egress::egressOptions(settings); egress) {
        egress->verifiesConfigured = !m_authOptions.allowUnsafeCert;
        m_egress->setOptions(std::move(*egress));
    }
    if (const auto keys = auth::apiKeyOptions(settings); keys) {
        if (const Result<Nothing> loaded = m_apiKeys.load(*keys); !loaded)
            qCWarning(logging::lcConfig).noquote() << loaded.error().message;
    }
    m_broker->forget();
}

void IdentityRooms::reopenFiles()
{
    m_audit->reopen();
}

} // namespace bridge
