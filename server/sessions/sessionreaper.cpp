// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/sessions/sessionreaper.h"

#include "common/async/later.h"

namespace bridge::sessions {

void SessionReaper::watch(upstream::Instance *instance)
{
    if (!instance || m_leaving.contains(instance))
        return;
    m_leaving.insert(instance);
    connect(instance, &QObject::destroyed, this, [this](QObject *gone) {
        m_leaving.remove(gone);
        check();
    });
}

void SessionReaper::whenEmpty(std::chrono::milliseconds patience, std::function<void()> done)
{
    m_waiting.append(std::move(done));
    m_patience = after(patience, [this] { tell(); });
    check();
}

void SessionReaper::check()
{
    if (m_leaving.isEmpty() && !m_waiting.isEmpty())
        m_telling = later([this] { tell(); });
}

void SessionReaper::tell()
{
    m_telling.cancel();
    m_patience.cancel();
    const auto waiting = std::exchange(m_waiting, {}); // whoever is told may delete this
    for (const auto &done : waiting)
        done();
}

} // namespace bridge::sessions
