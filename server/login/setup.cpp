// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/login/setup.h"

#include "common/async/later.h"

using namespace Qt::StringLiterals;

namespace bridge::login {

namespace {

Provider providerFrom(const auth::IssuerMetadata &metadata)
{
    Provider provider;
    provider.issuer = metadata.issuer;
    provider.authorization = metadata.authorizationEndpoint;
    provider.token = metadata.tokenEndpoint;
    provider.userinfo = metadata.userinfoEndpoint;
    provider.endSession = metadata.endSessionEndpoint;
    provider.revocation = metadata.revocationEndpoint;
    provider.namesItself = metadata.namesIssuerInResponse;
    // Basic is what there is when a provider does not say (RFC 8414 §2).
    provider.takesBasic = metadata.tokenAuthMethods.isEmpty()
                          || metadata.tokenAuthMethods.contains("client_secret_basic"_L1);
    return provider;
}

Call claimsBy(auth::TokenVerifier &verifier, const QByteArray &token, Handler<QJsonObject> handler)
{
    if (const auto verdict = verifier.verifyNow(token)) {
        return later([verdict = *verdict, handler = std::move(handler)] {
            if (verdict)
                handler((*verdict)->claims);
            else
                handler(verdict.error());
        });
    }
    return verifier.verify(token, [handler = std::move(handler)](Result<auth::PrincipalPtr> who) {
        if (who)
            handler((*who)->claims);
        else
            handler(who.error());
    });
}

std::shared_ptr<auth::TokenVerifier>
idTokenVerifier(const QString &clientId, const auth::TokenVerifier &verifier, auth::Fetch fetch)
{
    auth::VerifierOptions options = verifier.options();
    options.verify = true;
    options.issuers.resize(1);
    options.issuers.front().audiences = {clientId};
    options.issuers.front().introspect = auth::Introspect::Never;
    options.issuers.front().takesOtherKinds = true;
    return std::make_shared<auth::TokenVerifier>(std::move(options), std::move(fetch));
}

} // namespace

Surroundings surroundingsFor(const LoginOptions &options, auth::TokenVerifier *verifier,
                             auth::Fetch fetch, std::function<void(auth::Principal &)> complete)
{
    Surroundings around;
    around.send = fetch;
    around.provider = [verifier](Handler<Provider> handler) {
        return verifier->primaryIssuer()->metadata(
            [handler = std::move(handler)](Result<auth::IssuerMetadata> metadata) {
                if (metadata)
                    handler(providerFrom(*metadata));
                else
                    handler(metadata.error());
            });
    };
    around.verify = [verifier, clientId = options.clientId,
                     forIds = idTokenVerifier(options.clientId, *verifier, std::move(fetch))](
                        const QByteArray &token, const QString &audience,
                        Handler<QJsonObject> handler) {
        auth::TokenVerifier &judge = audience == clientId ? *forIds : *verifier;
        return claimsBy(judge, token, std::move(handler));
    };
    around.principal = [verifier, complete = std::move(complete)](
                           const QJsonObject &claims, const QByteArray &access,
                           const QDateTime &expires) -> Result<auth::PrincipalPtr> {
        const auth::IssuerOptions &issuer = verifier->primaryIssuer()->options();
        Result<auth::Principal> principal =
            auth::principalFrom(claims, issuer.issuer, issuer.claims);
        if (!principal)
            return principal.error();
        principal->strategy = u"login"_s;
        principal->isVerified = true;
        principal->token = access;
        principal->expires = expires;
        if (complete)
            complete(*principal);
        return auth::PrincipalPtr(std::make_shared<const auth::Principal>(std::move(*principal)));
    };
    return around;
}

} // namespace bridge::login
