// SPDX-License-Identifier: GPL-3.0-or-later
// toolrun.h: what the request says, and the tools it is about.
#include "server/http/body.h"
#include "server/routes/permission.h"
#include "server/routes/toolpreparation.h"

using namespace Qt::StringLiterals;

namespace bridge::routes {

namespace {

constexpr qsizetype kLoggedKeys = 32;

bool asksForDryRun(const http::Request &request)
{
    return request.header("X-Inxm-Dry-Run").trimmed().compare("true", Qt::CaseInsensitive) == 0;
}

Task<upstream::ToolSetPtr> allTools(Services *services, http::Exchange *exchange, Address address)
{
    upstream::Server *server = address.server;
    Result<sessions::SessionPtr> session = findSession(*services, *exchange, address);
    if (!session)
        co_return session.error();
    const bool inSession = *session != nullptr;
    if (inSession)
        (*session)->touch();
    if (auto cached = sharedTools(address))
        co_return cached;
    if (!inSession) {
        co_return co_await answer<upstream::ToolSetPtr>([&](Handler<upstream::ToolSetPtr> done) {
            return server->tools(address.identity, nullptr, std::move(done));
        });
    }
    Result<Target> target = co_await acquire(services, exchange, address);
    if (!target)
        co_return target.error();
    Result<upstream::ToolSetPtr> tools =
        co_await answer<upstream::ToolSetPtr>([&](Handler<upstream::ToolSetPtr> done) {
            return server->tools(address.identity, &target->client(), std::move(done));
        });
    co_return tools;
}

} // namespace

Result<ToolRun> readToolRun(const Services &services, http::Exchange &exchange,
                            const http::PathParams &params)
{
    Result<QJsonObject> body = http::jsonObjectBody(exchange.request());
    if (!body)
        return body.error();
    ToolRun run;
    run.tool = params[u"tool"];
    exchange.fields().tool = run.tool;
    Result<Address> address = addressOf(services, exchange, params, &*body);
    if (!address)
        return address.error();
    run.address = std::move(*address);
    run.feedback = takeFeedback(*body);
    if (run.feedback && run.address.sessionId.isEmpty()) {
        Error error(ErrorCode::FeedbackRequiresSession,
                    u"An answer to a tool's question needs the session of the call that asked. "
                    "Start one with POST /session/start and call the tool in it."_s);
        error.detail =
            QJsonObject{{"error"_L1, codeName(error.code)}, {"detail"_L1, error.message}};
        return error;
    }
    run.arguments = std::move(*body);
    run.dryRun = asksForDryRun(exchange.request());
    // Key names are the caller's choice: enough to recognise a call, never a line without end.
    exchange.fields().more.insert(u"arg_keys"_s,
                                  run.arguments.keys()
                                      .first(qMin<qsizetype>(run.arguments.size(), kLoggedKeys))
                                      .join(','_L1)
                                      .left(512));
    return run;
}

Result<Nothing> checkToolRun(const Services &services, http::Exchange &exchange, const ToolRun &run)
{
    Result<sessions::SessionPtr> session = findSession(services, exchange, run.address);
    if (!session)
        return session.error();
    if (!*session)
        return Nothing{};
    (*session)->touch(); // also a request that is refused shows that somebody is there
    if (run.feedback && !(*session)->hasSuspendedCall()) {
        Error error(ErrorCode::FeedbackNotExpected,
                    u"No tool of this session waits for an answer. Call the tool first."_s);
        error.detail =
            QJsonObject{{"error"_L1, codeName(error.code)}, {"detail"_L1, error.message}};
        return error;
    }
    return Nothing{};
}

Task<upstream::ToolSetPtr> toolsFor(Services *services, http::Exchange *exchange, Address address)
{
    Result<upstream::ToolSetPtr> tools = co_await allTools(services, exchange, address);
    if (!tools)
        co_return tools.error();
    co_return Permission(*services, *exchange, *address.server).shown(*tools);
}

} // namespace bridge::routes
