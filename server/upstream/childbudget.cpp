// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/childbudget.h"

using namespace Qt::StringLiterals;

namespace bridge::upstream {

ChildBudget::Slot::Slot(std::shared_ptr<ChildBudget> budget) : m_budget(std::move(budget))
{
    ++m_budget->m_count;
}

ChildBudget::Slot::~Slot()
{
    surrender();
}

void ChildBudget::Slot::surrender()
{
    if (const auto budget = std::exchange(m_budget, nullptr))
        --budget->m_count;
}

ChildBudget::SlotPtr ChildBudget::take(Purpose purpose)
{
    const auto isFull = [this] { return m_limit > 0 && m_count >= m_limit; };
    if (isFull() && purpose == Purpose::Need) {
        const QList<Evictor> evictors = m_evictors; // evicting may add or remove some
        for (const Evictor &evictor : evictors) {
            if (evictor.evict() && !isFull())
                break;
        }
    }
    return isFull() ? nullptr : std::make_shared<Slot>(shared_from_this());
}

Error ChildBudget::refusal() const
{
    Error error(ErrorCode::Overloaded,
                u"All %1 places for MCP server processes are taken. Try again later, close "
                "sessions, or raise MAX_CONCURRENT_CHILDREN."_s.arg(m_limit));
    error.extra.insert("retry_after"_L1, 1);
    return error;
}

int ChildBudget::addEvictor(std::function<bool()> evict)
{
    m_evictors.append({m_nextId, std::move(evict)});
    return m_nextId++;
}

void ChildBudget::removeEvictor(int id)
{
    m_evictors.removeIf([id](const Evictor &evictor) { return evictor.id == id; });
}

} // namespace bridge::upstream
