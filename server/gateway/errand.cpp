// SPDX-License-Identifier: GPL-3.0-or-later
// The way of an errand to its server and back; its questions are in errandquestions.cpp.
#include "server/gateway/errand.h"

#include "common/json/scan.h"
#include "common/json/writer.h"
#include "common/mcp/rawjson.h"
#include "common/mcp/revisions.h"
#include "server/gate/visitor.h"
#include "server/gateway/core.h"
#include "server/gateway/notices.h"
#include "server/gateway/permit.h"
#include "server/gateway/signin.h"
#include "server/gateway/taskforms.h"
#include "server/gateway/tasks.h"
#include "server/gateway/translation.h"
#include "server/policy/warden.h"
#include "server/telemetry/metrics.h"
#include "server/upstream/pipeline.h"
#include "server/upstream/tokenargument.h"

#include <QtCore/QJsonDocument>
#include <QtCore/QScopeGuard>

using namespace Qt::StringLiterals;

namespace bridge::gateway {

struct Errand::Plan {
    Place place;
    QByteArray params; ///< for the server
    std::chrono::milliseconds timeout{0};
    std::optional<QByteArray> answer; ///< no need to ask the server
};

namespace {

constexpr std::chrono::milliseconds kLateLogTime{50};

QByteArray rawMember(const QByteArray &object, QStringView key)
{
    const Result<QList<json::Member>> members = json::members(object);
    return members ? json::valueOf(*members, key).toByteArray() : QByteArray();
}

/// Since 2025-11-25 a model is told in a result what is wrong with its arguments, so that it can
/// try again.
bool tellsInResult(const ClientProfile &profile)
{
    return profile.revision >= "2025-11-25"_L1;
}

QByteArray argumentProblems(const Error &error, const ClientProfile &profile)
{
    QString text = error.message;
    for (const FieldProblem &problem : error.problems)
        text += u"\n%1 %2"_s.arg(problem.path, problem.message);
    json::ObjectWriter block;
    block.value(u"type", u"text"_s).value(u"text", text);
    json::ObjectWriter result;
    result.raw(u"content", QByteArray('[' + block.take() + ']')).value(u"isError", true);
    if (profile.era == mcp::Era::Modern)
        result.value(u"resultType", u"complete"_s);
    return result.take();
}

// A function of its own, because GCC 12 destroys what the branches of a ?: with co_await hold
// twice.
Task<Place> findAny(Core *core, Viewer viewer, QString method, QString given)
{
    if (method == "resources/read"_L1)
        co_return co_await findResource(core, viewer, given);
    if (method == "prompts/get"_L1)
        co_return co_await findPrompt(core, viewer, given);
    co_return co_await findTool(core, viewer, given);
}

/// MCP 2026-07-28 "Per-request protocol fields".
Error lacksCapability(const QJsonObject &required)
{
    Error error(ErrorCode::InvalidArguments,
                u"This call asks its client for something the client has not declared."_s);
    error.rpcCode = mcp::kMissingCapability;
    error.detail = QJsonObject{{"requiredCapabilities"_L1, required}};
    return error;
}

Error needs(const QString &member)
{
    return Error(ErrorCode::InvalidArguments,
                 u"The request needs `params.%1` as a text."_s.arg(member));
}

} // namespace

Errand::Errand(Core *core, Request request, std::shared_ptr<Downstream> downstream)
    : m_core(core)
    , m_request(std::move(request))
    , m_params(m_request.message.paramsObject())
    , m_downstream(std::move(downstream))
    , m_ahead(m_params["inputResponses"_L1].toObject())
{
    m_clock.start();
}

Errand::~Errand()
{
    // Questions first: their server is told `cancel` before the call itself is withdrawn.
    m_inputs.clear();
    m_asking.clear();
}

Call Errand::start(Handler<Answer> handler)
{
    Call call = attach(std::move(handler));
    m_work = work().start([this](Result<QByteArray> outcome) { finish(std::move(outcome)); });
    return call;
}

Call Errand::attach(Handler<Answer> handler)
{
    m_waiter = std::move(handler);
    return Call([self = shared_from_this(), number = ++m_waiterNumber] { self->detach(number); });
}

void Errand::detach(quint64 waiter)
{
    if (waiter != m_waiterNumber || !m_waiter)
        return; // answered, or somebody else waits by now
    m_waiter = nullptr;
    m_downstream.reset();
    m_telling.cancel();
    m_inputs.clear();
    m_asking.clear();
    m_work.cancel();
    tell(u"cancelled"_s);
}

Task<Errand::Plan> Errand::plan()
{
    const QString &method = m_request.message.method;
    const QByteArray &raw = m_request.message.params;
    const Viewer viewer = viewerOf(m_request);
    const bool isResource = method == "resources/read"_L1;
    if (method == "tasks/result"_L1)
        co_return planResult();
    const QString member = isResource ? u"uri"_s : u"name"_s;
    if (!m_params.value(member).isString())
        co_return needs(member);
    const QString given = m_params.value(member).toString();
    Plan plan;
    Result<Place> place = co_await findAny(m_core, viewer, method, given);
    if (!place)
        co_return place.error();
    plan.place = std::move(*place);
    const upstream::ServerDefinition &definition = plan.place.server->definition();
    json::ObjectWriter params;
    params.value(member, plan.place.key);
    if (const QByteArray arguments = rawMember(raw, u"arguments");
        !isResource && !arguments.isEmpty())
        params.raw(u"arguments", arguments);
    plan.params = params.take();
    plan.timeout = plan.place.tool ? definition.toolTimeout : definition.requestTimeout;
    if (plan.place.tool) {
        m_isToolKnown = true;
        m_called.server = definition.name;
        m_called.name = plan.place.key;
        if (m_request.checkTool) {
            if (const std::optional<Error> wrong =
                    m_request.checkTool(plan.place.tool->inputSchema))
                co_return *wrong;
        }
        if (plan.place.tool->wantsOauthToken) {
            Result<QString> token = co_await upstream::tokenArgument(viewer.identity, definition);
            if (!token)
                co_return token.error();
            m_oauthToken = *token;
        }
        const Result<Nothing> checked = checkArguments(plan);
        if (!checked)
            co_return checked.error();
        co_return plan;
    }
    const OfferKind kind = isResource ? OfferKind::Resources : OfferKind::Prompts;
    const Result<Nothing> allowed =
        permit(m_core, m_request, m_downstream.get(), kind, plan.place, nullptr);
    if (!allowed)
        co_return allowed.error();
    co_return plan;
}

/// Waits as long as the task takes.
Result<Errand::Plan> Errand::planResult()
{
    Result<HeldTaskPtr> held = heldFor(m_core, m_request);
    if (!held)
        return held.error();
    m_task = std::move(*held);
    Plan plan;
    plan.params = mcp::compact({{"taskId"_L1, m_task->key}});
    return plan;
}

Result<Nothing> Errand::checkArguments(Plan &plan)
{
    const QJsonValue given = m_params.value("arguments"_L1);
    if (!given.isUndefined() && !given.isObject())
        return Error(ErrorCode::InvalidArguments, u"`params.arguments` must be an object."_s);
    upstream::CallInput input;
    input.arguments = given.toObject();
    input.oauthToken = m_oauthToken;
    input.header =
        m_request.header ? m_request.header : [](const QByteArray &) { return QByteArray(); };
    const Result<QJsonObject> prepared =
        upstream::prepareArguments(*plan.place.tool, input, plan.place.server->definition());
    if (!prepared && tellsInResult(m_request.profile)) {
        plan.answer = argumentProblems(prepared.error(), m_request.profile);
        return Nothing{};
    }
    if (!prepared)
        return prepared.error();
    // Arguments the bridge has nothing to add to keep their bytes, unless the policy is to see
    // just what the server sees: a member that is there twice is one for it, and another one there.
    const bool isOther = looksAtArguments(*m_core) || *prepared != input.arguments;
    if (const auto allowed =
            permit(m_core, m_request, m_downstream.get(), OfferKind::Tools, plan.place, &*prepared);
        !allowed)
        return allowed.error();
    if (isOther)
        plan.params = withReplaced(plan.params, u"arguments"_s,
                                   QJsonDocument(*prepared).toJson(QJsonDocument::Compact));
    return Nothing{};
}

mcp::CallOptions Errand::callOptions(const Plan &plan, const mcp::Client &client)
{
    mcp::CallOptions options;
    options.timeout = plan.timeout;
    options.meta = upstreamMeta(m_request, client.server());
    if (!progressToken(m_params).isUndefined()) {
        options.hooks.progress = [this](const mcp::Progress &progress) {
            // It must grow, whatever the server does.
            if (!m_downstream || progress.progress <= m_progress)
                return;
            m_progress = progress.progress;
            m_downstream->notify(u"notifications/progress"_s,
                                 progressParams(m_params, progress, m_request.profile));
        };
    }
    if (wantsLog(m_request))
        options.hooks.log = [this](const mcp::LogMessage &message) { tellLog(message); };
    options.hooks.input = [this](const mcp::InputRequestPtr &input) { onInput(input); };
    return options;
}

void Errand::tellLog(const mcp::LogMessage &message)
{
    if (m_downstream && isLoggedAt(logLevelOf(m_request), message.level))
        m_downstream->notify(u"notifications/message"_s, logParams(message));
}

// Over HTTP a legacy server's log comes on a connection of its own.
Task<> Errand::awaitLog(mcp::Client *client)
{
    const auto late =
        QObject::connect(client, &mcp::Client::logReceived, client,
                         [this](const mcp::LogMessage &message) { tellLog(message); });
    const auto undo = qScopeGuard([late] { QObject::disconnect(late); });
    co_return co_await answer<Nothing>([](Handler<Nothing> done) {
        return after(kLateLogTime, [done = std::move(done)] { done(Nothing{}); });
    });
}

/// That of the task, or one for this call.
Task<Target> Errand::targetOf(const Plan *plan)
{
    if (m_task)
        co_return m_task->target;
    const Viewer viewer = viewerOf(m_request);
    co_return co_await acquire(m_core, plan->place.server, viewer.state, viewer.identity);
}

Task<QByteArray> Errand::work()
{
    Result<Plan> planned = co_await plan();
    if (!planned)
        co_return planned.error();
    if (planned->answer)
        co_return *planned->answer;
    upstream::Server *server = planned->place.server;
    Result<Target> target = co_await targetOf(&*planned);
    if (!target)
        co_return target.error();
    mcp::Client &client = target->client();
    applyLogLevel(client, m_request);
    const mcp::Era era = client.server().era;
    Result<TaskPlan> task = TaskPlan();
    if (planned->place.tool)
        task = planTask(m_core, m_request, *planned->place.tool, client.server());
    if (!task)
        co_return task.error();
    Result<QByteArray> result = co_await answer<QByteArray>([&](Handler<QByteArray> done) {
        mcp::CallOptions options = callOptions(*planned, client);
        addTaskOptions(*task, m_request, options);
        return client.request(m_request.message.method,
                              taskParams(*task, m_request, planned->params), std::move(options),
                              std::move(done));
    });
    if (m_task) {
        if (!result)
            co_return result.error();
        co_return withRelatedTask(resultFor(*result, u"tools/call"_s, era, m_request.profile),
                                  m_task->id);
    }
    if (target->lease && server->definition().remote && era == mcp::Era::Legacy
        && wantsLog(m_request))
        co_await awaitLog(&client);
    if (!result)
        co_return withoutHints(*m_core, result.error());
    const Result<Nothing> fits =
        upstream::checkSize(*result, server->definition().maxResponseBytes);
    if (!fits)
        co_return fits.error();
    if (auto begun = beginTask(m_core, *task, m_request, planned->place, *target, *result))
        co_return *begun;
    const QByteArray shown = resultFor(*result, m_request.message.method, era, m_request.profile);
    const QString uri = m_params.value("uri"_L1).toString();
    if (m_request.message.method != "resources/read"_L1 || planned->place.key == uri)
        co_return shown;
    co_return withShownUri(shown, planned->place.key, uri);
}

void Errand::finish(Result<QByteArray> outcome)
{
    const auto self = shared_from_this(); // the handler may let go of it
    m_telling.cancel();
    m_inputs.clear();
    m_asking.clear();
    count(outcome);
    m_outcome.emplace(std::move(outcome));
    if (m_waiter)
        deliver();
}

void Errand::deliver()
{
    const auto self = shared_from_this();
    const Result<QByteArray> outcome = std::move(*m_outcome);
    m_downstream.reset();
    const auto waiter = std::exchange(m_waiter, nullptr);
    if (outcome)
        waiter(Answer{*outcome});
    else if (m_request.profile.era == mcp::Era::Modern && !m_lacking.isEmpty())
        waiter(lacksCapability(m_lacking));
    else if (const auto wish =
                 signInRequest(outcome.error(), m_request.message.method, m_request.profile))
        waiter(Answer{*wish});
    else
        waiter(errorFor(outcome.error(), m_request.profile));
}

void Errand::count(const Result<QByteArray> &outcome)
{
    if (m_request.message.method != "tools/call"_L1 || !m_core->metrics)
        return;
    telemetry::ToolSample sample;
    sample.tool = m_params.value("name"_L1).toString();
    sample.known = m_isToolKnown;
    sample.transport = u"mcp"_s;
    std::optional<Error> error;
    if (!outcome)
        error = outcome.error();
    else if (outcome->contains("\"isError\"") && rawMember(*outcome, u"isError") == "true")
        error = Error(ErrorCode::ToolFailed, {});
    if (error)
        sample.errorType = errorType(*error);
    sample.seconds = double(m_clock.nsecsElapsed()) / 1e9;
    m_core->metrics->toolCalled(sample);
    tell(error ? codeName(error->code) : QString());
}

void Errand::tell(const QString &reason)
{
    if (m_request.message.method != "tools/call"_L1 || !m_core->options.warden)
        return;
    m_core->options.warden->tell(*gate::principalOf(m_request.identity),
                                 gate::originOf(m_request.identity), m_called,
                                 {reason, std::chrono::milliseconds(m_clock.elapsed())});
}

} // namespace bridge::gateway
