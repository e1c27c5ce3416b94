// SPDX-License-Identifier: GPL-3.0-or-later
// /oauth/upstream/connect and /oauth/upstream/callback: the browser's part in connecting an account
// at a remote MCP server.
//
// Whoever opens the address decides whose account at the far end it becomes, so somebody could send
// his own invitation to somebody else. That is why the page says for whom it is, asks before it
// goes on, and stops when the browser is signed in at the bridge as another person, or not at all
// where people can sign in there or have to (MCP_REMOTE_OAUTH_REQUIRE_LOGIN).
#include "server/credentials/upstreamlogin.h"
#include "server/gate/foreignpage.h"
#include "server/gate/visitor.h"
#include "server/routes/logindescriptions.h"
#include "server/routes/personpage.h"
#include "server/routes/scope.h"

using namespace Qt::StringLiterals;

namespace bridge::routes {

namespace {

using credentials::PendingLogin;
using credentials::UpstreamLogin;
using http::Response;

bool isSecure(const Services &services, const http::Request &request)
{
    return services.settings.secureCookie || request.secure
           || services.upstreamLogin->settings().publicUrl.scheme() == "https"_L1;
}

QByteArray cookieName(bool secure)
{
    return secure ? "__Host-bridge-connect"_ba : "bridge-connect"_ba;
}

QByteArray cookie(bool secure, const QByteArray &value)
{
    QByteArray text = cookieName(secure) + '=' + value + "; Path=/; HttpOnly; SameSite=Lax";
    if (secure)
        text += "; Secure";
    return text + "; Max-Age=" + (value.isEmpty() ? "0" : "600");
}

Response errorPage(http::Exchange *exchange, const Error &error)
{
    exchange->note(error);
    return personPage({httpStatus(error), u"Not connected"_s, error.message, {}, {}});
}

Error over()
{
    return {ErrorCode::BadRequest,
            u"This address has been used or is too old. Call the tool again, or ask for one at "
            "POST /accounts/{server}/connect: the answer has a new one."_s};
}

Error someoneElses()
{
    return {ErrorCode::Forbidden,
            u"You are signed in here as somebody else than this address was made for. Do not open "
            "addresses that other people send you."_s};
}

Error unknownVisitor()
{
    return {ErrorCode::Forbidden,
            u"This bridge connects accounts only for people it knows, and nothing tells it who you "
            "are. Open the address where you are signed in to it, or ask its operator."_s};
}

QString originOf(const QUrl &url)
{
    QString text = url.scheme() + u"://"_s + url.host();
    return url.port() > 0 ? text + u':' + QString::number(url.port()) : text;
}

QByteArray ticketOf(const http::Request &request)
{
    if (request.method != "POST")
        return request.queryValue(u"ticket"_s).toLatin1();
    const QUrlQuery form(QString::fromLatin1(request.body.left(512)));
    return form.queryItemValue(u"ticket"_s, QUrl::FullyDecoded).toLatin1();
}

/// The page that asks, or why there is none.
Response askPage(const Services &services, const PendingLogin &login)
{
    const QString host = login.authServer.authorizationEndpoint.host();
    const QString whose = login.ownerName.isEmpty()
                              ? u"everybody who uses this bridge without signing in"_s
                              : u"\"%1\""_s.arg(login.ownerName);
    const QString text =
        u"This lets the bridge use your account at %1 for the MCP server \"%2\" (%3), whenever %4 "
        "calls it through this bridge. Go on only if that is you and you asked for it."_s.arg(
            host, login.server, login.url.host(), whose);
    const QString form =
        u"<form method=\"post\" action=\"%1/oauth/upstream/connect\"><input type=\"hidden\" "
        "name=\"ticket\" value=\"%2\"><button>Go on to %3</button></form>"_s.arg(
            services.router->basePath().toHtmlEscaped(), QString::fromLatin1(login.ticket),
            host.toHtmlEscaped());
    return personPage({200, u"Connect an account"_s, text, form,
                       originOf(login.authServer.authorizationEndpoint)});
}

Task<Response> connectPage(Services *services, http::Exchange *exchange, http::PathParams)
{
    const http::Request &request = exchange->request();
    const QByteArray ticket = ticketOf(request);
    const PendingLogin *login =
        services->upstreamLogin ? services->upstreamLogin->pending(ticket) : nullptr;
    if (!login)
        co_return errorPage(exchange, over());
    // As far as the browser shows it.
    const auth::PrincipalPtr who = gate::principalOf(*exchange);
    const bool isStranger = who->isAnonymous();
    if (!isStranger && who->owner != login->owner)
        co_return errorPage(exchange, someoneElses());
    const bool hasOwner = login->owner != auth::anonymous()->owner;
    if (isStranger && hasOwner && services->login) {
        const QString back = services->router->basePath() + u"/oauth/upstream/connect?ticket="_s
                             + QString::fromLatin1(ticket);
        Response redirect;
        redirect.status = 302;
        redirect.setHeader("Location",
                           services->router->basePath().toLatin1()
                               + "/oauth/login?redirect_url=" + QUrl::toPercentEncoding(back));
        redirect.setHeader("Cache-Control", "no-store");
        co_return redirect;
    }
    if (isStranger && hasOwner && services->upstreamLogin->settings().requiresLogin)
        co_return errorPage(exchange, unknownVisitor());
    if (request.method != "POST")
        co_return askPage(*services, *login);
    gate::PageRules rules;
    if (const std::optional<Error> foreign = gate::checkPage(request, rules))
        co_return errorPage(exchange, *foreign);
    const auto departure = services->upstreamLogin->begin(ticket);
    if (!departure)
        co_return errorPage(exchange, over());
    Response redirect;
    redirect.status = 303;
    redirect.setHeader("Location", departure->address.toEncoded());
    redirect.setHeader("Cache-Control", "no-store");
    redirect.setHeader("Referrer-Policy", "no-referrer");
    const bool secure = isSecure(*services, request);
    redirect.addHeader("Set-Cookie", cookie(secure, departure->binding));
    co_return redirect;
}

Task<Response> callback(Services *services, http::Exchange *exchange, http::PathParams params)
{
    if (!services->upstreamLogin)
        co_return errorPage(exchange, over());
    const http::Request &request = exchange->request();
    const bool secure = isSecure(*services, request);
    UpstreamLogin::Arrival arrival;
    arrival.origin = gate::originOf(*exchange);
    arrival.state = request.queryValue(u"state"_s).toLatin1();
    arrival.binding = request.cookie(cookieName(secure));
    arrival.code = request.queryValue(u"code"_s);
    arrival.error = request.queryValue(u"error"_s);
    if (params.contains(u"place"))
        arrival.place = params[u"place"];
    if (request.query.hasQueryItem(u"iss"_s))
        arrival.issuer = request.queryValue(u"iss"_s);
    const Result<QString> server = co_await answer<QString>([&](Handler<QString> done) {
        return services->upstreamLogin->finish(std::move(arrival), std::move(done));
    });
    if (!server && server.error().code != ErrorCode::BadRequest)
        exchange->addHeader("Set-Cookie", cookie(secure, {}));
    if (!server)
        co_return errorPage(exchange, server.error());
    exchange->addHeader("Set-Cookie", cookie(secure, {}));
    co_return personPage(
        {200,
         u"Connected"_s,
         u"Your account is connected to the MCP server \"%1\". You can close this page "
         "and go on where you were."_s.arg(*server),
         {},
         {}});
}

} // namespace

void addConnectRoutes(http::Router &router, Services *services)
{
    addPlain(router, services, "GET", u"/oauth/upstream/connect"_s, connectPage,
             describe::connectPage());
    addPlain(router, services, "POST", u"/oauth/upstream/connect"_s, connectPage,
             describe::connectConfirmed());
    addPlain(router, services, "GET", u"/oauth/upstream/callback"_s, callback,
             describe::connectCallback());
    addPlain(router, services, "GET", u"/oauth/upstream/callback/{place}"_s, callback, {});
}

} // namespace bridge::routes
