// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/base/networks.h"

#include <algorithm>
#include <array>
#include <iterator>

using namespace Qt::StringLiterals;

namespace bridge {

namespace {

using Subnet = std::pair<QHostAddress, int>;

constexpr int kMappedPrefix = 96; ///< ::ffff:0:0/96 holds all of IPv4

/// Without an address when \a text is none.
Subnet subnetFrom(const QString &text)
{
    // parseSubnet() would read "10" as 10.0.0.0/8 and guess a mask for other short forms.
    const QString host = text.section(u'/', 0, 0);
    if (!host.contains(u':') && host.count(u'.') != 3)
        return {};
    const Subnet subnet = QHostAddress::parseSubnet(text);
    if (subnet.second < 0)
        return {};
    const QHostAddress plain = plainAddress(subnet.first);
    if (plain.protocol() == subnet.first.protocol() || subnet.second < kMappedPrefix)
        return subnet;
    return {plain, subnet.second - kMappedPrefix};
}

} // namespace

QHostAddress plainAddress(const QHostAddress &address)
{
    // toIPv4Address() would take the unspecified address (::) for 0.0.0.0 as well.
    static constexpr std::array<quint8, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (address.protocol() != QHostAddress::IPv6Protocol)
        return address;
    const Q_IPV6ADDR bytes = address.toIPv6Address();
    return std::equal(kMapped.begin(), kMapped.end(), std::begin(bytes.c))
               ? QHostAddress(address.toIPv4Address())
               : address;
}

Result<Networks> Networks::from(const QStringList &texts)
{
    Networks networks;
    for (const QString &text : texts) {
        const Subnet subnet = subnetFrom(text.trimmed());
        if (subnet.first.isNull())
            return Error(ErrorCode::InvalidConfig,
                         u"\"%1\" is no network. Write one like 10.1.0.0/16 or fd00::/8, or one "
                         "address."_s.arg(text));
        networks.m_subnets.append(subnet);
    }
    return networks;
}

bool Networks::contains(const QHostAddress &address) const
{
    if (m_subnets.isEmpty())
        return false;
    const QHostAddress wanted = plainAddress(address);
    return std::any_of(m_subnets.cbegin(), m_subnets.cend(),
                       [&wanted](const Subnet &subnet) { return wanted.isInSubnet(subnet); });
}

bool Networks::areWide() const
{
    constexpr int kWide4 = 8;
    constexpr int kWide6 = 16;
    return std::any_of(m_subnets.cbegin(), m_subnets.cend(), [](const Subnet &subnet) {
        const bool isV4 = subnet.first.protocol() == QHostAddress::IPv4Protocol;
        return subnet.second < (isV4 ? kWide4 : kWide6);
    });
}

Networks &Networks::operator+=(const Networks &others)
{
    m_subnets += others.m_subnets;
    return *this;
}

} // namespace bridge
