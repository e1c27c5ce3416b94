// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/routes/address.h"

#include "server/gate/visitor.h"
#include "server/policy/warden.h"
#include "server/upstream/remoteheaders.h"

using namespace Qt::StringLiterals;

namespace bridge::routes {

namespace {

/// Whoever may use nothing of a named server is not told that there is one.
Result<upstream::Server *> serverOf(const Services &services, const auth::Principal &caller,
                                    const http::PathParams &params)
{
    if (params.contains(u"server")) {
        if (auto *server = services.registry->find(params[u"server"]);
            server && !server->definition().disabled && isShown(services, caller, *server))
            return server;
        return Error(ErrorCode::ServerNotFound,
                     u"There is no such MCP server. GET /servers lists those there are."_s);
    }
    // Lists at the root are short for those who may use little of it, or empty.
    if (auto *server = services.registry->defaultServer())
        return server;
    return Error(ErrorCode::ServerNotFound,
                 u"No MCP server is enabled. Enable one in the configuration."_s);
}

/// A named server has a cookie of its own: the default server's has Path=/ and would be sent along
/// with every call to the others.
QByteArray cookieName(const Services &services, const http::PathParams &params)
{
    if (!params.contains(u"server"))
        return services.settings.sessionField;
    return services.settings.sessionField + '.' + QUrl::toPercentEncoding(params[u"server"]);
}

void readSessionId(const Services &services, const http::Request &request,
                   const http::PathParams &params, const QJsonValue &inBody, Address &address)
{
    const QByteArray &field = services.settings.sessionField;
    address.cookieName = cookieName(services, params);
    if (params.contains(u"session")) {
        address.sessionId = params[u"session"];
    } else if (const QByteArray header = request.header(field).trimmed(); !header.isEmpty()) {
        address.sessionId = QString::fromUtf8(header);
    } else if (const QByteArray cookie = request.cookie(address.cookieName); !cookie.isEmpty()) {
        address.sessionId = QString::fromUtf8(cookie);
        address.byCookie = true;
    } else {
        address.sessionId = inBody.toString();
    }
}

/// Path=/ unless a base path or a named server narrows it.
QByteArray cookiePath(const Services &services, const http::PathParams &params)
{
    QByteArray path = services.router->basePath().toUtf8();
    if (params.contains(u"server"))
        path += "/servers/" + QUrl::toPercentEncoding(params[u"server"]);
    return path.isEmpty() ? "/"_ba : path;
}

} // namespace

bool isShown(const Services &services, const auth::Principal &caller,
             const upstream::Server &server)
{
    return !services.warden || services.warden->showsServer(caller, server.definition().name);
}

Result<Address> addressOf(const Services &services, http::Exchange &exchange,
                          const http::PathParams &params, QJsonObject *body)
{
    const http::Request &request = exchange.request();
    const QJsonValue inBody = body ? body->take("inxm-session"_L1) : QJsonValue();
    Result<upstream::Server *> server = serverOf(services, *gate::principalOf(exchange), params);
    if (!server)
        return server.error();
    exchange.fields().server = (*server)->definition().name;
    Address address;
    address.server = *server;
    address.identity = gate::identityOf(exchange);
    const http::Headers headers = std::exchange(address.identity.requestHeaders, {});
    upstream::readCaller(address.identity, (*server)->definition(), headers);
    address.cookiePath = cookiePath(services, params);
    readSessionId(services, request, params, inBody, address);
    if (!address.sessionId.isEmpty()) {
        const auto session = services.sessions->find(
            address.identity.owner, (*server)->definition().name, address.sessionId);
        if (session) {
            address.server = &(*session)->server();
            address.identity.group = (*session)->record().group;
        }
    }
    address.pin = address.server->pin();
    return address;
}

QByteArray sessionCookie(const Services &services, const http::Request &request,
                         const Address &address, const QByteArray &sessionId)
{
    QByteArray text = address.cookieName + '=' + sessionId + "; Path=" + address.cookiePath
                      + "; HttpOnly; SameSite=Lax";
    if (services.settings.secureCookie || request.secure)
        text += "; Secure";
    if (sessionId.isEmpty())
        text += "; Max-Age=0";
    return text;
}

Result<sessions::SessionPtr> findSession(const Services &services, http::Exchange &exchange,
                                         const Address &address)
{
    if (address.sessionId.isEmpty())
        return sessions::SessionPtr();
    Result<sessions::SessionPtr> session = services.sessions->find(
        address.identity.owner, address.server->definition().name, address.sessionId);
    if (!session) {
        if (address.byCookie)
            exchange.addHeader("Set-Cookie",
                               sessionCookie(services, exchange.request(), address, QByteArray()));
        return session;
    }
    exchange.fields().session = (*session)->logId();
    if (const auto allowed = gate::checkGroup(exchange, (*session)->record().group); !allowed)
        return allowed.error();
    (*session)->renew(address.identity);
    return session;
}

std::optional<QJsonValue> takeFeedback(QJsonObject &body)
{
    std::optional<QJsonValue> feedback;
    const QStringList keys = body.keys();
    for (const QString &key : keys) {
        const QStringView bare = QStringView(key).mid(key.startsWith('_'_L1) ? 1 : 0);
        if (bare.compare("user_feedback"_L1, Qt::CaseInsensitive) != 0)
            continue;
        const QJsonValue value = body.take(key);
        if (!feedback)
            feedback = value;
    }
    if (feedback && feedback->isString())
        feedback = feedback->toString().trimmed();
    if (feedback && (feedback->isNull() || feedback->toString(u"x"_s).isEmpty()))
        feedback.reset();
    return feedback;
}

Task<Target> acquire(Services *services, http::Exchange *exchange, Address address)
{
    Target target;
    target.address = address;
    Result<sessions::SessionPtr> session = findSession(*services, *exchange, address);
    if (!session)
        co_return session.error();
    if (!*session) {
        Result<upstream::LeasePtr> lease =
            co_await answer<upstream::LeasePtr>([&address](Handler<upstream::LeasePtr> done) {
                return address.server->lease(address.identity, std::move(done));
            });
        if (!lease)
            co_return lease.error();
        target.lease = *lease;
        co_return target;
    }
    target.session = *session;
    std::optional<sessions::Session::Use> use = target.session->useNow();
    if (!use) {
        Result<sessions::Session::Use> waited = co_await answer<sessions::Session::Use>(
            [&target](Handler<sessions::Session::Use> done) {
                return target.session->use(std::move(done));
            });
        if (!waited)
            co_return waited.error();
        use = std::move(*waited);
    }
    target.instance = use->instance;
    target.restarted = use->restarted;
    if (target.restarted)
        exchange->addHeader("X-Session-Restarted", "true");
    co_return target;
}

} // namespace bridge::routes
