// SPDX-License-Identifier: GPL-3.0-or-later
// Lets so many pieces of work run at a time, keeps so many waiting and turns the rest away. One
// thread.
#pragma once

#include "common/async/later.h"

#include <map>
#include <memory>

namespace bridge::auth {

class Turnstile
{
public:
    Turnstile(size_t mostInside, size_t mostWaiting)
        : m_queue(std::make_shared<Queue>(Queue{mostInside, mostWaiting, 0, 0, {}}))
    {
    }

    /// Begins \a start when there is room. Fails with \a full when nobody may wait any more.
    template <typename T>
    Call enter(std::function<Call(Handler<T>)> start, Handler<T> handler, Error full)
    {
        if (m_queue->inside >= m_queue->mostInside
            && m_queue->waiting.size() >= m_queue->mostWaiting)
            return failLater(std::move(handler), std::move(full));
        const auto visit = std::make_shared<Visit<T>>();
        visit->start = std::move(start);
        visit->handler = std::move(handler);
        const quint64 id = m_queue->nextId++;
        m_queue->waiting.emplace(id, [queue = m_queue, visit] { visit->begin(queue); });
        m_queue->admit();
        return Call([queue = m_queue, visit, id] {
            if (visit->isOver)
                return;
            visit->isOver = true;
            queue->waiting.erase(id);
            visit->work.cancel();
            if (visit->isInside)
                queue->leave();
        });
    }

    /// Nobody who waits is let in any more.
    void close() { m_queue->waiting.clear(); }

private:
    struct Queue {
        size_t mostInside;
        size_t mostWaiting;
        size_t inside;
        quint64 nextId;
        std::map<quint64, std::function<void()>> waiting; ///< in the order they came

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
                queue->leave();
                tell(std::move(outcome));
            });
        }
    };

    std::shared_ptr<Queue> m_queue;
};

} // namespace bridge::auth
