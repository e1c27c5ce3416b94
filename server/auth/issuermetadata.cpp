// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/issuermetadata.h"

#include "common/json/scan.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>

using namespace Qt::StringLiterals;

namespace bridge::auth {

namespace {

/// Empty for what is no absolute http or https URL: whatever uses it then says that it is missing.
QUrl urlOf(const QJsonValue &value)
{
    const QUrl url(value.toString(), QUrl::StrictMode);
    const bool isHttp = url.scheme() == "https"_L1 || url.scheme() == "http"_L1;
    return url.isValid() && isHttp && !url.host().isEmpty() ? url : QUrl();
}

QStringList listOf(const QJsonValue &value)
{
    QStringList list;
    const QJsonArray entries = value.toArray();
    for (const QJsonValue &entry : entries) {
        if (entry.isString())
            list.append(entry.toString());
    }
    return list;
}

} // namespace

Result<IssuerMetadata> parseIssuerMetadata(const QByteArray &document, const QString &issuer)
{
    json::ScanLimits limits;
    limits.maxDepth = 16;
    if (const auto members = json::members(document, limits); !members)
        return members.error();
    const QJsonObject json = QJsonDocument::fromJson(document).object();
    if (json["issuer"_L1].toString() != issuer)
        return Error(ErrorCode::InvalidBody,
                     u"The document of the issuer %1 is about another one. Set the issuer exactly "
                     "as the document writes it."_s.arg(issuer));
    IssuerMetadata metadata;
    metadata.issuer = issuer;
    metadata.jwksUri = urlOf(json["jwks_uri"_L1]);
    metadata.authorizationEndpoint = urlOf(json["authorization_endpoint"_L1]);
    metadata.tokenEndpoint = urlOf(json["token_endpoint"_L1]);
    metadata.introspectionEndpoint = urlOf(json["introspection_endpoint"_L1]);
    metadata.userinfoEndpoint = urlOf(json["userinfo_endpoint"_L1]);
    metadata.endSessionEndpoint = urlOf(json["end_session_endpoint"_L1]);
    metadata.revocationEndpoint = urlOf(json["revocation_endpoint"_L1]);
    metadata.registrationEndpoint = urlOf(json["registration_endpoint"_L1]);
    metadata.scopes = listOf(json["scopes_supported"_L1]);
    metadata.tokenAuthMethods = listOf(json["token_endpoint_auth_methods_supported"_L1]);
    metadata.introspectionAuthMethods =
        listOf(json["introspection_endpoint_auth_methods_supported"_L1]);
    metadata.codeChallengeMethods = listOf(json["code_challenge_methods_supported"_L1]);
    metadata.namesIssuerInResponse =
        json["authorization_response_iss_parameter_supported"_L1].toBool();
    metadata.takesClientMetadataDocuments =
        json["client_id_metadata_document_supported"_L1].toBool();
    return metadata;
}

QList<QUrl> metadataUrls(const QString &issuer)
{
    QUrl url(issuer, QUrl::StrictMode);
    QString path = url.path(QUrl::FullyEncoded);
    while (path.endsWith(u'/'))
        path.chop(1);
    const auto at = [url](const QString &place) {
        QUrl made = url;
        made.setPath(place, QUrl::StrictMode);
        return made;
    };
    const QString openId = u"/.well-known/openid-configuration"_s;
    const QString oauth = u"/.well-known/oauth-authorization-server"_s;
    QList<QUrl> urls{at(path + openId), at(oauth + path)};
    if (!path.isEmpty())
        urls.append(at(openId + path));
    return urls;
}

IssuerMetadata keycloakMetadata(const QString &issuer, const QUrl &realm)
{
    const auto at = [&realm](const QString &place) {
        return QUrl(QString::fromUtf8(realm.toEncoded()) + place);
    };
    const QString oidc = u"/protocol/openid-connect"_s;
    IssuerMetadata metadata;
    metadata.issuer = issuer;
    metadata.jwksUri = at(oidc + "/certs"_L1);
    metadata.authorizationEndpoint = at(oidc + "/auth"_L1);
    metadata.tokenEndpoint = at(oidc + "/token"_L1);
    metadata.introspectionEndpoint = at(oidc + "/token/introspect"_L1);
    metadata.userinfoEndpoint = at(oidc + "/userinfo"_L1);
    metadata.endSessionEndpoint = at(oidc + "/logout"_L1);
    metadata.revocationEndpoint = at(oidc + "/revoke"_L1);
    metadata.registrationEndpoint = at(u"/clients-registrations/openid-connect"_s);
    metadata.tokenAuthMethods = {u"client_secret_basic"_s, u"client_secret_post"_s, u"none"_s};
    metadata.codeChallengeMethods = {u"S256"_s};
    return metadata;
}

} // namespace bridge::auth
