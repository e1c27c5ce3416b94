// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/badtokens.h"

#include "common/logging/categories.h"

#include <QtCore/QtEndian>

#include <utility>

using namespace Qt::StringLiterals;

namespace bridge::auth {

QByteArray networkOf(const QHostAddress &address)
{
    bool isV4 = false;
    const quint32 v4 = qToBigEndian(address.toIPv4Address(&isV4));
    if (isV4)
        return QByteArray(reinterpret_cast<const char *>(&v4), sizeof v4);
    const Q_IPV6ADDR v6 = address.toIPv6Address();
    return QByteArray(reinterpret_cast<const char *>(&v6), 8);
}

BadTokens::Window *BadTokens::find(const QByteArray &network)
{
    for (auto *generation : {&m_young, &m_old}) {
        const auto at = generation->find(network);
        if (at == generation->end())
            continue;
        if (m_clock.steady() - at->begin < kWindow)
            return &at.value();
        generation->erase(at);
    }
    return nullptr;
}

std::optional<std::chrono::seconds> BadTokens::pauseOf(const QHostAddress &address)
{
    if (m_most == 0 || address.isNull())
        return std::nullopt;
    const Window *window = find(networkOf(address));
    if (!window || window->tokens.size() < m_most)
        return std::nullopt;
    const auto rest = window->begin + kWindow - m_clock.steady();
    return std::chrono::ceil<std::chrono::seconds>(rest);
}

void BadTokens::note(const QHostAddress &address, const QByteArray &digest)
{
    if (m_most == 0 || address.isNull())
        return;
    const QByteArray network = networkOf(address);
    Window *window = find(network);
    if (!window) {
        if (m_young.size() >= kMostAddresses / 2)
            m_old = std::exchange(m_young, {});
        window = &m_young[network];
        window->begin = m_clock.steady();
    }
    if (window->tokens.size() >= m_most)
        return;
    window->tokens.insert(qFromBigEndian<quint64>(digest.constData()));
    if (window->tokens.size() == m_most)
        qCWarning(logging::lcAuth).noquote()
            << u"%1 showed %2 different bad tokens within a minute; new ones of this address are "
               "answered with 429 for the rest of it (AUTH_BAD_TOKENS_PER_MINUTE)."_s
                   .arg(address.toString())
                   .arg(m_most);
}

} // namespace bridge::auth
