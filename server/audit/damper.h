// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps events that anybody can cause at will, such as calls beyond a limit, from filling the disk:
// of each kind only the first in a minute is written at once; how often it came again is told once
// the minute is over. No more than kMaxKeys kinds are told apart in a minute, the others are
// counted together; so there are 2 × kMaxKeys + 1 lines a minute at most. Main thread.
#pragma once

#include "server/audit/auditevent.h"

#include <QtCore/QHash>
#include <QtCore/QTimer>

#include <chrono>
#include <functional>

namespace bridge::audit {

class Damper
{
public:
    static constexpr qsizetype kMaxKeys = 30;
    static constexpr std::chrono::milliseconds kWindow{60'000};
    using Write = std::function<void(AuditEvent)>;

    explicit Damper(Write write, std::chrono::milliseconds window = kWindow);
    /// Tells what is left to be told.
    ~Damper();
    Damper(const Damper &) = delete;
    Damper &operator=(const Damper &) = delete;

    /// \a key says what is the same, e.g. who was stopped by which limit.
    void take(const QString &key, AuditEvent event);

private:
    void flush();

    Write m_write;
    QTimer m_timer;
    QHash<QString, AuditEvent> m_seen; ///< the last of each, and how many were not written
    qint64 m_others = 0;
    AuditEvent m_other; ///< the last of them
};

} // namespace bridge::audit
