// SPDX-License-Identifier: GPL-3.0-or-later
// Knows which MCP servers of closed sessions are still on their way out.
#pragma once

#include "common/async/call.h"
#include "server/upstream/instance.h"

#include <QtCore/QSet>

namespace bridge::sessions {

class SessionReaper : public QObject
{
    Q_OBJECT
public:
    /// Remembers \a instance until it is destroyed; null is allowed.
    void watch(upstream::Instance *instance);
    /// Calls \a done, from the event loop, once none is left or \a patience has passed.
    void whenEmpty(std::chrono::milliseconds patience, std::function<void()> done);

private:
    void check();
    void tell();

    QSet<QObject *> m_leaving;
    QList<std::function<void()>> m_waiting;
    Call m_telling;
    Call m_patience;
};

} // namespace bridge::sessions
