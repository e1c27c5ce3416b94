// SPDX-License-Identifier: GPL-3.0-or-later
// The tasks that clients of the bridge have begun at servers behind it (MCP 2025-11-25 "Tasks" and
// the extension io.modelcontextprotocol/tasks). Clients know each by an id of the bridge, which
// leads to the server and to nobody else's task. A task keeps what runs it. Main thread.
#pragma once

#include "common/async/call.h"
#include "server/gateway/dispatcher.h"
#include "server/gateway/target.h"

#include <QtCore/QElapsedTimer>

#include <map>

namespace bridge::gateway {

class TaskDrive;
/// A place for one task among those of its owner.
using TaskSlot = std::shared_ptr<void>;

struct HeldTask {
    quint64 number = 0; ///< counted by the book
    QString id;         ///< as the client knows it
    QString key;        ///< as the server knows it
    QString server;     ///< its name
    QString owner;      ///< whose it is: upstream::Identity::owner
    QString place;      ///< Request::server of the call that became the task
    ClientProfile profile;
    std::weak_ptr<ClientState> state; ///< of that call; not kept, so that it can expire
    TaskSlot slot;
    std::chrono::milliseconds timeout{0}; ///< of requests about it
    QObject hearer;                       ///< context of what is heard from the server
    Target target; ///< dropped when the task is over and nothing more is to be asked
    std::shared_ptr<TaskDrive> drive; ///< of a task in the older form for a modern client
    QByteArray task;                  ///< the newest `Task` the server told, raw, with its key
    QByteArray ending;                ///< the answer to tasks/get for good, once it is over
    qint64 ttlMs = -1;                ///< from the beginning; negative = unlimited
    QElapsedTimer age;
    QElapsedTimer unused; ///< since the client last asked
    double progress = -1; ///< the last that was told
    bool isOver = false;
};
using HeldTaskPtr = std::shared_ptr<HeldTask>;

class TaskBook
{
public:
    /// \a idle: tasks nobody asks about for so long are given up; 0 = never.
    TaskBook(const OwnerLimits &limits, std::chrono::milliseconds idle);
    ~TaskBook();
    TaskBook(const TaskBook &) = delete;
    TaskBook &operator=(const TaskBook &) = delete;

    /// At a limit the owner's longest unused task that is over gives way; TooManyRequests when
    /// there is none.
    Result<TaskSlot> reserve(const QString &owner);
    /// Gives \a task its id.
    void add(const HeldTaskPtr &task);
    /// The task \a id of the client of \a request, which counts as used. Null for unknown tasks
    /// and those that are somebody else's, of another endpoint or another legacy session alike.
    HeldTaskPtr find(const QString &id, const Request &request);
    /// All of a legacy session, in the order of their beginning.
    QList<HeldTaskPtr> of(const ClientState *state) const;
    void remove(const HeldTaskPtr &task) { m_tasks.erase(task->id); }

    /// Gives up what belongs to \a state, to a server, to an endpoint; everything.
    void forget(const ClientState *state);
    void forgetServer(const QString &name);
    void forgetPlace(const QString &place);
    void clear();
    void setIdle(std::chrono::milliseconds idle) { m_idle = idle; }
    int count() const { return int(m_tasks.size()); }

private:
    template <typename Predicate>
    void removeIf(Predicate isMeant);
    bool giveWay(const QString &owner);
    void sweepLater();
    void sweep();

    OwnerLimits m_limits;
    std::chrono::milliseconds m_idle;
    std::shared_ptr<OwnerCount> m_count = std::make_shared<OwnerCount>();
    std::map<QString, HeldTaskPtr> m_tasks;
    quint64 m_begun = 0;
    Call m_sweep;
};

} // namespace bridge::gateway
