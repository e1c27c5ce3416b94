// SPDX-License-Identifier: GPL-3.0-or-later
// Token exchange of RFC 8693 and on-behalf-of of Microsoft Entra ID (contract §7.6).
#include "common/async/task.h"
#include "server/credentials/metadata.h"
#include "server/credentials/provider.h"
#include "server/credentials/wire.h"

#include <QtCore/QJsonDocument>

using namespace Qt::StringLiterals;

namespace bridge::credentials {

namespace {

constexpr QLatin1StringView kAccessToken("urn:ietf:params:oauth:token-type:access_token");
constexpr QLatin1StringView kJwt("urn:ietf:params:oauth:token-type:jwt");

QString idp()
{
    return u"The identity provider"_s;
}

void add(Form &form, const QString &name, const QString &value)
{
    if (!value.isEmpty())
        form.append({name, value});
}

Form exchangeForm(const BrokerSettings &settings, const Ask &ask)
{
    Form form{{u"grant_type"_s, u"urn:ietf:params:oauth:grant-type:token-exchange"_s},
              {u"subject_token"_s, QString::fromUtf8(ask.caller->token)},
              {u"subject_token_type"_s, kAccessToken},
              {u"requested_token_type"_s, kAccessToken}};
    add(form, u"audience"_s, ask.auth.audience);
    add(form, u"scope"_s, ask.auth.scope);
    add(form, u"resource"_s, ask.auth.resource);
    if (settings.provider == "keycloak"_L1)
        add(form, u"requested_issuer"_s, ask.auth.alias);
    return form;
}

Form onBehalfForm(const Ask &ask)
{
    return {{u"grant_type"_s, u"urn:ietf:params:oauth:grant-type:jwt-bearer"_s},
            {u"assertion"_s, QString::fromUtf8(ask.caller->token)},
            {u"requested_token_use"_s, u"on_behalf_of"_s},
            {u"scope"_s, ask.auth.scope}};
}

Task<httpclient::Response> post(Fetch fetch, egress::EgressRequest request)
{
    co_return co_await answer<httpclient::Response>(
        [&](Handler<httpclient::Response> done) { return fetch(request, std::move(done)); });
}

QUrl configuredEndpoint(const BrokerSettings &settings)
{
    if (!settings.tokenEndpoint.isEmpty())
        return settings.tokenEndpoint;
    if (settings.provider != "keycloak"_L1 || settings.authBase.isEmpty())
        return {};
    QString base = settings.authBase.toString(QUrl::FullyEncoded);
    while (base.endsWith(u'/'))
        base.chop(1);
    return QUrl(base + u"/realms/"_s + QString::fromLatin1(QUrl::toPercentEncoding(settings.realm))
                + u"/protocol/openid-connect/token"_s);
}

Task<Credential> exchange(BrokerSettings settings, Fetch fetch, MetadataCachePtr metadata, Ask ask)
{
    QUrl endpoint = configuredEndpoint(settings);
    egress::Trust trust = egress::Trust::Configured;
    if (endpoint.isEmpty()) {
        const QString issuer = settings.issuer;
        const Result<AuthServer> server =
            co_await answer<AuthServer>([&](Handler<AuthServer> done) {
                return metadata->find(issuer, trust, std::move(done));
            });
        if (!server)
            co_return server.error();
        endpoint = server->tokenEndpoint;
        trust = egress::trustIn(endpoint, QUrl(issuer), trust);
    }
    const ClientAuth client{settings.clientId, settings.clientSecret, settings.secretInForm};
    const Result<httpclient::Response> outcome = co_await post(
        fetch, clientPost(endpoint, exchangeForm(settings, ask), client, trust, settings.timeout));
    const Result<TokenSet> set = tokenAnswer(outcome, idp());
    if (!set)
        co_return orWrongSetup(set.error(), idp());
    // Anything else, e.g. a refresh token, is nothing an MCP server should get.
    const QString &type = set->issuedType;
    if (!type.isEmpty() && type != kAccessToken && type != kJwt)
        co_return unusable(idp());
    co_return credentialFrom(*set, u"exchange"_s, settings.clock());
}

/// Entra wants the user to do something; what, his client has to tell him (claims challenge).
std::optional<Error> interaction(const httpclient::Response &response)
{
    const QJsonObject body = QJsonDocument::fromJson(response.body).object();
    const QString claims = body["claims"_L1].toString();
    const bool isWanted = body["error"_L1] == "interaction_required"_L1
                          || body["suberror"_L1] == "consent_required"_L1
                          || body["suberror"_L1] == "basic_action"_L1 || !claims.isEmpty();
    if (response.status >= 500 || !isWanted)
        return std::nullopt;
    Error error(ErrorCode::InvalidToken,
                u"The identity provider wants you to sign in again or to confirm something before "
                "it gives a credential for this MCP server."_s);
    error.extra["reason"_L1] = "interaction_required"_L1;
    error.logged["provider_error"_L1] = loggedCode(body["error"_L1].toString());
    error.logged["provider_status"_L1] = response.status;
    if (!claims.isEmpty() && claims.size() <= 8'192)
        error.extra["claims"_L1] = claims;
    return error;
}

Task<Credential> actOnBehalf(BrokerSettings settings, Fetch fetch, Ask ask)
{
    QString base = settings.entraAuthority.toString(QUrl::FullyEncoded);
    while (base.endsWith(u'/'))
        base.chop(1);
    const QUrl endpoint(base + u'/' + settings.entraTenant + u"/oauth2/v2.0/token"_s);
    const ClientAuth client{settings.clientId, settings.clientSecret, true};
    const Result<httpclient::Response> outcome =
        co_await post(fetch, clientPost(endpoint, onBehalfForm(ask), client,
                                        egress::Trust::Configured, settings.timeout));
    if (outcome && outcome->status != 200) {
        if (std::optional<Error> wanted = interaction(*outcome))
            co_return std::move(*wanted);
    }
    const Result<TokenSet> set = tokenAnswer(outcome, idp());
    if (!set)
        co_return orWrongSetup(set.error(), idp());
    co_return credentialFrom(*set, u"entra"_s, settings.clock());
}

class TokenExchange : public Provider
{
public:
    TokenExchange(const BrokerSettings &settings, Fetch fetch)
        : m_settings(settings)
        , m_fetch(std::move(fetch))
        , m_metadata(std::make_shared<MetadataCache>(m_fetch, settings.timeout))
    {
    }

    QString name() const override { return u"exchange"_s; }
    std::optional<Error> objection(const Ask &ask) const override
    {
        return needsOwnToken(m_settings, ask);
    }
    Call retrieve(Ask ask, Handler<Credential> handler) override
    {
        return exchange(m_settings, m_fetch, m_metadata, std::move(ask)).start(std::move(handler));
    }

private:
    BrokerSettings m_settings;
    Fetch m_fetch;
    MetadataCachePtr m_metadata;
};

class OnBehalfOf : public Provider
{
public:
    OnBehalfOf(const BrokerSettings &settings, Fetch fetch)
        : m_settings(settings)
        , m_fetch(std::move(fetch))
    {
    }

    QString name() const override { return u"entra"_s; }
    std::optional<Error> objection(const Ask &ask) const override
    {
        return needsOwnToken(m_settings, ask);
    }
    Call retrieve(Ask ask, Handler<Credential> handler) override
    {
        return actOnBehalf(m_settings, m_fetch, std::move(ask)).start(std::move(handler));
    }

private:
    BrokerSettings m_settings;
    Fetch m_fetch;
};

} // namespace

ProviderPtr tokenExchange(const BrokerSettings &settings, Fetch fetch)
{
    return std::make_shared<TokenExchange>(settings, std::move(fetch));
}

ProviderPtr onBehalfOf(const BrokerSettings &settings, Fetch fetch)
{
    return std::make_shared<OnBehalfOf>(settings, std::move(fetch));
}

} // namespace bridge::credentials
