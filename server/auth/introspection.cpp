// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/introspection.h"

#include "common/async/task.h"
#include "common/json/scan.h"
#include "server/auth/clientauth.h"

#include <QtCore/QJsonDocument>

using namespace Qt::StringLiterals;

namespace bridge::auth {

namespace {

constexpr qsizetype kMostBytes = 256 * 1024;

/// \a what is wrong: a sentence.
Error noClearAnswer(Issuer &issuer, const QString &what)
{
    issuer.tellIntrospection(what);
    return idpUnavailable();
}

/// The bridge itself is not known there, or may not ask (RFC 7662 §2.3; some say so with 400).
bool refusesUs(const httpclient::Response &response)
{
    if (response.status == 401 || response.status == 403)
        return true;
    const QString error = QJsonDocument::fromJson(response.body).object()["error"_L1].toString();
    return response.status >= 400 && response.status < 500
           && (error == "invalid_client"_L1 || error == "unauthorized_client"_L1);
}

Result<QJsonObject> claimsFrom(Issuer &issuer, const httpclient::Response &response,
                               const QString &host)
{
    if (refusesUs(response))
        return noClearAnswer(
            issuer, u"%1 refuses the bridge's client id or secret (status %2), so every token that "
                    "has to be asked about is answered with 503. Check OAUTH_CLIENT_ID and "
                    "OAUTH_CLIENT_SECRET, or client_id and client_secret in AUTH_ISSUERS, and that "
                    "the client may introspect tokens."_s.arg(host)
                        .arg(response.status));
    if (response.status != 200)
        return noClearAnswer(issuer,
                             u"%1 answered with status %2."_s.arg(host).arg(response.status));
    const QByteArray type = httpclient::headerValue(response.headers, "Content-Type").toLower();
    if (type.startsWith("application/token-introspection+jwt")
        || type.startsWith("application/jwt"))
        return noClearAnswer(
            issuer, u"the answer of %1 is a signed JWT (RFC 9701), which is not taken. Let "
                    "the provider answer the bridge's client in plain JSON, which it asks "
                    "for."_s.arg(host));
    json::ScanLimits limits;
    limits.maxDepth = 32;
    if (!json::members(response.body, limits))
        return noClearAnswer(issuer, u"the answer of %1 is no JSON object."_s.arg(host));
    const QJsonObject json = QJsonDocument::fromJson(response.body).object();
    if (!json["active"_L1].isBool())
        return noClearAnswer(
            issuer, u"the answer of %1 does not say whether the token is active."_s.arg(host));
    issuer.tellIntrospection(std::nullopt);
    if (!json["active"_L1].toBool())
        return Error(ErrorCode::InvalidToken,
                     u"The access token is not or no longer valid. Get a new one."_s);
    if (json.contains("iss"_L1) && json["iss"_L1].toString() != issuer.options().issuer)
        return Error(ErrorCode::InvalidToken, u"The access token is another issuer's."_s);
    return json;
}

/// Opaque tokens cannot be this issuer's then, as far as the bridge can tell. Where all tokens are
/// to be asked about it is the set-up that is wrong, not the token.
Error noEndpoint(Issuer &issuer)
{
    const bool isAlways = issuer.options().introspect == Introspect::Always;
    issuer.tellIntrospection(u"it names no introspection endpoint, so %1. Set "
                             u"OAUTH_INTROSPECTION_URL, or introspection_endpoint in "
                             "AUTH_ISSUERS."_s.arg(isAlways
                                                       ? u"its tokens are answered with 503"_s
                                                       : u"tokens that are no JWT are refused"_s));
    if (isAlways)
        return idpUnavailable();
    return {ErrorCode::InvalidToken,
            u"The access token is no JSON Web Token, and others cannot be checked here."_s};
}

/// \a issuer outlives the Call of this.
Task<QJsonObject> ask(Issuer *issuer, Fetch fetch, QByteArray token)
{
    const IssuerOptions options = issuer->options();
    QUrl url = options.introspectionEndpoint;
    auto trust = egress::Trust::Configured;
    QStringList methods;
    if (url.isEmpty()) {
        const auto discover = [issuer](Handler<IssuerMetadata> done) {
            return issuer->metadata(std::move(done));
        };
        const auto metadata = co_await answer<IssuerMetadata>(discover);
        if (!metadata)
            co_return metadata.error();
        url = metadata->introspectionEndpoint;
        trust = Issuer::trustIn(url, *metadata);
        methods = metadata->introspectionAuthMethods;
        if (url.isEmpty())
            co_return noEndpoint(*issuer);
    }
    QByteArray form;
    addFormField(form, "token", QString::fromLatin1(token));
    addFormField(form, "token_type_hint", u"access_token"_s);
    egress::EgressRequest request;
    request.url = url;
    request.trust = trust;
    request.maxBody = kMostBytes;
    authenticate(request, form, {options.clientId, options.clientSecret}, methods);
    const auto send = [&](Handler<httpclient::Response> done) {
        return fetch(request, std::move(done));
    };
    const auto response = co_await answer<httpclient::Response>(send);
    if (!response)
        co_return noClearAnswer(*issuer, response.error().message);
    co_return claimsFrom(*issuer, *response, url.host());
}

} // namespace

Call introspect(Issuer &issuer, const Fetch &fetch, const QByteArray &token,
                Handler<QJsonObject> handler)
{
    return ask(&issuer, fetch, token).start(std::move(handler));
}

} // namespace bridge::auth
