// SPDX-License-Identifier: GPL-3.0-or-later
// A task of a 2025-11-25 server in the form of the extension io.modelcontextprotocol/tasks: its
// result is waited for (tasks/result), what the server asks meanwhile becomes `inputRequests`.
#pragma once

#include "common/mcp/client.h"
#include "server/gateway/downstream.h"

#include <map>

namespace bridge::gateway {

class TaskDrive : public std::enable_shared_from_this<TaskDrive>
{
public:
    /// For a client of \a profile, of which the questions must be answerable.
    explicit TaskDrive(ClientProfile profile) : m_profile(std::move(profile)) {}
    ~TaskDrive();
    TaskDrive(const TaskDrive &) = delete;
    TaskDrive &operator=(const TaskDrive &) = delete;

    /// \a client outlives the drive.
    void begin(mcp::Client &client, const QString &key);
    bool hasOutcome() const { return m_outcome.has_value(); }
    /// Answers to open questions by their keys; others are left alone. InvalidArguments, and
    /// nothing is answered, when one is no answer.
    Result<Nothing> answer(const QJsonObject &responses);
    /// The answer to `tasks/get` for the task that is \a id to the client; \a task is what the
    /// server says of it.
    QByteArray shown(const QByteArray &task, const QString &id) const;
    /// What shown() tells is how it ended.
    bool isOver(const QByteArray &task) const;

private:
    void onInput(const mcp::InputRequestPtr &input);
    QString statusOf(const QByteArray &task) const;
    QByteArray questions() const;

    ClientProfile m_profile;
    std::map<QString, mcp::InputRequestPtr> m_inputs;
    int m_asked = 0;
    std::optional<Result<QByteArray>> m_outcome;
    Call m_call;
};

/// Members of a `Task` of 2025-11-25 under the names of the extension, as the beginning of an
/// object: `{"resultType":…,"taskId":…,…`, to be closed by the caller's members.
QByteArray renamedTask(const QByteArray &task, const QString &id, const QString &resultType,
                       const QString &status,
                       const QList<std::pair<QString, QByteArray>> &more = {});

} // namespace bridge::gateway
