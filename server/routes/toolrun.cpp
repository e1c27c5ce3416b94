// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/routes/toolrun.h"

#include "server/gate/visitor.h"
#include "server/http/body.h"
#include "server/routes/permission.h"
#include "server/telemetry/metrics.h"
#include "server/upstream/tokenargument.h"

using namespace Qt::StringLiterals;

namespace bridge::routes {

namespace {

constexpr qsizetype kLoggedKeys = 32;

bool asksForDryRun(const http::Request &request)
{
    return request.header("X-Inxm-Dry-Run").trimmed().compare("true", Qt::CaseInsensitive) == 0;
}

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

upstream::CallInput callInput(const http::Exchange *exchange, const ToolRun &run)
{
    upstream::CallInput input;
    input.arguments = run.arguments;
    input.oauthToken = run.oauthToken.value_or(QString());
    input.header = [request = &exchange->request()](const QByteArray &name) {
        return request->hasHeader(name) ? request->header(name) : QByteArray();
    };
    return input;
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

/// Counts a call when its answer is known, and tells the audit log; a caller that vanished is not
/// counted, but told of.
class CallClock
{
public:
    CallClock(const Services &services, const http::Exchange &exchange, const ToolRun &run)
        : m_services(services)
        , m_exchange(exchange)
    {
        m_action.server = run.address.server->definition().name;
        m_sample.tool = run.tool;
        m_sample.transport = run.transport;
        m_clock.start();
    }
    ~CallClock()
    {
        if (!m_isDone)
            tell(u"cancelled"_s);
    }
    CallClock(const CallClock &) = delete;
    CallClock &operator=(const CallClock &) = delete;

    /// The tool is one the server has.
    void setKnown() { m_sample.known = true; }
    /// \a reason instead of an error, see policy::Ended.
    void done(const std::optional<Error> &error, const QString &reason = {})
    {
        m_isDone = true;
        m_sample.errorType = error ? errorType(*error) : QString();
        m_sample.seconds = double(m_clock.nsecsElapsed()) / 1e9;
        m_services.metrics->toolCalled(m_sample);
        tell(error ? codeName(error->code) : reason);
    }

private:
    void tell(const QString &reason)
    {
        if (!m_services.warden)
            return;
        // Other names are what the caller made up.
        m_action.name = m_sample.known ? m_sample.tool : QString();
        m_services.warden->tell(*gate::principalOf(m_exchange),
                                {m_exchange.requestId(), m_exchange.request().peer}, m_action,
                                {reason, std::chrono::milliseconds(m_clock.elapsed())});
    }

    const Services &m_services;
    const http::Exchange &m_exchange;
    policy::Action m_action;
    telemetry::ToolSample m_sample;
    QElapsedTimer m_clock;
    bool m_isDone = false;
};

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

/// A tool with the arguments it will get.
struct Prepared {
    std::shared_ptr<const upstream::Tool> tool; ///< null = not looked for yet
    QJsonObject arguments;                      ///< empty for the answer to a question
    bool wantsToken = false; ///< nothing is checked before ToolRun::oauthToken is known
};

/// The remembered tools everybody shares; none when the session of \a address may have others.
upstream::ToolSetPtr sharedTools(const Address &address)
{
    if (!address.sessionId.isEmpty() && address.server->hasOwnTools())
        return nullptr;
    return address.server->cachedTools(address.identity);
}

/// The called tool among \a tools, as far as the caller may use it, and its checked arguments.
/// Counts the call.
Result<Prepared> prepare(const Services &services, http::Exchange *exchange, const ToolRun &run,
                         const upstream::ToolSet &tools)
{
    Permission permission(services, *exchange, *run.address.server);
    Prepared prepared;
    prepared.tool = tools.find(run.tool);
    if (!prepared.tool)
        return toolNotFound();
    // Before the arguments: what is wrong with them would tell that a hidden tool exists.
    if (!permission.shows(*prepared.tool))
        return permission.refusal(*prepared.tool);
    if (run.feedback)
        return prepared;
    prepared.wantsToken = prepared.tool->wantsOauthToken && !run.oauthToken;
    if (prepared.wantsToken)
        return prepared;
    Result<QJsonObject> arguments = upstream::prepareArguments(
        *prepared.tool, callInput(exchange, run), run.address.server->definition());
    if (!arguments)
        return arguments.error();
    if (const auto allowed = permission.check(*prepared.tool, &*arguments); !allowed)
        return allowed.error();
    if (const auto left = permission.count(Permission::Kind::Tool, run.tool); !left)
        return left.error();
    prepared.arguments = std::move(*arguments);
    return prepared;
}

/// The same, waiting for the token the tool wants. \a run keeps it.
Task<Prepared> prepareFully(const Services *services, http::Exchange *exchange, ToolRun *run,
                            upstream::ToolSetPtr tools)
{
    Result<Prepared> prepared = prepare(*services, exchange, *run, *tools);
    if (!prepared || !prepared->wantsToken)
        co_return prepared;
    Result<QString> token =
        co_await upstream::tokenArgument(run->address.identity, run->address.server->definition());
    if (!token)
        co_return token.error();
    run->oauthToken = *token;
    co_return prepare(*services, exchange, *run, *tools);
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

namespace {

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

Task<upstream::ToolSetPtr> toolsFor(Services *services, http::Exchange *exchange, Address address)
{
    Result<upstream::ToolSetPtr> tools = co_await allTools(services, exchange, address);
    if (!tools)
        co_return tools.error();
    co_return Permission(*services, *exchange, *address.server).shown(*tools);
}

} // namespace bridge::routes
