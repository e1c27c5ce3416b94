// SPDX-License-Identifier: GPL-3.0-or-later
// Lets so many pieces of work run at a time, keeps so many waiting and turns the rest away.
// Regulars go first. Whoever has a quarter of the places gets more of them only as long as nobody
// else wants one: he waits behind all others then, and makes room. One thread.
#pragma once

#include "common/async/later.h"

#include <QtCore/QByteArray>

#include <map>
#include <memory>
#include <utility>

namespace bridge::auth {

class Turnstile
{
public:
    Turnstile(size_t mostInside, size_t mostWaiting) : m_queue(std::make_shared<Queue>())
    {
        m_queue->mostInside = mostInside;
        m_queue->mostWaiting = mostWaiting;
    }

    struct Visitor {
        QByteArray from;        ///< whose share it is; empty = has none to keep to
        bool isRegular = false; ///< waits in front of others, and at places of their own
    };
    struct Refusals {
        Error full;     ///< nobody may wait any more
        Error overdone; ///< his own share is used up, and others want the rest
    };

    /// Begins \a start when there is room, or fails with one of \a refusals. Work that has begun is
    /// not stopped when the Call goes: its outcome reaches \a handler all the same, so that leaving
    /// early is no way around what follows from it. close() stops it.
    template <typename T>
    Call enter(std::function<Call(Handler<T>)> start, Handler<T> handler, const Refusals &refusals,
               const Visitor &visitor = {})
    {
        const Rank rank = m_queue->rankOf(visitor);
        if (!m_queue->makeRoom(rank))
            return failLater(std::move(handler),
                             rank == Rank::Overdone ? refusals.overdone : refusals.full);
        const auto visit = std::make_shared<Visit<T>>();
        visit->start = std::move(start);
        visit->handler = std::move(handler);
        visit->place = m_queue->take(visitor);
        visit->ticket = Ticket{rank, m_queue->nextId++};
        m_queue->waiting.emplace(visit->ticket,
                                 Entry{[queue = m_queue, visit] { visit->begin(queue); },
                                       [visit, why = refusals.overdone] { visit->fail(why); }});
        m_queue->admit();
        return Call([queue = m_queue, visit] { visit->withdraw(queue); });
    }

    /// Nobody who waits is let in any more, and what was begun is stopped by its Call, or now.
    void close()
    {
        m_queue->isClosed = true;
        m_queue->waiting.clear();
        const auto left = std::exchange(m_queue->left, {}); // their ends change the list
    }

private:
    enum class Rank { Regular, Usual, Overdone };
    using Ticket = std::pair<Rank, quint64>; ///< by rank, then in the order they came

    struct Entry {
        std::function<void()> begin;
        std::function<void()> turnAway;
    };

    struct Queue : std::enable_shared_from_this<Queue> {
        size_t mostInside = 0;
        size_t mostWaiting = 0;
        size_t inside = 0;
        quint64 nextId = 0;
        bool isClosed = false;
        std::map<Ticket, Entry> waiting;
        std::map<Ticket, std::shared_ptr<void>> left; ///< inside, and nobody waits for them
        std::map<QByteArray, size_t> shares; ///< places taken by whom, of those who have a share

        Rank rankOf(const Visitor &visitor) const
        {
            if (visitor.isRegular)
                return Rank::Regular;
            const auto share = shares.find(visitor.from);
            const bool isOverdone =
                share != shares.end() && share->second * 4 >= mostInside + mostWaiting;
            return isOverdone ? Rank::Overdone : Rank::Usual;
        }
        size_t regulars() const
        {
            return size_t(std::distance(waiting.begin(),
                                        waiting.lower_bound(Ticket{Rank::Usual, quint64(0)})));
        }
        /// Whether one of \a rank may come, for whom somebody else may have to go.
        bool makeRoom(Rank rank)
        {
            if (inside < mostInside && waiting.empty())
                return true;
            if (rank == Rank::Regular)
                return regulars() < mostWaiting;
            if (waiting.size() - regulars() < mostWaiting)
                return true;
            if (rank == Rank::Overdone || waiting.empty()
                || waiting.rbegin()->first.first != Rank::Overdone)
                return false;
            const auto last = std::prev(waiting.end());
            const auto turnAway = std::move(last->second.turnAway);
            waiting.erase(last);
            turnAway();
            return true;
        }
        /// Counts \a visitor for as long as the result lives.
        std::shared_ptr<void> take(const Visitor &visitor)
        {
            if (visitor.isRegular || visitor.from.isEmpty())
                return nullptr;
            ++shares[visitor.from];
            return std::shared_ptr<void>(nullptr,
                                         [weak = weak_from_this(), from = visitor.from](void *) {
                                             const auto queue = weak.lock();
                                             if (queue && --queue->shares[from] == 0)
                                                 queue->shares.erase(from);
                                         });
        }
        void admit()
        {
            while (inside < mostInside && !waiting.empty()) {
                const auto begin = std::move(waiting.begin()->second.begin);
                waiting.erase(waiting.begin());
                ++inside;
                begin();
            }
        }
        void leave()
        {
            --inside;
            admit();
        }
    };

    template <typename T>
    struct Visit : std::enable_shared_from_this<Visit<T>> {
        std::function<Call(Handler<T>)> start;
        Handler<T> handler;
        Call work;
        std::shared_ptr<void> place;
        Ticket ticket;
        bool isInside = false;
        bool isOver = false;

        void begin(const std::shared_ptr<Queue> &queue)
        {
            isInside = true;
            work = start([queue, weak = this->weak_from_this()](Result<T> outcome) {
                const auto self = weak.lock();
                if (!self || self->isOver)
                    return;
                self->isOver = true;
                const Handler<T> tell = std::move(self->handler);
                self->place.reset();
                queue->left.erase(self->ticket);
                queue->leave();
                tell(std::move(outcome));
            });
        }
        /// Instead of begin().
        void fail(const Error &why)
        {
            isOver = true;
            place.reset();
            work = failLater(std::move(handler), why);
        }
        void withdraw(const std::shared_ptr<Queue> &queue)
        {
            if (isInside && !isOver && !queue->isClosed) {
                queue->left.emplace(ticket, this->shared_from_this());
                return;
            }
            work.cancel();
            if (std::exchange(isOver, true))
                return;
            queue->waiting.erase(ticket);
            place.reset();
            if (isInside)
                queue->leave();
        }
    };

    std::shared_ptr<Queue> m_queue;
};

} // namespace bridge::auth
