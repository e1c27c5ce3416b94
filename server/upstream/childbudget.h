// SPDX-License-Identifier: GPL-3.0-or-later
// MAX_CONCURRENT_CHILDREN: how many child processes all servers together may have. Nobody waits in
// a queue here; who gets no slot answers Overloaded and the client comes back. Warm children give
// way to those somebody waits for. One thread.
#pragma once

#include "common/base/error.h"

#include <QtCore/QList>

#include <functional>
#include <memory>

namespace bridge::upstream {

class ChildBudget : public std::enable_shared_from_this<ChildBudget>
{
public:
    /// The right to one child; kept by it until its process group is gone.
    class Slot
    {
    public:
        explicit Slot(std::shared_ptr<ChildBudget> budget);
        ~Slot();
        Slot(const Slot &) = delete;
        Slot &operator=(const Slot &) = delete;
        /// Gives the right back although the child is still on its way out.
        void surrender();

    private:
        std::shared_ptr<ChildBudget> m_budget;
    };
    using SlotPtr = std::shared_ptr<Slot>;

    /// Why a slot is wanted: only a need may push warm children out.
    enum class Purpose { Need, Spare };

    /// \a limit 0 = none. Create with std::make_shared.
    explicit ChildBudget(int limit) : m_limit(limit) {}

    /// Null when every slot is in use.
    SlotPtr take(Purpose purpose);
    int count() const { return m_count; }
    int limit() const { return m_limit; }
    /// Children above a lower limit stay until they end.
    void setLimit(int limit) { m_limit = limit; }
    /// What who got no slot answers: Overloaded, with `retry_after` (seconds) in Error::extra.
    Error refusal() const;

    /// \a evict stops a child nobody uses, surrenders its slot and returns true, or returns false.
    /// Returns the number to withdraw it by.
    int addEvictor(std::function<bool()> evict);
    void removeEvictor(int id);

private:
    struct Evictor {
        int id;
        std::function<bool()> evict;
    };
    QList<Evictor> m_evictors;
    int m_limit;
    int m_count = 0;
    int m_nextId = 1;
};

} // namespace bridge::upstream
