// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/reloading.h"

#include "common/async/background.h"

using namespace Qt::StringLiterals;

namespace bridge {

Call Reloading::request(const QString &cause, Handler<ReloadReport> handler)
{
    const quint64 number = ++m_lastNumber;
    m_waiting.push_back({number, cause, std::move(handler)});
    if (m_served.empty())
        begin();
    // Who has left is not told; the reading is done all the same.
    return Call([this, number, life = std::weak_ptr(m_life)] {
        if (life.expired())
            return;
        for (auto *list : {&m_waiting, &m_served}) {
            for (Asked &asked : *list) {
                if (asked.number == number)
                    asked.handler = nullptr;
            }
        }
    });
}

void Reloading::request(const QString &cause)
{
    m_waiting.push_back({++m_lastNumber, cause, nullptr});
    if (m_served.empty())
        begin();
}

void Reloading::begin()
{
    m_served = std::exchange(m_waiting, {});
    m_work = inBackground<Reading>(m_read,
                                   [this](Result<Reading> reading) { finish(std::move(reading)); });
}

void Reloading::finish(Result<Reading> reading)
{
    QStringList causes;
    for (const Asked &asked : m_served) {
        if (!causes.contains(asked.cause))
            causes.append(asked.cause);
    }
    const Result<ReloadReport> outcome = m_apply(std::move(reading), causes.join(u", "_s));
    // A handler may withdraw another one, or end this.
    const std::weak_ptr<const int> life(m_life);
    for (size_t i = 0; i < m_served.size(); ++i) {
        if (const auto handler = std::exchange(m_served[i].handler, nullptr))
            handler(outcome);
        if (life.expired())
            return;
    }
    m_served.clear();
    if (!m_waiting.empty())
        begin();
}

} // namespace bridge
