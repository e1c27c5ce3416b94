// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps events that anybody can cause at will, such as calls beyond a limit, from filling the disk:
// of each kind only the first in a minute is written at once; how often it came again is told once
// the minute is over. No more than kMaxKeys kinds are told apart in a minute, the others are
// counted together; so there are 2 × kMaxKeys + 1 lines a minute at most.
//
// Each client may have a quarter of what is free beside his own, a fifth of all when he is alone:
// however many kinds he thinks up, most is left to others, and to whoever comes after them. Main
// thread.
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
    static constexpr qsizetype kMaxKeys = 150;
    static constexpr std::chrono::milliseconds kWindow{60'000};
    using Write = std::function<void(AuditEvent)>;

    explicit Damper(Write write, std::chrono::milliseconds window = kWindow);
    /// Tells what is left to be told.
    ~Damper();
    Damper(const Damper &) = delete;
    Damper &operator=(const Damper &) = delete;

    /// \a key says what of \a client is the same, e.g. who was stopped by which limit; \a client
    /// who may do it again and again, e.g. an address.
    void take(const QString &client, const QString &key, AuditEvent event);

private:
    bool hasRoomFor(const QString &client) const;
    void flush();

    Write m_write;
    QTimer m_timer;
    using Seen = QHash<QString, AuditEvent>; ///< the last of each, and how many were not written
    QHash<QString, Seen> m_seen;             ///< by client
    qsizetype m_keys = 0;                    ///< of all clients
    qint64 m_others = 0;
    AuditEvent m_other; ///< the last of them
};

} // namespace bridge::audit
