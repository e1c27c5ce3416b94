// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/routes/oauthdocuments.h"

#include <QtCore/QJsonArray>

using namespace Qt::StringLiterals;

namespace bridge::routes {

namespace {

void add(QJsonObject &document, const QString &name, const QString &value)
{
    if (!value.isEmpty())
        document[name] = value;
}

void add(QJsonObject &document, const QString &name, const QUrl &url)
{
    if (!url.isEmpty())
        document[name] = url.toString(QUrl::FullyEncoded);
}

QUrl below(const QString &issuer, const QString &path)
{
    QString base = issuer;
    while (base.endsWith(u'/'))
        base.chop(1);
    return QUrl(QString(base + path));
}

/// Endpoints of a Keycloak realm, which is what an issuer is that says nothing else.
auth::IssuerMetadata keycloakShape(const QString &issuer)
{
    auth::IssuerMetadata made;
    made.issuer = issuer;
    const auto endpoint = [&issuer](const QString &name) {
        return below(issuer, QString(u"/protocol/openid-connect/"_s + name));
    };
    made.authorizationEndpoint = endpoint(u"auth"_s);
    made.tokenEndpoint = endpoint(u"token"_s);
    made.jwksUri = endpoint(u"certs"_s);
    made.userinfoEndpoint = endpoint(u"userinfo"_s);
    made.endSessionEndpoint = endpoint(u"logout"_s);
    made.introspectionEndpoint = endpoint(u"token/introspect"_s);
    made.revocationEndpoint = endpoint(u"revoke"_s);
    made.registrationEndpoint = below(issuer, u"/clients-registrations/openid-connect"_s);
    return made;
}

} // namespace

QJsonObject protectedResource(const OAuthFacts &facts, const QString &address)
{
    QStringList issuers{facts.issuer};
    issuers += facts.issuers;
    issuers.removeDuplicates();
    QJsonObject document{
        {"resource"_L1, facts.resource.isEmpty() ? address : facts.resource},
        {"authorization_servers"_L1, QJsonArray::fromStringList(issuers)},
        {"scopes_supported"_L1, QJsonArray::fromStringList(facts.scopes)},
        {"bearer_methods_supported"_L1, QJsonArray{u"header"_s}},
    };
    add(document, u"resource_name"_s, facts.resourceName);
    return document;
}

QJsonObject authorizationServer(const OAuthFacts &facts,
                                const std::optional<auth::IssuerMetadata> &known)
{
    const auth::IssuerMetadata metadata = known ? *known : keycloakShape(facts.issuer);
    const QStringList methods =
        metadata.tokenAuthMethods.isEmpty()
            ? QStringList{u"client_secret_basic"_s, u"client_secret_post"_s, u"none"_s}
            : metadata.tokenAuthMethods;
    QJsonObject document{
        {"issuer"_L1, facts.issuer},
        {"response_types_supported"_L1, QJsonArray{u"code"_s}},
        {"grant_types_supported"_L1, QJsonArray{u"authorization_code"_s, u"refresh_token"_s}},
        {"code_challenge_methods_supported"_L1, QJsonArray{u"S256"_s}},
        {"token_endpoint_auth_methods_supported"_L1, QJsonArray::fromStringList(methods)},
        {"scopes_supported"_L1, QJsonArray::fromStringList(facts.scopes)},
    };
    add(document, u"authorization_endpoint"_s, metadata.authorizationEndpoint);
    add(document, u"token_endpoint"_s, metadata.tokenEndpoint);
    add(document, u"jwks_uri"_s, metadata.jwksUri);
    add(document, u"userinfo_endpoint"_s, metadata.userinfoEndpoint);
    add(document, u"end_session_endpoint"_s, metadata.endSessionEndpoint);
    add(document, u"introspection_endpoint"_s, metadata.introspectionEndpoint);
    add(document, u"revocation_endpoint"_s, metadata.revocationEndpoint);
    add(document, u"registration_endpoint"_s,
        facts.registration.isEmpty() ? metadata.registrationEndpoint : QUrl(facts.registration));
    if (metadata.namesIssuerInResponse)
        document["authorization_response_iss_parameter_supported"_L1] = true;
    if (metadata.takesClientMetadataDocuments)
        document["client_id_metadata_document_supported"_L1] = true;
    return document;
}

QJsonObject clientMetadata(const QString &name, const QString &url, const QString &redirectUri)
{
    return {
        {"client_id"_L1, url},
        {"client_name"_L1, name},
        {"redirect_uris"_L1, QJsonArray{redirectUri}},
        {"grant_types"_L1, QJsonArray{u"authorization_code"_s, u"refresh_token"_s}},
        {"response_types"_L1, QJsonArray{u"code"_s}},
        {"token_endpoint_auth_method"_L1, u"none"_s},
        {"application_type"_L1, u"web"_s},
    };
}

} // namespace bridge::routes
