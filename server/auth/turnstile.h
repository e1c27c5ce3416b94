// SPDX-License-Identifier: GPL-3.0-or-later
// Lets so many pieces of work run at a time, keeps so many waiting and turns the rest away. Nobody
// takes more than a share of the places, and regulars go before others. One thread.
#pragma once

#include "common/async/later.h"

#include <QtCore/QByteArray>

#include <iterator>
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
        QByteArray from;        ///< who shares a quarter of the places; empty = has no share
        bool isRegular = false; ///< waits in front of others, and at places of their own
    };

    /// Begins \a start when there is room. Fails with \a full when nobody may wait any more.
    template <typename T>
    Call enter(std::function<Call(Handler<T>)> start, Handler<T> handler, Error full,
               const Visitor &visitor = {})
    {
        if (!m_queue->hasRoom(visitor))
            return failLater(std::move(handler), std::move(full));
        const auto visit = std::make_shared<Visit<T>>();
        visit->start = std::move(start);
        visit->handler = std::move(handler);
        visit->place = m_queue->take(visitor);
        const Ticket id{!visitor.isRegular, m_queue->nextId++};
        m_queue->waiting.emplace(id, [queue = m_queue, visit] { visit->begin(queue); });
        m_queue->admit();
        return Call([queue = m_queue, visit, id] {
            if (visit->isOver)
                return;
            visit->isOver = true;
            queue->waiting.erase(id);
            visit->place.reset();
            visit->work.cancel();
            if (visit->isInside)
                queue->leave();
        });
    }

    /// Nobody who waits is let in any more.
    void close() { m_queue->waiting.clear(); }

private:
    using Ticket = std::pair<bool, quint64>; ///< regulars first, then in the order they came

    struct Queue : std::enable_shared_from_this<Queue> {
        size_t mostInside = 0;
        size_t mostWaiting = 0;
        size_t inside = 0;
        quint64 nextId = 0;
        std::map<Ticket, std::function<void()>> waiting;
        std::map<QByteArray, size_t> shares; ///< places taken by whom, of those who have a share

        bool hasRoom(const Visitor &visitor) const
        {
            if (inside < mostInside && waiting.empty() && visitor.isRegular)
                return true;
            const auto regulars = size_t(
                std::distance(waiting.begin(), waiting.lower_bound(Ticket{true, quint64(0)})));
            if (visitor.isRegular)
                return regulars < mostWaiting;
            const auto share = shares.find(visitor.from);
            if (share != shares.end() && share->second * 4 >= mostInside + mostWaiting)
                return false;
            return inside < mostInside || waiting.size() - regulars < mostWaiting;
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
                const auto begin = std::move(waiting.begin()->second);
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
                queue->leave();
                tell(std::move(outcome));
            });
        }
    };

    std::shared_ptr<Queue> m_queue;
};

} // namespace bridge::auth
