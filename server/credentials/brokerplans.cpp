// SPDX-License-Identifier: GPL-3.0-or-later
// broker.h: which way a server's credential comes, and what that way needs.
#include "server/credentials/broker.h"

#include <QtCore/QCryptographicHash>

using namespace Qt::StringLiterals;

namespace bridge::credentials {

namespace {

QByteArray idOf(const Plan &plan, const QString &way)
{
    const upstream::ServerAuth &auth = plan.auth;
    const QStringList parts{way,           plan.server, plan.url.toString(), auth.alias,
                            auth.audience, auth.scope,  auth.resource,       auth.connection,
                            auth.clientId, auth.issuer};
    QCryptographicHash hash(QCryptographicHash::Sha256);
    for (const QString &part : parts) {
        const QByteArray bytes = part.toUtf8();
        hash.addData(QByteArray(QByteArray::number(bytes.size()) + ':' + bytes));
    }
    return hash.result();
}

} // namespace

QString Broker::wayOf(const BrokerSettings &settings, const upstream::ServerAuth &auth)
{
    if (!auth.provider.isEmpty())
        return auth.provider;
    const bool isKeycloak = settings.provider == "keycloak"_L1;
    if (!isKeycloak && settings.provider != "oidc"_L1)
        return settings.provider;
    if (settings.exchange)
        return u"exchange"_s;
    return isKeycloak && !auth.alias.isEmpty() ? u"keycloak"_s : u"passthrough"_s;
}

PlanPtr Broker::makePlan(const upstream::ServerDefinition &definition) const
{
    auto plan = std::make_shared<Plan>();
    plan->auth = definition.auth;
    plan->server = definition.name;
    if (definition.remote)
        plan->url = definition.remote->url;
    const QString way = wayOf(m_settings, definition.auth);
    plan->id = idOf(*plan, way);
    if (way == "passthrough"_L1) {
        plan->way = Plan::Way::PassThrough;
    } else if (way == "oauth"_L1 && !(definition.remote && m_login)) {
        plan->way = Plan::Way::Fail;
        plan->problem =
            Error(ErrorCode::NotConnected,
                  u"Users cannot connect accounts at MCP server \"%1\": that needs a "
                  "remote server and a vault. Tell the operator."_s.arg(definition.name));
    } else if (way != "none"_L1) {
        plan->way = Plan::Way::Retrieve;
        plan->provider = way == "oauth"_L1 ? m_login : m_providers.value(way);
    }
    const bool isOpen = plan->way == Plan::Way::PassThrough || plan->way == Plan::Way::None;
    if (isOpen && definition.remote && m_login && m_login->isAutomatic()
        && definition.auth.provider.isEmpty() && definition.remote->bearerToken.isEmpty()) {
        auto account = std::make_shared<Plan>(*plan);
        account->way = Plan::Way::Retrieve;
        account->provider = m_login;
        account->id = idOf(*plan, u"account"_s);
        plan->account = account;
    }
    return plan;
}

PlanPtr Broker::planOf(const upstream::ServerDefinition &definition)
{
    PlanPtr &plan = m_plans[definition.name];
    const QUrl url = definition.remote ? definition.remote->url : QUrl();
    if (!plan || plan->auth != definition.auth || plan->url != url)
        plan = makePlan(definition);
    return plan;
}

QList<FieldProblem> Broker::check(const BrokerSettings &settings,
                                  const upstream::ServerDefinition &definition)
{
    const QString way = wayOf(settings, definition.auth);
    QList<FieldProblem> problems;
    const auto need = [&](bool isThere, const QString &setting, const QString &what) {
        if (!isThere)
            problems.append({setting, u"is missing: MCP server \"%1\" gets its credential by %2, "
                                      "which needs it."_s.arg(definition.name, what)});
    };
    if (way == "keycloak"_L1) {
        need(!settings.authBase.isEmpty(), u"AUTH_BASE_URL"_s, u"the broker of Keycloak"_s);
        need(!definition.auth.alias.isEmpty(), u"KEYCLOAK_PROVIDER_ALIAS"_s,
             u"the broker of Keycloak"_s);
    } else if (way == "exchange"_L1) {
        const bool isKnown =
            !settings.tokenEndpoint.isEmpty() || !settings.issuer.isEmpty()
            || (settings.provider == "keycloak"_L1 && !settings.authBase.isEmpty());
        need(isKnown, u"OAUTH_TOKEN_ENDPOINT"_s, u"token exchange"_s);
        need(!settings.clientId.isEmpty(), u"OAUTH_CLIENT_ID"_s, u"token exchange"_s);
    } else if (way == "entra"_L1) {
        const QString what = u"exchange on behalf of the caller"_s;
        need(!settings.entraTenant.isEmpty(), u"ENTRA_TENANT_ID"_s, what);
        need(!settings.clientId.isEmpty(), u"OAUTH_CLIENT_ID"_s, what);
        need(!settings.clientSecret.isEmpty(), u"OAUTH_CLIENT_SECRET"_s, what);
        need(!definition.auth.scope.isEmpty(), u"OAUTH_TOKEN_EXCHANGE_SCOPE"_s, what);
    } else if (way == "oauth"_L1 && !definition.auth.clientId.isEmpty()) {
        need(!definition.auth.issuer.isEmpty(), u"MCP_REMOTE_SERVER_OAUTH_ISSUER"_s,
             u"an account there as a known client, which belongs to one `issuer`,"_s);
    } else if (way == "user-api-key"_L1) {
        const QString what = u"keys of users"_s;
        need(!settings.keyStore.isEmpty(), u"AUTH_TOKENS_INTERNAL_URL"_s, what);
        need(!settings.keyStoreSecret.isEmpty(), u"INTERNAL_API_SECRET"_s, what);
        need(!definition.auth.connection.isEmpty(), u"MCP_CONNECTION_ID"_s, what);
    }
    return problems;
}

} // namespace bridge::credentials
