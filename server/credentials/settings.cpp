// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/credentials/settings.h"

#include "common/config/settings.h"
#include "server/auth/issueroptions.h"

using namespace Qt::StringLiterals;

namespace bridge::credentials {

BrokerSettings brokerSettings(const config::Settings &settings)
{
    BrokerSettings broker;
    broker.provider = settings.text(u"AUTH_PROVIDER"_s);
    broker.authBase = QUrl(settings.text(u"AUTH_BASE_URL"_s));
    broker.realm = settings.text(u"KEYCLOAK_REALM"_s);
    broker.refreshByBroker = settings.text(u"KEYCLOAK_PROVIDER_REFRESH_MODE"_s) == "broker"_L1;
    broker.exchange = settings.boolean(u"OAUTH_ENABLE_TOKEN_EXCHANGE"_s);
    broker.tokenEndpoint = QUrl(settings.text(u"OAUTH_TOKEN_ENDPOINT"_s));
    broker.issuer = settings.text(u"OAUTH_ISSUER_URL"_s);
    broker.clientId = settings.text(u"OAUTH_CLIENT_ID"_s);
    broker.clientSecret = settings.text(u"OAUTH_CLIENT_SECRET"_s).toUtf8();
    broker.secretInForm = settings.text(u"OAUTH_TOKEN_AUTH_METHOD"_s) == "client_secret_post"_L1;
    broker.entraAuthority = QUrl(settings.text(u"ENTRA_AUTHORITY"_s));
    broker.entraTenant = settings.text(u"ENTRA_TENANT_ID"_s).trimmed();
    broker.keyStore = QUrl(settings.text(u"AUTH_TOKENS_INTERNAL_URL"_s));
    broker.keyStoreSecret = settings.text(u"INTERNAL_API_SECRET"_s).toUtf8();
    broker.keyClients = settings.list(u"USER_API_KEY_ALLOWED_CLIENTS"_s);
    broker.keysByUsername = settings.boolean(u"USER_API_KEY_ALLOW_USERNAME"_s);
    broker.keysByUnsaidEmail = settings.boolean(u"USER_API_KEY_ALLOW_UNVERIFIED_EMAIL"_s);
    QList<FieldProblem> problems; // told by whoever checks the issuers themselves
    const std::vector<auth::IssuerOptions> issuers = auth::issuersFrom(settings, problems);
    if (!issuers.empty())
        broker.primaryIssuer = issuers.front().issuer;
    broker.verifiesTokens = settings.text(u"AUTH_VERIFY_TOKENS"_s) != "false"_L1;
    broker.serviceName = settings.text(u"SERVICE_NAME"_s);
    broker.buffer = settings.seconds(u"OAUTH_REFRESH_BUFFER_SECONDS"_s);
    return broker;
}

} // namespace bridge::credentials
