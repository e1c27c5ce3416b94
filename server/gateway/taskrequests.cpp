// SPDX-License-Identifier: GPL-3.0-or-later
// The requests about tasks: asked, fed, cancelled.
#include "common/mcp/rawjson.h"
#include "common/mcp/revisions.h"
#include "server/gateway/notices.h"
#include "server/gateway/taskdrive.h"
#include "server/gateway/taskforms.h"
#include "server/gateway/tasks.h"
#include "server/gateway/translation.h"

using namespace Qt::StringLiterals;

namespace bridge::gateway {

namespace {

QByteArray keyParams(const HeldTask &task)
{
    return mcp::compact({{"taskId"_L1, task.key}});
}

/// What the client sees of the answers about \a held.
QByteArray shownTask(const HeldTask &held, const QByteArray &result)
{
    const QByteArray shown = withTaskId(result, held.id);
    const bool isModern = held.profile.era == mcp::Era::Modern;
    return isModern ? reshaped(shown, {}, {{u"resultType"_s, "\"complete\""_ba}}) : shown;
}

/// A question to the server about \a held.
Task<QByteArray> askServer(HeldTaskPtr held, Request request, QString method, QByteArray params)
{
    mcp::CallOptions options;
    const mcp::ServerInfo &server = held->target.client().server();
    options.meta = upstreamMeta(request, server);
    TaskPlan plan;
    plan.way = TaskPlan::Way::Relayed;
    if (server.era == mcp::Era::Modern)
        addTaskOptions(plan, request, options);
    options.timeout = held->timeout;
    co_return co_await answer<QByteArray>([&](Handler<QByteArray> done) {
        return held->target.client().request(method, params, options, std::move(done));
    });
}

/// \a held is over: what ran it is no longer needed, its end is remembered.
void conclude(const HeldTaskPtr &held, const QByteArray &shown)
{
    held->isOver = true;
    held->ending = shown;
    held->drive.reset();
    held->target = {};
}

Task<Answer> getDriven(HeldTaskPtr held, Request request)
{
    constexpr int kTries = 20;
    constexpr std::chrono::milliseconds kPause{50};
    Result<QByteArray> task = co_await askServer(held, request, u"tasks/get"_s, keyParams(*held));
    // The result comes by a message of its own, which may still be on its way.
    for (int i = 0; i < kTries && task && held->drive && isTerminal(taskStatus(*task))
                    && !held->drive->isOver(*task);
         ++i) {
        co_await answer<Nothing>([](Handler<Nothing> done) {
            return after(kPause, [done = std::move(done)] { done(Nothing{}); });
        });
    }
    if (!held->drive) // somebody else asked at the same time
        co_return Answer{held->ending};
    if (!task && !held->drive->hasOutcome())
        co_return task.error();
    if (task)
        held->task = *task;
    const QByteArray shown = held->drive->shown(held->task, held->id);
    if (held->drive->isOver(held->task))
        conclude(held, shown);
    co_return Answer{shown};
}

Task<Answer> getTask(Core *core, Request request)
{
    const Result<HeldTaskPtr> found = heldFor(core, request);
    if (!found)
        co_return found.error();
    HeldTaskPtr held = *found;
    if (!held->ending.isEmpty())
        co_return Answer{held->ending};
    if (held->drive)
        co_return co_await getDriven(held, request);
    Result<QByteArray> task = co_await askServer(held, request, u"tasks/get"_s, keyParams(*held));
    // Who asked at the same time may have been told the end, and let the server go.
    if (!task && !held->ending.isEmpty())
        co_return Answer{held->ending};
    if (!task)
        co_return task.error();
    held->task = *task;
    held->isOver = isTerminal(taskStatus(*task));
    const QByteArray shown = shownTask(*held, *task);
    // In the modern form that is all there will ever be to tell.
    if (held->isOver && held->profile.era == mcp::Era::Modern)
        conclude(held, shown);
    co_return Answer{shown};
}

Answer acknowledged()
{
    Answer answer;
    answer.result = "{\"resultType\":\"complete\"}"_ba;
    return answer;
}

Task<Answer> updateTask(Core *core, Request request)
{
    const Result<HeldTaskPtr> found = heldFor(core, request);
    if (!found)
        co_return found.error();
    HeldTaskPtr held = *found;
    const QByteArray responses = mcp::rawMember(request.message.params, "inputResponses"_L1);
    if (!responses.startsWith('{'))
        co_return Error(ErrorCode::InvalidArguments,
                        u"The request needs `params.inputResponses`, an object."_s);
    if (!held->ending.isEmpty())
        co_return acknowledged(); // nothing is asked any more
    if (held->drive) {
        const Result<Nothing> answered = held->drive->answer(mcp::objectOf(responses));
        if (!answered)
            co_return answered.error();
        co_return acknowledged();
    }
    const QByteArray params = mcp::withMember(keyParams(*held), "inputResponses"_L1, responses);
    Result<QByteArray> result = co_await askServer(held, request, u"tasks/update"_s, params);
    if (!held->ending.isEmpty())
        co_return acknowledged();
    if (!result)
        co_return result.error();
    co_return Answer{shownTask(*held, *result)};
}

Task<Answer> cancelTask(Core *core, Request request)
{
    const Result<HeldTaskPtr> found = heldFor(core, request);
    if (!found)
        co_return found.error();
    HeldTaskPtr held = *found;
    const bool isModern = request.profile.era == mcp::Era::Modern;
    if (!held->ending.isEmpty())
        co_return acknowledged(); // as far as a task that is over can be cancelled
    Result<QByteArray> result =
        co_await askServer(held, request, u"tasks/cancel"_s, keyParams(*held));
    if (!held->ending.isEmpty())
        co_return acknowledged();
    // The modern form asks for an acknowledgement, whatever the server makes of it.
    const bool isDriven = isModern && !held->target.isEmpty()
                          && held->target.client().server().era == mcp::Era::Legacy;
    if (isDriven && (result || rpcCode(result.error()) == mcp::kMethodNotFound))
        co_return acknowledged();
    if (!result)
        co_return result.error();
    if (!isModern) {
        held->task = *result;
        held->isOver = isTerminal(taskStatus(*result));
    }
    co_return Answer{shownTask(*held, *result)};
}

} // namespace

bool isTaskRequest(const Request &request)
{
    const QString &method = request.message.method;
    const bool isBoth = method == "tasks/get"_L1 || method == "tasks/cancel"_L1;
    if (request.profile.era == mcp::Era::Modern)
        return isBoth || method == "tasks/update"_L1;
    return knowsLegacyTasks(request.profile) && (isBoth || method == "tasks/list"_L1);
}

Task<Answer> taskRequest(Core *core, Request request)
{
    const QString method = request.message.method;
    if (const std::optional<Error> lacking = lacksTasks(request))
        co_return *lacking;
    if (method == "tasks/get"_L1)
        co_return co_await getTask(core, std::move(request));
    if (method == "tasks/update"_L1)
        co_return co_await updateTask(core, std::move(request));
    if (method == "tasks/cancel"_L1)
        co_return co_await cancelTask(core, std::move(request));
    co_return co_await listTasks(core, std::move(request));
}

} // namespace bridge::gateway
