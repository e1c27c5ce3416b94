// SPDX-License-Identifier: GPL-3.0-or-later
// Starting, keeping and closing sessions (contract §1.3, §2).
#include "common/base/duration.h"
#include "server/gate/visitor.h"
#include "server/http/body.h"
#include "server/routes/address.h"
#include "server/routes/descriptions.h"
#include "server/routes/scope.h"

using namespace Qt::StringLiterals;

namespace bridge::routes {

namespace {

using http::Response;

QJsonValue textOrNull(const QString &text)
{
    return text.isEmpty() ? QJsonValue(QJsonValue::Null) : QJsonValue(text);
}

Error sessionMissing()
{
    return Error(ErrorCode::SessionMissing,
                 u"Name the session: in the path, in the session header or in its cookie."_s);
}

Task<Response> startSession(Services *services, http::Exchange *exchange, http::PathParams params)
{
    Result<QJsonObject> body = http::jsonObjectBody(exchange->request());
    if (!body)
        co_return body.error();
    Result<Address> address = addressOf(*services, *exchange, params, &*body);
    if (!address)
        co_return address.error();
    // A session is a process of one's own, of no use to whom nothing of the server is shown.
    if (!isShown(*services, *gate::principalOf(*exchange), *address->server))
        co_return Error(ErrorCode::ServerNotFound,
                        u"There is no default MCP server for you. GET /servers lists those you may "
                        "use."_s);
    const QJsonValue wanted = body->value("session_id"_L1);
    if (!wanted.isUndefined() && !wanted.isNull() && !wanted.isString())
        co_return Error(ErrorCode::SessionInvalidId, u"`session_id` must be a text."_s);
    if (wanted.isString() && !sessions::isValidSessionId(wanted.toString()))
        co_return Error(ErrorCode::SessionInvalidId,
                        u"`session_id` must be 1 to 128 letters, digits, dots, underscores or "
                        "hyphens, begin with a letter or digit, and be none of start, close, "
                        "ping, status."_s);
    Result<sessions::SessionPtr> session =
        co_await answer<sessions::SessionPtr>([&](Handler<sessions::SessionPtr> done) {
            return services->sessions->start(address->server, address->identity,
                                             address->identity.group, wanted.toString(),
                                             std::move(done));
        });
    if (!session)
        co_return session.error();
    exchange->fields().session = (*session)->logId();
    const sessions::SessionRecord &record = (*session)->record();
    const QString field = QString::fromLatin1(services->settings.sessionField);
    QJsonObject reply{{field, record.key.id},
                      {"session_id"_L1, record.key.id},
                      {"status"_L1, u"started"_s},
                      {"created_at"_L1, isoUtc(record.createdAt)},
                      {"expires_at"_L1, isoUtc(record.expiresAt)},
                      {"user_id"_L1, textOrNull(gate::principalOf(*exchange)->userId)}};
    if (!record.group.isEmpty()) {
        reply["group"_L1] = record.group;
        reply["group_id"_L1] = record.group;
    }
    Response response = Response::json(200, reply);
    response.addHeader("Set-Cookie", sessionCookie(*services, exchange->request(), *address,
                                                   record.key.id.toUtf8()));
    co_return response;
}

/// The session of the path, header or cookie.
Result<sessions::SessionPtr> namedSession(Services *services, http::Exchange *exchange,
                                          const http::PathParams &params)
{
    Result<Address> address = addressOf(*services, *exchange, params);
    if (!address)
        return address.error();
    if (address->sessionId.isEmpty())
        return sessionMissing();
    return findSession(*services, *exchange, *address);
}

QString stateName(sessions::Session::State state)
{
    switch (state) {
    case sessions::Session::State::Active:
        return u"active"_s;
    case sessions::Session::State::Broken:
        return u"broken"_s;
    case sessions::Session::State::Closing:
        break;
    }
    return u"closing"_s;
}

Task<Response> pingSession(Services *services, http::Exchange *exchange, http::PathParams params)
{
    Result<sessions::SessionPtr> session = namedSession(services, exchange, params);
    if (!session)
        co_return session.error();
    (*session)->touch();
    const sessions::SessionRecord &record = (*session)->record();
    co_return Response::json(200, QJsonObject{{"session_id"_L1, record.key.id},
                                              {"status"_L1, stateName((*session)->state())},
                                              {"last_ping"_L1, isoUtc(record.lastActivity)},
                                              {"expires_at"_L1, isoUtc(record.expiresAt)}});
}

/// \a userId: of its owner, empty for the anonymous one.
QJsonObject statusView(const sessions::Session &session, const QString &userId)
{
    const sessions::SessionRecord &record = session.record();
    return {{"session_id"_L1, record.key.id},
            {"server"_L1, record.key.server},
            {"status"_L1, stateName(session.state())},
            {"created_at"_L1, isoUtc(record.createdAt)},
            {"last_activity"_L1, isoUtc(record.lastActivity)},
            {"expires_at"_L1, isoUtc(record.expiresAt)},
            {"user_id"_L1, textOrNull(userId)},
            {"group_id"_L1, textOrNull(record.group)},
            {"awaiting_feedback"_L1, session.hasSuspendedCall()},
            {"total_requests"_L1, session.totalRequests()}};
}

Task<Response> sessionStatus(Services *services, http::Exchange *exchange, http::PathParams params)
{
    Result<sessions::SessionPtr> session = namedSession(services, exchange, params);
    if (!session)
        co_return session.error();
    co_return Response::json(200, statusView(**session, gate::principalOf(*exchange)->userId));
}

Task<Response> closeSession(Services *services, http::Exchange *exchange, http::PathParams params)
{
    Result<Address> address = addressOf(*services, *exchange, params);
    if (!address)
        co_return address.error();
    if (address->sessionId.isEmpty())
        co_return sessionMissing();
    Result<sessions::SessionPtr> session = findSession(*services, *exchange, *address);
    if (!session)
        co_return session.error();
    const sessions::SessionKey key = (*session)->record().key;
    *session = nullptr; // the manager's reference is the last one that matters
    Result<sessions::CloseReport> report =
        services->sessions->close(key.owner, key.server, key.id, u"closed"_s);
    if (!report)
        co_return report.error();
    Response response =
        Response::json(200, QJsonObject{{"session_id"_L1, key.id},
                                        {"status"_L1, u"closed"_s},
                                        {"duration"_L1, humanDuration(report->durationMs)},
                                        {"total_requests"_L1, report->totalRequests}});
    response.addHeader("Set-Cookie",
                       sessionCookie(*services, exchange->request(), *address, QByteArray()));
    co_return response;
}

/// For administrators: whose sessions there are. Not their ids, which are the owners' alone.
QJsonObject foreignView(const sessions::Session &session)
{
    QJsonObject view = statusView(session, {});
    view.remove("session_id"_L1);
    view["session"_L1] = session.logId();
    view["owner"_L1] = session.record().key.owner;
    return view;
}

Task<Response> listSessions(Services *services, http::Exchange *exchange, http::PathParams)
{
    QJsonArray list;
    const auth::PrincipalPtr caller = gate::principalOf(*exchange);
    if (exchange->request().queryValue(u"scope"_s) == "all"_L1) {
        if (!caller->isAdmin)
            co_return Error(ErrorCode::Forbidden,
                            u"Only administrators see the sessions of others. Leave `scope` out to "
                            "get your own."_s);
        for (const sessions::SessionPtr &session : services->sessions->all())
            list.append(foreignView(*session));
    } else if (!caller->isAnonymous() || services->settings.listAnonymousSessions) {
        for (const sessions::SessionPtr &session : services->sessions->sessionsOf(caller->owner))
            list.append(statusView(*session, caller->userId));
    }
    co_return Response::json(200, QJsonObject{{"sessions"_L1, list}});
}

} // namespace

void addSessionRoutes(http::Router &router, Services *services)
{
    const auto add = [&](const char *method, const QString &pattern, Operation operation,
                         const QJsonObject &openApi) {
        addOperation(router, services, method, pattern, operation, openApi, SessionForm::None);
    };
    add("POST", u"/session/start"_s, startSession, describe::startSession());
    add("POST", u"/session/ping"_s, pingSession, {});
    add("GET", u"/session/status"_s, sessionStatus, {});
    add("POST", u"/session/close"_s, closeSession, describe::closeSession());
    add("POST", u"/session/{session}/ping"_s, pingSession, describe::pingSession());
    add("GET", u"/session/{session}/status"_s, sessionStatus, describe::sessionStatus());
    add("POST", u"/session/{session}/close"_s, closeSession, describe::closeNamedSession());
    addPlain(router, services, "GET", u"/sessions"_s, listSessions, describe::listSessions());
}

} // namespace bridge::routes
