// SPDX-License-Identifier: GPL-3.0-or-later
// upstreamlogin.h: as which client the bridge comes to an authorization server.
#include "server/credentials/upstreamlogin.h"
#include "server/credentials/upstreamtrouble.h"
#include "server/credentials/wire.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>

using namespace Qt::StringLiterals;

namespace bridge::credentials {

namespace {

bool isLocal(const QUrl &url)
{
    return QHostAddress(url.host()).isLoopback() || url.host() == "localhost"_L1;
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

Task<OAuthClient> UpstreamLogin::clientFor(Self self, Ask ask, PendingLogin login)
{
    const AuthServer &server = login.authServer;
    if (!ask.auth.clientId.isEmpty()) {
        // It was registered at one, and whatever the MCP server names would get it (MCP 2026-07-28
        // "Authorization Server Binding").
        if (ask.auth.issuer.isEmpty())
            co_return cannotConnect(
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
        co_return cannotConnect(
            ask.server, u"its authorization server knows no client for the bridge. Register one "
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
        co_return failed(outcome.error(), who);
    const QJsonObject body = QJsonDocument::fromJson(outcome->body).object();
    OAuthClient client;
    client.issuer = server.issuer;
    client.id = body["client_id"_L1].toString();
    client.secret = body["client_secret"_L1].toString().toUtf8();
    client.secretInForm = body["token_endpoint_auth_method"_L1] == "client_secret_post"_L1;
    if (body["token_endpoint_auth_method"_L1] == "none"_L1)
        client.secret.clear();
    if (outcome->status / 100 != 2 || client.id.isEmpty()) {
        Error error(ErrorCode::NotConnected,
                    u"%1 does not register the bridge as a client (%2). Tell the operator to "
                    "register one there and to set MCP_REMOTE_CLIENT_ID."_s.arg(who)
                        .arg(outcome->status));
        error.logged["provider_status"_L1] = outcome->status;
        if (const QString word = oauthError(*outcome); !word.isEmpty())
            error.logged["provider_error"_L1] = word;
        co_return error;
    }
    const Result<Nothing> kept = co_await answer<Nothing>([&](Handler<Nothing> done) {
        return self->m_book.putClient(client, redirect, std::move(done));
    });
    if (!kept)
        co_return kept.error();
    co_return client;
}

} // namespace bridge::credentials
