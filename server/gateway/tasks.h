// SPDX-License-Identifier: GPL-3.0-or-later
// Tasks between a client and a server that both know them, in the same form: calls that become
// tasks, and the requests about them. Modern clients also get tasks of tools that a 2025-11-25
// server runs in no other way. Legacy clients are not offered tasks of modern servers, which
// decide by themselves what becomes one, while those clients decide by what tools list.
#pragma once

#include "server/gateway/lookup.h"
#include "server/gateway/taskbook.h"

namespace bridge::gateway {

/// How one tools/call may become a task.
struct TaskPlan {
    enum class Way {
        None,
        Relayed, ///< client and server know the same form
        Driven,  ///< asked for by the bridge, shown in the modern form; see TaskDrive
    };

    Way way = Way::None;
    TaskSlot slot;                                               ///< unless it is None
    std::shared_ptr<qint64> token = std::make_shared<qint64>(0); ///< of its progress
};

/// For a call of \a request to \a tool of a \a server. InvalidArguments for a `task` that is none,
/// MethodNotFound for a tool that knows no tasks among servers that do, -32021 when it knows
/// nothing else and the client does not declare them.
Result<TaskPlan> planTask(Core *core, const Request &request, const upstream::Tool &tool,
                          const mcp::ServerInfo &server);
/// \a params of the call for the server, and \a options.
QByteArray taskParams(const TaskPlan &plan, const Request &request, const QByteArray &params);
void addTaskOptions(const TaskPlan &plan, const Request &request, mcp::CallOptions &options);
/// What the client gets when \a result begins a task, which is then held; nothing when it is the
/// call's own result.
std::optional<QByteArray> beginTask(Core *core, const TaskPlan &plan, const Request &request,
                                    const Place &place, const Target &target,
                                    const QByteArray &result);

/// The task of \a request, by its `taskId`. InvalidArguments.
Result<HeldTaskPtr> heldFor(Core *core, const Request &request);

/// -32021 for a modern client that does not declare the extension.
std::optional<Error> lacksTasks(const Request &request);
/// One of the requests about tasks the client's revision has; `tasks/result` is an Errand.
bool isTaskRequest(const Request &request);
Task<Answer> taskRequest(Core *core, Request request);

Task<Answer> listTasks(Core *core, Request request);

/// What clients of \a profile are told at \a place: members for `capabilities`.
QJsonObject taskCapabilities(const Core &core, const ClientProfile &profile, const QString &place);

} // namespace bridge::gateway
