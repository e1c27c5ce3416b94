// SPDX-License-Identifier: GPL-3.0-or-later
// /oauth/login, /oauth/callback, /oauth/userinfo, /oauth/logout.
#include "server/routes/login.h"

#include "server/gate/foreignpage.h"
#include "server/gate/visitor.h"
#include "server/login/loginstrategy.h"
#include "server/login/returnpath.h"
#include "server/routes/logindescriptions.h"
#include "server/routes/personpage.h"
#include "server/routes/scope.h"

using namespace Qt::StringLiterals;

namespace bridge::routes {

namespace {

using http::Response;

Error notSetUp()
{
    return Error(ErrorCode::NotFound,
                 u"Nobody can log in here: the bridge has no OAUTH_CLIENT_ID. Send an access token "
                 "or an API key with each request."_s);
}

QByteArray cookie(const LoginServices &login, const QByteArray &name, const QByteArray &value,
                  int lifeSeconds)
{
    QByteArray text = name + '=' + value + "; Path=/; HttpOnly; SameSite=Lax";
    if (login.secure)
        text += "; Secure";
    if (lifeSeconds >= 0)
        text += "; Max-Age=" + QByteArray::number(lifeSeconds);
    return text;
}

Response redirect(int status, const QByteArray &location)
{
    Response response;
    response.status = status;
    response.setHeader("Location", location);
    // RFC 9700 §4.2.4: what stands in the address must not travel on.
    response.setHeader("Referrer-Policy", "no-referrer");
    response.setHeader("Cache-Control", "no-store");
    return response;
}

void audit(const LoginServices &login, const QString &event, const auth::PrincipalPtr &who,
           const http::Exchange &exchange, const QString &reason = {})
{
    if (login.audit)
        login.audit(event, who, exchange, reason);
}

bool wantsPage(const http::Request &request)
{
    return request.header("accept").contains("text/html");
}

/// A person stands before this, not a program.
Response errorPage(const Error &error, const QByteArray &again)
{
    const QString link = u"<a class=\"button\" href=\"%1\">Log in again</a>"_s.arg(
        QString::fromUtf8(again).toHtmlEscaped());
    return personPage({httpStatus(error), u"Login failed"_s, error.message, link, {}});
}

QString homeOf(const Services &services)
{
    return services.router->basePath() + u'/';
}

Task<Response> begin(Services *services, http::Exchange *exchange, http::PathParams)
{
    const LoginServices *login = services->login;
    if (!login)
        co_return notSetUp();
    const http::Request &request = exchange->request();
    const QString back =
        login::safeReturnPath(request.queryValue(u"redirect_url"_s), homeOf(*services));
    const QString callback = login->address.baseFor(request) + u"/oauth/callback"_s;
    const Result<login::LoginFlow::Begun> begun = co_await login->flow->begin(callback, back);
    if (!begun) {
        Error failure = begun.error();
        if (failure.code == ErrorCode::IdpUnavailable)
            failure.message = u"The identity provider cannot be reached at the moment, so nobody "
                              "can log in. Try again later."_s;
        if (!wantsPage(request))
            co_return failure;
        exchange->note(failure);
        co_return errorPage(failure, (services->router->basePath() + u"/oauth/login"_s).toUtf8());
    }
    Response response = redirect(302, begun->location.toEncoded());
    response.addHeader("Set-Cookie",
                       cookie(*login, login::pendingCookieName(login->secure), begun->cookie,
                              int(login->flow->options().pendingTime.count())));
    co_return response;
}

Task<Response> callback(Services *services, http::Exchange *exchange, http::PathParams)
{
    const LoginServices *login = services->login;
    if (!login)
        co_return notSetUp();
    const http::Request &request = exchange->request();
    const QByteArray pendingName = login::pendingCookieName(login->secure);
    login::LoginFlow::Callback answer;
    answer.code = request.queryValue(u"code"_s);
    answer.state = request.queryValue(u"state"_s);
    answer.issuer = request.queryValue(u"iss"_s);
    answer.namesIssuer = request.query.hasQueryItem(u"iss"_s);
    answer.error = request.queryValue(u"error"_s);
    const QByteArray pending = request.cookie(pendingName);
    const Result<login::LoginFlow::Ended> ended = co_await login->flow->finish(answer, pending);
    if (!ended) {
        audit(*login, u"login_failed"_s, nullptr, *exchange,
              ended.error().logged["provider_error"_L1].toString(codeName(ended.error().code)));
        // A login is ended once, well or badly. What does not belong to it leaves it alone.
        if (ended.error().code != ErrorCode::BadRequest)
            exchange->addHeader("Set-Cookie", cookie(*login, pendingName, {}, 0));
        if (!wantsPage(request))
            co_return ended.error();
        exchange->note(ended.error());
        co_return errorPage(ended.error(),
                            (services->router->basePath() + u"/oauth/login"_s).toUtf8());
    }
    // A login replaces the one before; its session must not outlive its cookie.
    const QByteArray sessionName = login::sessionCookieName(login->secure);
    login->sessions->close(request.cookie(sessionName));
    const auth::PrincipalPtr who = ended->arrival.principal;
    const QByteArray id = login->sessions->open(ended->arrival);
    audit(*login, u"login"_s, who, *exchange);
    Response response = redirect(303, ended->returnTo.toUtf8());
    response.addHeader("Set-Cookie", cookie(*login, sessionName, id, -1));
    response.addHeader("Set-Cookie", cookie(*login, pendingName, {}, 0));
    co_return response;
}

Task<Response> userinfo(Services *, http::Exchange *exchange, http::PathParams)
{
    const auth::PrincipalPtr who = gate::principalOf(*exchange);
    if (who->isAnonymous())
        co_return Error(ErrorCode::Unauthorized,
                        u"Nobody is logged in. Log in at /oauth/login, or send an access token."_s);
    const auto textOrNull = [](const QString &text) {
        return text.isEmpty() ? QJsonValue(QJsonValue::Null) : QJsonValue(text);
    };
    QJsonObject body{
        {"sub"_L1, who->subject.isEmpty() ? textOrNull(who->userId) : QJsonValue(who->subject)},
        {"email"_L1, textOrNull(who->email)},
        {"name"_L1, textOrNull(who->name)},
        {"preferred_username"_L1, textOrNull(who->claims["preferred_username"_L1].toString())},
        {"groups"_L1, QJsonArray::fromStringList(who->groups)},
        {"roles"_L1, QJsonArray::fromStringList(who->roles)},
        {"scopes"_L1, QJsonArray::fromStringList(who->scopes)},
        {"admin"_L1, who->isAdmin},
        {"strategy"_L1, who->strategy},
        {"expires_at"_L1, who->expires.isValid()
                              ? QJsonValue(who->expires.toUTC().toString(Qt::ISODate))
                              : QJsonValue(QJsonValue::Null)}};
    Response response = Response::json(200, body);
    response.setHeader("Cache-Control", "no-store");
    co_return response;
}

Task<Response> end(Services *services, http::Exchange *exchange, http::PathParams)
{
    const LoginServices *login = services->login;
    if (!login)
        co_return notSetUp();
    const http::Request &request = exchange->request();
    // The route is public, so the gate has not asked whose page this comes from.
    gate::PageRules rules;
    rules.byCookie = !request.cookie(login::sessionCookieName(login->secure)).isEmpty();
    if (const std::optional<Error> foreign = gate::checkPage(request, rules))
        co_return *foreign;
    const QByteArray sessionName = login::sessionCookieName(login->secure);
    const std::optional<login::Arrival> closed =
        login->sessions->close(request.cookie(sessionName));
    exchange->addHeader("Set-Cookie", cookie(*login, sessionName, {}, 0));
    QUrl provider;
    if (closed) {
        audit(*login, u"logout"_s, closed->principal, *exchange);
        co_await login->flow->revoke(*closed);
        const QString home = login->address.baseFor(request) + u'/';
        const Result<QUrl> farewell = co_await login->flow->farewell(*closed, home);
        if (farewell)
            provider = *farewell;
    }
    if (wantsPage(request))
        co_return redirect(303,
                           provider.isEmpty() ? homeOf(*services).toUtf8() : provider.toEncoded());
    QJsonObject body{{"status"_L1, u"logged_out"_s}};
    if (!provider.isEmpty())
        body["logout_url"_L1] = QString::fromLatin1(provider.toEncoded());
    co_return Response::json(200, body);
}

} // namespace

void addLoginRoutes(http::Router &router, Services *services)
{
    addPlain(router, services, "GET", u"/oauth/login"_s, begin, describe::login());
    addPlain(router, services, "GET", u"/oauth/callback"_s, callback, describe::loginCallback());
    addPlain(router, services, "GET", u"/oauth/userinfo"_s, userinfo, describe::userinfo());
    addPlain(router, services, "POST", u"/oauth/logout"_s, end, describe::logout());
}

} // namespace bridge::routes
