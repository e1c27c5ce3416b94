// SPDX-License-Identifier: GPL-3.0-or-later
// Connections to a remote server that wait for the next call without a session. Each serves one
// call at a time, so that what the server sends in between belongs to that call.
#pragma once

#include "server/upstream/instance.h"

#include <QtCore/QElapsedTimer>
#include <QtCore/QTimer>

namespace bridge::upstream {

class RemotePool : public QObject
{
public:
    static constexpr int kMost = 8;
    /// Servers forget sessions; a fresh one costs less than a call that fails.
    static constexpr std::chrono::milliseconds kIdle{60'000};

    explicit RemotePool(QObject *parent = nullptr);

    int size() const { return int(m_idle.size()); }
    /// The one used last, or null.
    InstancePtr take();
    void giveBack(InstancePtr instance);
    void drain();

private:
    struct Idle {
        InstancePtr instance;
        QElapsedTimer since;
    };
    void prune();

    QList<Idle> m_idle; ///< longest idle first
    QTimer m_timer;
    bool m_isDrained = false;
};

} // namespace bridge::upstream
