// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/routes/toolrun.h"

#include "server/routes/callclock.h"
#include "server/routes/permission.h"
#include "server/routes/toolpreparation.h"
#include "server/upstream/tokenargument.h"

using namespace Qt::StringLiterals;

namespace bridge::routes {

namespace {

/// W3C trace context for the tool's `_meta` (contract §9.3); baggage is not passed on.
QJsonObject traceMeta(const http::Exchange &exchange)
{
    QJsonObject meta;
    const http::Request &request = exchange.request();
    if (const QByteArray parent = request.header("traceparent"); !parent.isEmpty()) {
        meta["traceparent"_L1] = QString::fromLatin1(parent);
        if (const QByteArray state = request.header("tracestate"); !state.isEmpty())
            meta["tracestate"_L1] = QString::fromLatin1(state);
    }
    return meta;
}

sessions::ToolRequest toolRequest(const http::Exchange *exchange, const ToolRun &run,
                                  const QJsonObject &arguments, sessions::ToolRequest::Hooks hooks)
{
    sessions::ToolRequest request;
    request.tool = run.tool;
    request.arguments = QJsonDocument(arguments).toJson(QJsonDocument::Compact);
    request.timeout = run.address.server->definition().toolTimeout;
    request.meta = traceMeta(*exchange);
    request.hooks = std::move(hooks);
    return request;
}

/// Shapes the raw result once, and says how it failed.
std::optional<Error> finishAnswer(ToolAnswer &answer)
{
    if (answer.outcome.suspended)
        return std::nullopt;
    answer.shaped =
        upstream::shapeToolResult(*answer.tool, answer.outcome.result, *answer.definition);
    return *answer.shaped ? std::nullopt : std::optional(answer.shaped->error());
}

Task<sessions::ToolOutcome> resume(sessions::SessionPtr session, ToolRun run,
                                   sessions::ToolRequest::Hooks hooks)
{
    co_return co_await answer<sessions::ToolOutcome>([&](Handler<sessions::ToolOutcome> done) {
        return session->resumeTool(run.tool, *run.feedback, hooks, std::move(done));
    });
}

/// From a target to the raw outcome; the tools are listed through the target when unknown.
Task<ToolAnswer> callOn(const Services *services, http::Exchange *exchange, ToolRun run,
                        Prepared prepared, Target target, sessions::ToolRequest::Hooks hooks)
{
    ToolAnswer reply;
    upstream::Server *server = run.address.server;
    reply.definition = &server->definition();
    reply.pin = server->pin();
    // Not the value that came: it may carry the caller's token (contract §2.2).
    if (target.session)
        reply.sessionId = target.session->record().key.id;

    if (!prepared.tool) {
        Result<upstream::ToolSetPtr> listed =
            co_await answer<upstream::ToolSetPtr>([&](Handler<upstream::ToolSetPtr> done) {
                return server->tools(run.address.identity, &target.client(), std::move(done));
            });
        if (!listed)
            co_return listed.error();
        Result<Prepared> found = co_await prepareFully(services, exchange, &run, *listed);
        if (!found)
            co_return found.error();
        prepared = std::move(*found);
    }
    reply.tool = prepared.tool;
    if (run.beforeCall)
        run.beforeCall();
    if (run.feedback) {
        Result<sessions::ToolOutcome> outcome = co_await resume(target.session, run, hooks);
        if (!outcome)
            co_return outcome.error();
        reply.outcome = std::move(*outcome);
        co_return reply;
    }

    sessions::ToolRequest request =
        toolRequest(exchange, run, prepared.arguments, std::move(hooks));
    Result<sessions::ToolOutcome> outcome = co_await answer<sessions::ToolOutcome>(
        [&target, &request](Handler<sessions::ToolOutcome> done) {
            return target.session
                       ? target.session->callTool(std::move(request), std::move(done))
                       : sessions::callToolOnce(target.lease, std::move(request), std::move(done));
        });
    if (!outcome)
        co_return outcome.error();
    reply.outcome = std::move(*outcome);
    co_return reply;
}

/// The dry run never reaches the tool, also when it fails.
Task<ToolAnswer> dryRun(Services *services, http::Exchange *exchange, ToolRun run)
{
    Result<upstream::ToolSetPtr> tools = co_await toolsFor(services, exchange, run.address);
    if (!tools)
        co_return tools.error();
    ToolAnswer reply;
    reply.definition = &run.address.server->definition();
    reply.pin = run.address.pin;
    reply.tool = (*tools)->find(run.tool);
    if (!reply.tool)
        co_return toolNotFound();
    if (reply.tool->wantsOauthToken) {
        Result<QString> token =
            co_await upstream::tokenArgument(run.address.identity, *reply.definition);
        if (!token)
            co_return token.error();
        run.oauthToken = *token;
    }
    Result<QJsonObject> arguments =
        upstream::prepareArguments(*reply.tool, callInput(exchange, run), *reply.definition);
    if (!arguments)
        co_return arguments.error();
    const Permission permission(*services, *exchange, *run.address.server);
    Result<Nothing> allowed = permission.check(*reply.tool, &*arguments);
    if (!allowed)
        co_return allowed.error();
    Result<QByteArray> result = upstream::dryRunResult(*reply.tool, *arguments);
    if (!result)
        co_return result.error();
    reply.shaped = std::move(*result);
    co_return reply;
}

} // namespace

Task<ToolAnswer> runTool(Services *services, http::Exchange *exchange, ToolRun run,
                         sessions::ToolRequest::Hooks hooks)
{
    Result<Nothing> allowed = checkToolRun(*services, *exchange, run);
    if (!allowed)
        co_return allowed.error();
    const auto known = sharedTools(run.address);
    if (run.dryRun) {
        // Whether the header means anything depends on the tool, so the tools come first.
        Result<upstream::ToolSetPtr> tools = co_await toolsFor(services, exchange, run.address);
        if (!tools)
            co_return tools.error();
        const auto tool = (*tools)->find(run.tool);
        if (!tool)
            co_return toolNotFound();
        if (tool->isEffect)
            co_return co_await dryRun(services, exchange, std::move(run));
    }
    CallClock clock(*services, *exchange, run);
    // What can be refused from the known tools costs no child.
    Result<Prepared> prepared = Prepared();
    if (known)
        prepared = co_await prepareFully(services, exchange, &run, known);
    if (!prepared) {
        if (prepared.error().code != ErrorCode::ToolNotFound)
            clock.setKnown();
        clock.done(prepared.error());
        co_return prepared.error();
    }
    if (known) // and the tool is among them
        clock.setKnown();
    Result<Target> target = co_await acquire(services, exchange, run.address);
    if (!target) {
        clock.done(target.error());
        co_return target.error();
    }
    Result<ToolAnswer> reply =
        co_await callOn(services, exchange, run, std::move(*prepared), *target, std::move(hooks));
    if (reply || reply.error().code != ErrorCode::ToolNotFound)
        clock.setKnown();
    if (!reply)
        clock.done(reply.error());
    else if (reply->outcome.suspended)
        clock.done(std::nullopt, u"input_required"_s);
    else
        clock.done(finishAnswer(*reply));
    co_return reply;
}

} // namespace bridge::routes
