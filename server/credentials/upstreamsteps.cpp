// SPDX-License-Identifier: GPL-3.0-or-later
// upstreamlogin.h: who authorizes, and what is asked for there.
#include "server/credentials/challenge.h"
#include "server/credentials/upstreamlogin.h"
#include "server/credentials/upstreamtrouble.h"

using namespace Qt::StringLiterals;

namespace bridge::credentials {

namespace {

/// What to ask for: MCP 2026-07-28 "Scope Selection Strategy".
QString scopeFor(const Ask &ask, const ProtectedResource &resource, const AuthServer &server,
                 const QString &granted)
{
    QStringList scopes = ask.auth.scope.split(u' ', Qt::SkipEmptyParts);
    const auto challenge = bearerChallenge(ask.refusal);
    if (challenge && (scopes.isEmpty() || !granted.isEmpty()))
        scopes = challenge->scopes + scopes + granted.split(u' ', Qt::SkipEmptyParts);
    scopes.removeDuplicates();
    if (scopes.isEmpty())
        scopes = resource.scopes;
    if (server.scopes.contains(u"offline_access"_s) && !scopes.contains(u"offline_access"_s))
        scopes.append(u"offline_access"_s);
    return scopes.join(u' ');
}

bool covers(const QString &scope, const std::optional<BearerChallenge> &challenge)
{
    const QStringList scopes = scope.split(u' ');
    return !challenge
           || std::all_of(challenge->scopes.begin(), challenge->scopes.end(),
                          [&scopes](const QString &one) { return scopes.contains(one); });
}

Result<QString> issuerOf(const Ask &ask, const ProtectedResource &resource)
{
    if (ask.auth.issuer.isEmpty())
        return resource.authServers.first();
    if (!resource.authServers.contains(ask.auth.issuer))
        return cannotConnect(ask.server,
                             u"it names another authorization server than the one that is "
                             "configured."_s);
    return ask.auth.issuer;
}

QString canonical(const QUrl &url)
{
    QString text = url.toString(QUrl::FullyEncoded | QUrl::RemoveFragment | QUrl::RemoveUserInfo);
    if (url.path() == "/"_L1 && text.endsWith(u'/'))
        text.chop(1);
    return text;
}

/// Whether users would be sent to somebody the issuer may have nothing to do with, whose answers
/// nothing tells from its own (RFC 9700 §4.4).
bool leadsElsewhere(const AuthServer &server)
{
    return !server.tellsIssuer
           && !httpclient::isSameOrigin(server.authorizationEndpoint, QUrl(server.issuer));
}

/// Text that stays what it is within quotes: no quotes, nothing invisible or turned around.
QString harmless(const QString &text)
{
    QString out;
    for (const QChar c : text.left(200))
        out += c.isPrint() && c != u'"' && c.category() != QChar::Other_Format ? c : QChar(u'?');
    return out;
}

/// What \a caller is called by who vouches for him. His `name` he may have chosen himself, to look
/// like whoever is to open the address.
QString sureNameOf(const auth::Principal &caller)
{
    if (caller.isAnonymous())
        return {};
    if (caller.kind == auth::Principal::Kind::Service)
        return u"API key %1"_s.arg(harmless(caller.name.isEmpty() ? caller.userId : caller.name));
    const bool isProved = caller.claims["email_verified"_L1] == QJsonValue(true)
                          && !caller.email.isEmpty()
                          && caller.claims["email"_L1].toString() == caller.email;
    const QString id = caller.subject.isEmpty() ? caller.userId : caller.subject;
    const QString who = harmless(isProved ? caller.email : id);
    return caller.issuer.isEmpty() ? who : u"%1 of %2"_s.arg(who, harmless(caller.issuer));
}

} // namespace

Task<ProtectedResource> UpstreamLogin::resourceOf(Self self, Ask ask)
{
    const auto challenge = bearerChallenge(ask.refusal);
    const QUrl hint = challenge ? challenge->resourceMetadata : QUrl();
    co_return co_await answer<ProtectedResource>([&](Handler<ProtectedResource> done) {
        return self->m_metadata.findResource(ask.url, hint, std::move(done));
    });
}

Task<PendingLogin> UpstreamLogin::prepare(Self self, Ask ask, QString granted)
{
    const auto challenge = bearerChallenge(ask.refusal);
    const PendingLogin *offered = self->m_pending.offered(ask.caller->owner, ask.server);
    if (offered && offered->isFor(ask) && offered->authServer.issuer != ask.leftIssuer
        && (granted.isEmpty() || covers(offered->scope, challenge)))
        co_return *offered;
    Result<ProtectedResource> resource = co_await resourceOf(self, ask);
    const bool isSilent = !resource && resource.error().code == ErrorCode::NotFound;
    if (isSilent && !ask.auth.issuer.isEmpty())
        resource = ProtectedResource{canonical(ask.url), {ask.auth.issuer}, {}};
    if (!resource && resource.error().code == ErrorCode::InvalidConfig)
        co_return cannotConnect(ask.server, resource.error().message);
    if (!resource)
        co_return resource.error();
    const Result<QString> issuer = issuerOf(ask, *resource);
    if (!issuer)
        co_return issuer.error();
    const egress::Trust trust =
        *issuer == ask.auth.issuer
            ? egress::Trust::Configured
            : egress::trustIn(QUrl(*issuer), ask.url, egress::Trust::Configured);
    const Result<AuthServer> server = co_await answer<AuthServer>([&](Handler<AuthServer> done) {
        return self->m_metadata.find(*issuer, trust, std::move(done));
    });
    if (!server && server.error().code == ErrorCode::InvalidConfig)
        co_return cannotConnect(ask.server, server.error().message);
    if (!server)
        co_return server.error();
    if (server->authorizationEndpoint.isEmpty() || !server->challengeMethods.contains(u"S256"_s))
        co_return cannotConnect(ask.server,
                                u"its authorization server does not offer PKCE with S256, "
                                "without which a sign-in is not safe."_s);
    if (leadsElsewhere(*server) && ask.auth.issuer != server->issuer)
        co_return cannotConnect(ask.server,
                                u"its authorization server sends users on to another address, "
                                "and its answers do not say whose they are (RFC 9207). When "
                                "that is meant so, name it in MCP_REMOTE_SERVER_OAUTH_ISSUER, "
                                "or in `issuer` of the entry."_s);
    PendingLogin login;
    if (!server->tellsIssuer && ask.auth.redirectUri.isEmpty() && ask.auth.clientId.isEmpty())
        login.place = placeOf(server->issuer);
    login.redirect =
        (ask.auth.redirectUri.isEmpty() ? self->redirectUri(login.place) : ask.auth.redirectUri)
            .toString(QUrl::FullyEncoded);
    login.owner = ask.caller->owner;
    login.ownerName = sureNameOf(*ask.caller);
    login.server = ask.server;
    login.url = ask.url;
    login.authServer = *server;
    login.trust = trust;
    const Result<OAuthClient> client = co_await clientFor(self, ask, login);
    if (!client)
        co_return client.error();
    login.client = *client;
    login.resource = resource->resource;
    login.scope = scopeFor(ask, *resource, *server, granted);
    if (!self->m_pending.offer(login))
        co_return Error(ErrorCode::Overloaded,
                        u"Too many sign-ins are under way. Try again in a few minutes."_s);
    co_return login;
}

} // namespace bridge::credentials
