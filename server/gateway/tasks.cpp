// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/tasks.h"

#include "common/json/writer.h"
#include "common/mcp/rawjson.h"
#include "common/mcp/revisions.h"
#include "server/gateway/notices.h"
#include "server/gateway/taskdrive.h"
#include "server/gateway/taskforms.h"
#include "server/gateway/translation.h"

using namespace Qt::StringLiterals;

namespace bridge::gateway {

namespace {

using Way = TaskPlan::Way;

Error needsExtension()
{
    Error error(ErrorCode::InvalidArguments,
                u"This takes a client that declares the extension %1."_s.arg(mcp::kTasksExtension));
    error.rpcCode = mcp::kMissingCapability;
    error.detail = QJsonObject{{"requiredCapabilities"_L1, withTasksExtension({})}};
    return error;
}

Error noSuchTask()
{
    return Error(ErrorCode::InvalidArguments,
                 u"There is no such task, or it has expired. Its id is good where the task was "
                 "begun: for the same user, at the same address, in the same session."_s);
}

Result<TaskPlan> planned(Core *core, const Request &request, Way way)
{
    const Result<TaskSlot> slot = core->tasks.reserve(request.identity.owner);
    if (!slot)
        return slot.error();
    TaskPlan plan;
    plan.way = way;
    plan.slot = *slot;
    return plan;
}

/// 2025-11-25 "Tool-Level Negotiation".
Result<TaskPlan> planLegacy(Core *core, const Request &request, const QString &support,
                            const mcp::ServerInfo &server)
{
    const QJsonValue task = request.message.paramsObject().value("task"_L1);
    const bool isServed = hasLegacyTasks(server);
    if (!knowsLegacyTasks(request.profile))
        return TaskPlan{};
    if (task.isUndefined() && isServed && support == "required"_L1)
        return Error(ErrorCode::MethodNotFound,
                     u"This tool runs as a task only. Call it with `task`."_s);
    if (task.isUndefined())
        return TaskPlan{};
    if (!task.isObject())
        return Error(ErrorCode::InvalidArguments, u"`params.task` must be an object."_s);
    if (isServed && (support == "required"_L1 || support == "optional"_L1))
        return planned(core, request, Way::Relayed);
    if (!isServed && taskCapabilities(*core, request.profile, request.server).isEmpty())
        return TaskPlan{}; // nobody offered any
    return Error(ErrorCode::MethodNotFound,
                 u"This tool cannot run as a task. Call it without `task`."_s);
}

/// What is told of \a held without being asked.
void hear(const HeldTaskPtr &held)
{
    const ClientStatePtr state = held->state.lock();
    if (!state || held->profile.era == mcp::Era::Modern)
        return;
    QObject::connect(
        &held->target.client(), &mcp::Client::notified, &held->hearer,
        [weak = std::weak_ptr(held)](const QString &method, const QJsonObject &params) {
            const HeldTaskPtr strong = weak.lock();
            const ClientStatePtr told = strong ? strong->state.lock() : nullptr;
            if (!told || method != "notifications/tasks/status"_L1
                || params["taskId"_L1] != strong->key)
                return;
            strong->isOver = isTerminal(params["status"_L1].toString());
            strong->task = mcp::compact(params);
            Q_EMIT told->notified(method, withTaskId(strong->task, strong->id));
        });
}

/// 2025-11-25: the token of the call is good as long as its task.
void hearProgress(const HeldTaskPtr &held, const TaskPlan &plan, const QJsonObject &params)
{
    if (held->profile.era == mcp::Era::Modern || progressToken(params).isUndefined())
        return;
    QObject::connect(
        &held->target.client(), &mcp::Client::lateProgress, &held->hearer,
        [weak = std::weak_ptr(held), token = *plan.token, params](qint64 id,
                                                                  const mcp::Progress &progress) {
            const HeldTaskPtr strong = weak.lock();
            const ClientStatePtr told = strong ? strong->state.lock() : nullptr;
            if (!told || id != token || progress.progress <= strong->progress)
                return;
            strong->progress = progress.progress;
            Q_EMIT told->notified(
                u"notifications/progress"_s,
                withRelatedTask(progressParams(params, progress, strong->profile), strong->id));
        });
}

HeldTaskPtr hold(Core *core, const TaskPlan &plan, const Request &request, const Place &place,
                 const Target &target, const QByteArray &task)
{
    const auto held = std::make_shared<HeldTask>();
    held->key = mcp::stringMember(task, "taskId"_L1).value_or(QString());
    held->server = place.server->definition().name;
    held->owner = request.identity.owner;
    held->place = request.server;
    held->profile = request.profile;
    held->state = request.state;
    held->slot = plan.slot;
    held->target = target;
    held->task = task;
    held->timeout = place.server->definition().requestTimeout;
    const bool isModern = target.client().server().era == mcp::Era::Modern;
    held->ttlMs = ttlOf(task, isModern ? "ttlMs"_L1 : "ttl"_L1);
    held->isOver = isTerminal(taskStatus(task));
    core->tasks.add(held);
    hear(held);
    hearProgress(held, plan, request.message.paramsObject());
    if (plan.way == Way::Driven) {
        held->drive = std::make_shared<TaskDrive>(request.profile);
        held->drive->begin(held->target.client(), held->key);
    }
    return held;
}

} // namespace

Result<TaskPlan> planTask(Core *core, const Request &request, const upstream::Tool &tool,
                          const mcp::ServerInfo &server)
{
    if (request.profile.era == mcp::Era::Legacy)
        return planLegacy(core, request, taskSupport(tool.raw), server);
    const bool isDeclared = hasTasksExtension(request.profile.capabilities);
    if (server.era == mcp::Era::Modern) {
        if (!isDeclared || !hasTasksExtension(server.capabilities))
            return TaskPlan{};
        // Without room for a task the server is to answer at once.
        Result<TaskPlan> plan = planned(core, request, Way::Relayed);
        return plan ? *plan : TaskPlan{};
    }
    if (!hasLegacyTasks(server) || taskSupport(tool.raw) != "required"_L1)
        return TaskPlan{};
    if (!isDeclared)
        return needsExtension();
    return planned(core, request, Way::Driven);
}

QByteArray taskParams(const TaskPlan &plan, const Request &request, const QByteArray &params)
{
    if (plan.way == Way::Driven)
        return mcp::withMember(params, "task"_L1, "{}"_ba);
    if (plan.way == Way::Relayed && request.profile.era == mcp::Era::Legacy)
        return mcp::withMember(params, "task"_L1,
                               mcp::rawMember(request.message.params, "task"_L1));
    return params;
}

void addTaskOptions(const TaskPlan &plan, const Request &request, mcp::CallOptions &options)
{
    options.token = plan.token;
    if (plan.way != Way::Relayed || request.profile.era != mcp::Era::Modern)
        return;
    options.mayBecomeTask = true;
    options.meta.insert(mcp::kMetaCapabilities,
                        withTasksExtension(options.meta[mcp::kMetaCapabilities].toObject()));
}

std::optional<QByteArray> beginTask(Core *core, const TaskPlan &plan, const Request &request,
                                    const Place &place, const Target &target,
                                    const QByteArray &result)
{
    if (plan.way == Way::None)
        return std::nullopt;
    const bool isModern = target.client().server().era == mcp::Era::Modern;
    const bool isTask = isModern ? mcp::stringMember(result, "resultType"_L1) == u"task"_s
                                 : mcp::rawMember(result, "task"_L1).startsWith('{');
    const QByteArray task = isModern ? result : mcp::rawMember(result, "task"_L1);
    if (!isTask || mcp::stringMember(task, "taskId"_L1).value_or(QString()).isEmpty())
        return std::nullopt;
    const HeldTaskPtr held = hold(core, plan, request, place, target, task);
    if (isModern)
        return withTaskId(result, held->id);
    if (plan.way == Way::Driven)
        return renamedTask(task, held->id, u"task"_s, u"working"_s);
    const QByteArray shown = withReplaced(result, u"task"_s, withTaskId(task, held->id));
    return mcp::rawMember(shown, "_meta"_L1).contains(mcp::kMetaRelatedTask.data())
               ? withRelatedTask(shown, held->id)
               : shown;
}

Result<HeldTaskPtr> heldFor(Core *core, const Request &request)
{
    const std::optional<QString> id = mcp::stringMember(request.message.params, "taskId"_L1);
    if (!id)
        return Error(ErrorCode::InvalidArguments,
                     u"The request needs `params.taskId` as a text."_s);
    if (HeldTaskPtr held = core->tasks.find(*id, request))
        return held;
    return noSuchTask();
}

std::optional<Error> lacksTasks(const Request &request)
{
    const bool isModern = request.profile.era == mcp::Era::Modern;
    if (!isModern || hasTasksExtension(request.profile.capabilities))
        return std::nullopt;
    return needsExtension();
}

QJsonObject taskCapabilities(const Core &core, const ClientProfile &profile, const QString &place)
{
    bool isOffered = false;
    bool isCancellable = false;
    const auto servers = core.serversOf(place);
    for (const upstream::Server *server : servers) {
        const auto info = core.infoOf(server);
        if (!info)
            continue;
        const bool isLegacy = hasLegacyTasks(*info);
        isOffered |=
            isLegacy || (profile.era == mcp::Era::Modern && hasTasksExtension(info->capabilities));
        isCancellable |=
            isLegacy && info->capabilities["tasks"_L1].toObject().contains("cancel"_L1);
    }
    if (!isOffered)
        return {};
    if (profile.era == mcp::Era::Modern)
        return withTasksExtension({});
    if (!knowsLegacyTasks(profile))
        return {};
    const QJsonObject calls{{"tools"_L1, QJsonObject{{"call"_L1, QJsonObject()}}}};
    QJsonObject tasks{{"list"_L1, QJsonObject()}, {"requests"_L1, calls}};
    if (isCancellable)
        tasks.insert("cancel"_L1, QJsonObject());
    return {{"tasks"_L1, tasks}};
}

} // namespace bridge::gateway
