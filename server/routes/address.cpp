// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/routes/address.h"

using namespace Qt::StringLiterals;

namespace bridge::routes {

namespace {

Result<upstream::Server *> serverOf(const Services &services, const http::PathParams &params)
{
    if (params.contains(u"server")) {
        if (auto *server = services.registry->find(params[u"server"]);
            server && !server->definition().disabled)
            return server;
        return Error(ErrorCode::ServerNotFound,
                     u"There is no such MCP server. GET /servers lists those there are."_s);
    }
    if (auto *server = services.registry->defaultServer())
        return server;
    return Error(ErrorCode::ServerNotFound,
                 u"No MCP server is enabled. Enable one in the configuration."_s);
}

QString sessionIdOf(const Services &services, const http::Request &request,
                    const http::PathParams &params, const QJsonValue &inBody)
{
    if (params.contains(u"session"))
        return params[u"session"];
    const QByteArray &field = services.settings.sessionField;
    if (const QByteArray header = request.header(field).trimmed(); !header.isEmpty())
        return QString::fromUtf8(header);
    if (const QByteArray cookie = request.cookie(field); !cookie.isEmpty())
        return QString::fromUtf8(cookie);
    return inBody.toString();
}

} // namespace

Result<Address> addressOf(const Services &services, const http::Request &request,
                          const http::PathParams &params, QJsonObject *body)
{
    const QJsonValue inBody = body ? body->take("inxm-session"_L1) : QJsonValue();
    Result<upstream::Server *> server = serverOf(services, params);
    if (!server)
        return server.error();
    if (!request.queryValue(u"group"_s).isEmpty())
        return Error(ErrorCode::BadRequest,
                     u"`group` needs a caller whose membership can be checked: send an access "
                     "token, or leave `group` out."_s);
    Address address;
    address.server = *server;
    address.sessionId = sessionIdOf(services, request, params, inBody);
    return address;
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
    if (address.sessionId.isEmpty()) {
        Result<upstream::LeasePtr> lease =
            co_await answer<upstream::LeasePtr>([&address](Handler<upstream::LeasePtr> done) {
                return address.server->lease(address.identity, std::move(done));
            });
        if (!lease)
            co_return lease.error();
        target.lease = *lease;
        co_return target;
    }

    Result<sessions::SessionPtr> session = services->sessions->find(
        address.identity.owner, address.server->definition().name, address.sessionId);
    if (!session)
        co_return session.error();
    target.session = *session;
    exchange->fields().session = target.session->logId();
    Result<sessions::Session::Use> use = co_await answer<sessions::Session::Use>(
        [&target](Handler<sessions::Session::Use> done) {
            return target.session->use(std::move(done));
        });
    if (!use)
        co_return use.error();
    target.instance = use->instance;
    target.restarted = use->restarted;
    if (target.restarted)
        exchange->addHeader("X-Session-Restarted", "true");
    co_return target;
}

} // namespace bridge::routes
