// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/introspection.h"

#include "common/async/task.h"
#include "common/json/scan.h"
#include "common/logging/categories.h"
#include "server/auth/clientauth.h"

#include <QtCore/QJsonDocument>

using namespace Qt::StringLiterals;

namespace bridge::auth {

namespace {

constexpr qsizetype kMostBytes = 256 * 1024;

Error noClearAnswer(const QString &host, const QString &what)
{
    qCWarning(logging::lcAuth).noquote() << "Introspection at" << host << "failed:" << what;
    return idpUnavailable();
}

Result<QJsonObject> claimsFrom(const httpclient::Response &response, const QString &host,
                               const QString &issuer)
{
    if (response.status == 401 || response.status == 403)
        return noClearAnswer(host, u"the bridge's client id or secret is refused there"_s);
    if (response.status != 200)
        return noClearAnswer(host, u"status %1"_s.arg(response.status));
    const QByteArray type = httpclient::headerValue(response.headers, "Content-Type").toLower();
    if (type.startsWith("application/token-introspection+jwt")
        || type.startsWith("application/jwt"))
        return noClearAnswer(host,
                             u"the answer is a signed JWT (RFC 9701), which is not taken. Let "
                             "the provider answer the bridge's client in plain JSON, which "
                             "it asks for"_s);
    json::ScanLimits limits;
    limits.maxDepth = 32;
    if (!json::members(response.body, limits))
        return noClearAnswer(host, u"the answer is no JSON object"_s);
    const QJsonObject json = QJsonDocument::fromJson(response.body).object();
    if (!json["active"_L1].isBool())
        return noClearAnswer(host, u"the answer does not say whether the token is active"_s);
    if (!json["active"_L1].toBool())
        return Error(ErrorCode::InvalidToken,
                     u"The access token is not or no longer valid. Get a new one."_s);
    if (json.contains("iss"_L1) && json["iss"_L1].toString() != issuer)
        return Error(ErrorCode::InvalidToken, u"The access token is another issuer's."_s);
    return json;
}

/// Opaque tokens cannot be this issuer's then, as far as the bridge can tell. Where all tokens are
/// to be asked about it is the set-up that is wrong, not the token.
Error noEndpoint(Issuer &issuer)
{
    if (issuer.isFirstToMissIntrospection())
        qCWarning(logging::lcAuth).noquote()
            << "The issuer" << issuer.options().issuer
            << "names no introspection endpoint, so tokens that are no JWT "
               "are refused. Set OAUTH_INTROSPECTION_URL.";
    if (issuer.options().introspect == Introspect::Always)
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
        co_return noClearAnswer(url.host(), response.error().message);
    co_return claimsFrom(*response, url.host(), options.issuer);
}

} // namespace

Call introspect(Issuer &issuer, const Fetch &fetch, const QByteArray &token,
                Handler<QJsonObject> handler)
{
    return ask(&issuer, fetch, token).start(std::move(handler));
}

} // namespace bridge::auth
