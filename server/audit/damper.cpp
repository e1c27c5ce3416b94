// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/audit/damper.h"

#include <utility>

using namespace Qt::StringLiterals;

namespace bridge::audit {

Damper::Damper(Write write, std::chrono::milliseconds window) : m_write(std::move(write))
{
    m_timer.setSingleShot(true);
    m_timer.setInterval(window);
    QObject::connect(&m_timer, &QTimer::timeout, &m_timer, [this] { flush(); });
}

Damper::~Damper()
{
    flush();
}

void Damper::take(const QString &key, AuditEvent event)
{
    if (!m_timer.isActive())
        m_timer.start();
    if (const auto known = m_seen.find(key); known != m_seen.end()) {
        event.repeated = known->repeated + 1;
        *known = std::move(event);
        return;
    }
    if (m_seen.size() >= kMaxKeys) {
        ++m_others;
        m_other = std::move(event);
        return;
    }
    m_seen.insert(key, event);
    m_write(std::move(event));
}

void Damper::flush()
{
    const auto seen = std::exchange(m_seen, {});
    for (const AuditEvent &event : seen) {
        if (event.repeated > 0)
            m_write(event);
    }
    const qint64 others = std::exchange(m_others, 0);
    if (others == 0)
        return;
    AuditEvent sum;
    sum.kind = m_other.kind;
    sum.reason = u"many_others"_s;
    sum.repeated = others;
    m_write(std::move(sum));
}

} // namespace bridge::audit
