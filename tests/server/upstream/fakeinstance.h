// SPDX-License-Identifier: GPL-3.0-or-later
// An instance without a process, and a start function that is answered by hand.
#pragma once

#include "server/upstream/instance.h"

#include <QtCore/QList>

#include <cstdlib>

namespace bridge::upstream {

class FakeInstance : public Instance
{
    Q_OBJECT
public:
    FakeInstance() { ++count; }
    ~FakeInstance() override { --count; }
    mcp::Client &client() override { std::abort(); } // nothing tested with it gets that far
    bool isAlive() const override { return alive; }
    qint64 processId() const override { return 0; }
    QString epitaph() const override { return {}; }
    bool hasExpired() const override { return expired; }
    void die()
    {
        alive = false;
        Q_EMIT died(Error(ErrorCode::UpstreamFailed, QStringLiteral("dead")));
    }
    bool alive = true;
    bool expired = false;
    static inline int count = 0;
};

template <typename T>
struct ManualStart {
    QMap<int, Handler<T>> pending;
    int begun = 0;

    std::function<Call(Handler<T>)> function()
    {
        return [this](Handler<T> handler) {
            const int id = ++begun;
            pending.insert(id, std::move(handler));
            return Call([this, id] { pending.remove(id); });
        };
    }
    void answer(Result<T> outcome)
    {
        const Handler<T> handler = pending.take(pending.firstKey());
        handler(std::move(outcome));
    }
};

} // namespace bridge::upstream
