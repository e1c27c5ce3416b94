// SPDX-License-Identifier: GPL-3.0-or-later
// Many askers, one piece of work: whoever asks while an answer is on its way joins in. The work is
// withdrawn when the last asker is gone. One thread; T must be copyable.
#pragma once

#include "common/async/call.h"

#include <QtCore/QMap>

#include <memory>

namespace bridge {

template <typename T>
class SingleFlight
{
public:
    using Start = std::function<Call(Handler<T>)>;

    SingleFlight() = default;
    SingleFlight(SingleFlight &&) = default;
    SingleFlight &operator=(SingleFlight &&) = default;
    /// Withdraws the work; nobody hears of it any more. An outcome that is being handed out still
    /// reaches all who wait: one of them may have caused this by asking for something else.
    ~SingleFlight()
    {
        if (isRunning())
            m_flight->abandon();
    }

    bool isRunning() const { return m_flight && !m_flight->landed; }

    /// Withdraws the work and gives \a error to all who wait, as there will be no other outcome.
    void fail(const Error &error)
    {
        if (!isRunning())
            return;
        const std::shared_ptr<Flight> flight = m_flight; // a handler may destroy this
        flight->landed = true;
        flight->work.cancel();
        flight->land(error);
    }

    /// Joins the work under way, or begins it with \a start.
    Call join(Handler<T> handler, const Start &start)
    {
        const bool isFirst = !isRunning();
        if (isFirst)
            m_flight = std::make_shared<Flight>();
        const std::shared_ptr<Flight> flight = m_flight;
        const quint64 id = flight->nextId++;
        flight->waiting.insert(id, std::move(handler));
        if (isFirst)
            flight->work = start([weak = std::weak_ptr(flight)](Result<T> outcome) {
                if (const auto strong = weak.lock())
                    strong->land(outcome);
            });
        return Call([flight, id] { flight->leave(id); });
    }

private:
    struct Flight {
        QMap<quint64, Handler<T>> waiting;
        Call work;
        quint64 nextId = 1;
        bool landed = false;

        void land(const Result<T> &outcome)
        {
            landed = true;
            // A handler may withdraw another one, so they stay in the map until their turn.
            while (!waiting.isEmpty()) {
                const Handler<T> handler = waiting.take(waiting.firstKey());
                handler(outcome);
            }
        }

        void leave(quint64 id)
        {
            waiting.remove(id);
            if (!landed && waiting.isEmpty())
                abandon();
        }

        void abandon()
        {
            landed = true;
            waiting.clear();
            work.cancel();
        }
    };

    std::shared_ptr<Flight> m_flight;
};

} // namespace bridge
