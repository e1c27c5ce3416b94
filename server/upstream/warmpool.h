// SPDX-License-Identifier: GPL-3.0-or-later
// Children that are already initialised, for calls without a session. Each is used once; the pool
// refills in the background. It is filled on the first use (or warmUp()), keeps up to `size`
// children while there are calls and one of them after a quiet minute.
#pragma once

#include "common/async/call.h"
#include "server/upstream/instance.h"

#include <QtCore/QTimer>

#include <map>

namespace bridge::upstream {

class WarmPool : public QObject
{
    Q_OBJECT
public:
    using Start = std::function<Call(Handler<InstancePtr>)>;
    /// More at a time would take the processor from the calls the pool is meant to speed up.
    static constexpr int kParallelStarts = 2;
    static constexpr std::chrono::milliseconds kQuiet{60'000};

    /// \a start must fail rather than push others out when there is no room for one more child.
    WarmPool(int size, Start start, QObject *parent = nullptr);
    ~WarmPool() override;

    int size() const { return m_size; }
    int ready() const { return int(m_ready.size()); }
    int starting() const { return int(m_starts.size()); }
    void setQuietTime(std::chrono::milliseconds time) { m_quiet = time; }

    void warmUp();
    /// An initialised instance, or null when there is none at hand. Either way the pool refills.
    InstancePtr take();
    /// One that nobody will miss, or null; the pool then stays one smaller until the next take().
    InstancePtr evict();
    /// Stops everything and stays empty.
    void drain();

private:
    void fill();
    void startOne();
    void onStarted(int id, Result<InstancePtr> outcome);
    void onDied(Instance *instance);
    void onQuiet();
    void pauseAfterFailure();

    Start m_start;
    QList<InstancePtr> m_ready;
    std::map<int, Call> m_starts;
    Call m_fillLater;
    QTimer m_quietTimer;
    QTimer m_retry;
    QTimer m_fillSoon;
    std::chrono::milliseconds m_quiet = kQuiet;
    int m_size;
    int m_target = 0;
    int m_nextId = 1;
    int m_failures = 0;
};

} // namespace bridge::upstream
