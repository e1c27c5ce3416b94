// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/audit/damper.h"

#include <utility>

using namespace Qt::StringLiterals;

namespace bridge::audit {

namespace {

constexpr qsizetype kOneIn = 4; ///< of what is free, one client may have one in so many

} // namespace

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

bool Damper::hasRoomFor(const QString &client) const
{
    const auto his = m_seen.constFind(client);
    const qsizetype taken = his == m_seen.cend() ? 0 : his->size();
    return kOneIn * taken < kMaxKeys - m_keys;
}

void Damper::take(const QString &client, const QString &key, AuditEvent event)
{
    if (!m_timer.isActive())
        m_timer.start();
    if (const auto his = m_seen.find(client); his != m_seen.end()) {
        if (const auto known = his->find(key); known != his->end()) {
            event.repeated = known->repeated + 1;
            *known = std::move(event);
            return;
        }
    }
    if (!hasRoomFor(client)) {
        ++m_others;
        m_other = std::move(event);
        return;
    }
    m_seen[client].insert(key, event);
    ++m_keys;
    m_write(std::move(event));
}

void Damper::flush()
{
    const auto seen = std::exchange(m_seen, {});
    m_keys = 0;
    for (const Seen &his : seen) {
        for (const AuditEvent &event : his) {
            if (event.repeated > 0)
                m_write(event);
        }
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
