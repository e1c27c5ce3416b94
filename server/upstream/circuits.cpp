// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/circuits.h"

#include <algorithm>

namespace bridge::upstream {

Circuits::Circuits(QString server, Circuit::Clock clock)
    : m_server(std::move(server))
    , m_clock(std::move(clock))
{
}

std::shared_ptr<Circuit> Circuits::of(const QString &scope)
{
    if (const auto known = m_circuits.constFind(scope); known != m_circuits.cend())
        return *known;
    if (m_circuits.size() >= kMost)
        makeRoom();
    const auto circuit = Circuit::create(m_server, m_clock);
    m_circuits.insert(scope, circuit);
    return circuit;
}

void Circuits::makeRoom()
{
    m_circuits.removeIf(
        [](const auto &entry) { return !entry.key().isEmpty() && entry.value()->isClean(); });
    if (m_circuits.size() < kMost)
        return;
    auto victim = m_circuits.end();
    for (auto it = m_circuits.begin(); it != m_circuits.end(); ++it) {
        if (it.key().isEmpty())
            continue;
        victim = it;
        if (!it.value()->isOpen())
            break;
    }
    m_circuits.erase(victim);
}

} // namespace bridge::upstream
