// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/taskbook.h"

#include "common/async/later.h"
#include "common/base/ids.h"
#include "server/gateway/taskdrive.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace bridge::gateway {

namespace {

constexpr int kIdBytes = 24;
constexpr std::chrono::milliseconds kSweepTime{1'000};

} // namespace

TaskBook::TaskBook(const OwnerLimits &limits, std::chrono::milliseconds idle)
    : m_limits(limits)
    , m_idle(idle)
{
}

TaskBook::~TaskBook()
{
    clear();
}

Result<TaskSlot> TaskBook::reserve(const QString &owner)
{
    if (!m_count->hasRoom(m_limits, owner) && !giveWay(owner))
        return Error(ErrorCode::TooManyRequests,
                     u"Too many tasks are open. Cancel some of them, or try again when they are "
                     "over."_s);
    m_count->add(owner);
    // The count may be all that is left when the last task goes.
    return TaskSlot(m_count.get(), [count = m_count, owner](void *) { count->remove(owner); });
}

bool TaskBook::giveWay(const QString &owner)
{
    HeldTaskPtr oldest;
    for (const auto &[id, task] : m_tasks) {
        const bool isOlder = !oldest || task->unused.elapsed() > oldest->unused.elapsed();
        if (task->isOver && task->owner == owner && isOlder)
            oldest = task;
    }
    if (!oldest)
        return false;
    remove(oldest);
    oldest.reset();
    return m_count->hasRoom(m_limits, owner);
}

void TaskBook::add(const HeldTaskPtr &task)
{
    task->number = ++m_begun;
    task->id = randomToken(kIdBytes);
    task->age.start();
    task->unused.start();
    m_tasks[task->id] = task;
    if (m_tasks.size() == 1)
        sweepLater();
}

HeldTaskPtr TaskBook::find(const QString &id, const Request &request)
{
    const auto found = m_tasks.find(id);
    if (found == m_tasks.end())
        return nullptr;
    const HeldTaskPtr &task = found->second;
    const bool isMine = task->owner == request.identity.owner && task->place == request.server
                        && task->profile.era == request.profile.era;
    // A legacy session is all that tells anonymous clients apart.
    const bool isHere =
        request.profile.era == mcp::Era::Modern || task->state.lock() == request.state;
    if (!isMine || !isHere)
        return nullptr;
    task->unused.restart();
    return task;
}

QList<HeldTaskPtr> TaskBook::of(const ClientState *state) const
{
    QList<HeldTaskPtr> found;
    for (const auto &[id, task] : m_tasks) {
        if (state && task->state.lock().get() == state)
            found.append(task);
    }
    std::sort(found.begin(), found.end(),
              [](const HeldTaskPtr &a, const HeldTaskPtr &b) { return a->number < b->number; });
    return found;
}

// What ends may look here.
template <typename Predicate>
void TaskBook::removeIf(Predicate isMeant)
{
    QList<HeldTaskPtr> gone;
    for (auto it = m_tasks.begin(); it != m_tasks.end();) {
        const bool goes = isMeant(*it->second);
        if (goes)
            gone.append(it->second);
        it = goes ? m_tasks.erase(it) : std::next(it);
    }
}

void TaskBook::forget(const ClientState *state)
{
    removeIf([state](const HeldTask &task) { return task.state.lock().get() == state; });
}

void TaskBook::forgetServer(const QString &name)
{
    removeIf([&name](const HeldTask &task) { return task.server == name; });
}

void TaskBook::forgetPlace(const QString &place)
{
    removeIf([&place](const HeldTask &task) { return task.place == place; });
}

void TaskBook::clear()
{
    m_sweep.cancel();
    removeIf([](const HeldTask &) { return true; });
}

void TaskBook::sweepLater()
{
    m_sweep = after(kSweepTime, [this] { sweep(); });
}

void TaskBook::sweep()
{
    removeIf([this](const HeldTask &task) {
        const bool isPast = task.ttlMs >= 0 && task.age.elapsed() > task.ttlMs;
        return isPast || (m_idle.count() > 0 && task.unused.elapsed() > m_idle.count());
    });
    if (!m_tasks.empty())
        sweepLater();
}

} // namespace bridge::gateway
