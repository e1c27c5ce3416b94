// SPDX-License-Identifier: GPL-3.0-or-later
// upstreamlogin.h: who authorizes, as which client, and the code for tokens.
#include "server/credentials/challenge.h"
#include "server/credentials/upstreamlogin.h"
#include "server/credentials/wire.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>

using namespace Qt::StringLiterals;

namespace bridge::credentials {

namespace {

Error unable(const QString &server, const QString &why)
{
    return {ErrorCode::NotConnected,
            u"Accounts at MCP server \"%1\" cannot be connected: %2 Tell the operator of the "
            "bridge."_s.arg(server, why)};
}

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
        return unable(ask.server, u"it names another authorization server than the one that is "
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

bool isLocal(const QUrl &url)
{
    return QHostAddress(url.host()).isLoopback() || url.host() == "localhost"_L1;
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

QJsonObject registrationFor(const AuthServer &server, const QString &name, const QString &redirect)
{
    QString method = u"none"_s;
    if (!server.authMethods.isEmpty() && !server.authMethods.contains(method))
        method = server.authMethods.contains(u"client_secret_basic"_s) ? u"client_secret_basic"_s
                                                                       : u"client_secret_post"_s;
    return {{"client_name"_L1, name},
            {"redirect_uris"_L1, QJsonArray{redirect}},
            {"grant_types"_L1, QJsonArray{"authorization_code"_L1, "refresh_token"_L1}},
            {"response_types"_L1, QJsonArray{"code"_L1}},
            {"token_endpoint_auth_method"_L1, method},
            {"application_type"_L1, isLocal(QUrl(redirect)) ? "native"_L1 : "web"_L1}};
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
        co_return unable(ask.server, resource.error().message);
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
        co_return unable(ask.server, server.error().message);
    if (!server)
        co_return server.error();
    if (server->authorizationEndpoint.isEmpty() || !server->challengeMethods.contains(u"S256"_s))
        co_return unable(ask.server, u"its authorization server does not offer PKCE with S256, "
                                     "without which a sign-in is not safe."_s);
    if (leadsElsewhere(*server) && ask.auth.issuer != server->issuer)
        co_return unable(ask.server, u"its authorization server sends users on to another address, "
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

Task<OAuthClient> UpstreamLogin::clientFor(Self self, Ask ask, PendingLogin login)
{
    const AuthServer &server = login.authServer;
    if (!ask.auth.clientId.isEmpty()) {
        // It was registered at one, and whatever the MCP server names would get it (MCP 2026-07-28
        // "Authorization Server Binding").
        if (ask.auth.issuer.isEmpty())
            co_return unable(
                ask.server, u"the client that is configured for it is only shown to the "
                            "authorization server it was registered at, and nothing says which "
                            "that is: MCP_REMOTE_SERVER_OAUTH_ISSUER, or `issuer` in the entry."_s);
        const bool inForm =
            !server.authMethods.isEmpty() && !server.authMethods.contains(u"client_secret_basic"_s);
        co_return OAuthClient{server.issuer, ask.auth.clientId, ask.auth.clientSecret, inForm};
    }
    const QUrl document = self->clientDocumentUrl(login.place);
    if (server.takesDocuments && document.scheme() == "https"_L1
        && login.redirect == self->redirectUri(login.place).toString(QUrl::FullyEncoded))
        co_return OAuthClient{server.issuer, document.toString(QUrl::FullyEncoded), {}, false};
    if (server.registrationEndpoint.isEmpty())
        co_return unable(ask.server,
                         u"its authorization server knows no client for the bridge. Register one "
                         "there and set MCP_REMOTE_CLIENT_ID or `clientId` in the entry."_s);
    co_return co_await registered(self, server, login.trust, login.redirect);
}

Task<OAuthClient> UpstreamLogin::registered(Self self, AuthServer server, egress::Trust trust,
                                            QString redirect)
{
    const Result<std::optional<OAuthClient>> known =
        co_await answer<std::optional<OAuthClient>>([&](Handler<std::optional<OAuthClient>> done) {
            return self->m_book.findClient(server.issuer, redirect, std::move(done));
        });
    if (!known)
        co_return known.error();
    if (*known)
        co_return **known;
    egress::EgressRequest request;
    request.url = server.registrationEndpoint;
    request.trust = egress::trustIn(request.url, QUrl(server.issuer), trust);
    request.method = "POST"_ba;
    request.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
    request.body =
        QJsonDocument(registrationFor(server, self->m_settings.serviceName, redirect)).toJson();
    request.timeout = self->m_settings.timeout;
    const Result<httpclient::Response> outcome =
        co_await answer<httpclient::Response>([&](Handler<httpclient::Response> done) {
            return self->m_fetch(request, std::move(done));
        });
    const QString who = u"The authorization server %1"_s.arg(QUrl(server.issuer).host());
    if (!outcome)
        co_return unreachable(who);
    const QJsonObject body = QJsonDocument::fromJson(outcome->body).object();
    OAuthClient client;
    client.issuer = server.issuer;
    client.id = body["client_id"_L1].toString();
    client.secret = body["client_secret"_L1].toString().toUtf8();
    client.secretInForm = body["token_endpoint_auth_method"_L1] == "client_secret_post"_L1;
    if (body["token_endpoint_auth_method"_L1] == "none"_L1)
        client.secret.clear();
    if (outcome->status / 100 != 2 || client.id.isEmpty())
        co_return Error(ErrorCode::NotConnected,
                        u"%1 does not register the bridge as a client (%2). Tell the operator to "
                        "register one there and to set MCP_REMOTE_CLIENT_ID."_s.arg(who)
                            .arg(outcome->status));
    const Result<Nothing> kept = co_await answer<Nothing>([&](Handler<Nothing> done) {
        return self->m_book.putClient(client, redirect, std::move(done));
    });
    if (!kept)
        co_return kept.error();
    co_return client;
}

Task<QString> UpstreamLogin::redeem(Self self, PendingLogin login, Arrival arrival)
{
    // Before anything of the answer is believed (RFC 9207 §2.4).
    const bool isMissing = login.authServer.tellsIssuer && !arrival.issuer;
    if (arrival.place != login.place || isMissing
        || (arrival.issuer && *arrival.issuer != login.authServer.issuer))
        co_return Error(ErrorCode::BadRequest,
                        u"The answer does not come from the authorization server that was asked. "
                        "Nothing was connected."_s);
    if (!arrival.error.isEmpty() || arrival.code.isEmpty())
        co_return Error(ErrorCode::NotConnected,
                        u"The sign-in was not completed, so nothing was connected. Call the tool "
                        "again to try once more."_s);
    Form form{{u"grant_type"_s, u"authorization_code"_s},
              {u"code"_s, arrival.code},
              {u"redirect_uri"_s, login.redirect},
              {u"code_verifier"_s, QString::fromLatin1(login.verifier)},
              {u"resource"_s, login.resource}};
    const QUrl endpoint = login.authServer.tokenEndpoint;
    const ClientAuth client{login.client.id, login.client.secret, login.client.secretInForm};
    const egress::EgressRequest request =
        clientPost(endpoint, form, client,
                   egress::trustIn(endpoint, QUrl(login.authServer.issuer), login.trust),
                   self->m_settings.timeout);
    const Result<httpclient::Response> outcome =
        co_await answer<httpclient::Response>([&](Handler<httpclient::Response> done) {
            return self->m_fetch(request, std::move(done));
        });
    const Result<TokenSet> set = tokenAnswer(outcome, u"The authorization server"_s);
    if (!set && set.error().code == ErrorCode::InvalidToken)
        co_return Error(ErrorCode::NotConnected,
                        u"The authorization server did not accept its own answer, perhaps because "
                        "it was too late. Call the tool again to try once more."_s);
    if (!set)
        co_return set.error();
    Account account;
    account.url = login.url;
    account.client = login.client;
    account.tokenEndpoint = endpoint;
    account.revocationEndpoint = login.authServer.revocationEndpoint;
    account.connected = QDateTime::fromMSecsSinceEpoch(self->m_settings.clock(), Qt::UTC);
    account.isTrusted = login.trust == egress::Trust::Configured
                        && httpclient::isSameOrigin(endpoint, QUrl(login.authServer.issuer));
    account.resource = login.resource;
    account.scope = set->scope.isEmpty() ? login.scope : set->scope;
    account.access = set->access;
    account.refresh = set->refresh;
    account.type = set->type;
    account.expires = expiryOf(*set, self->m_settings.clock());
    const Result<Nothing> kept = co_await answer<Nothing>([&](Handler<Nothing> done) {
        return self->m_book.put(login.owner, login.server, account, std::move(done));
    });
    if (!kept)
        co_return kept.error();
    Q_EMIT self->connected(login.owner, login.server);
    co_return login.server;
}

} // namespace bridge::credentials
