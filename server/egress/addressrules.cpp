// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/egress/addressrules.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace bridge::egress {

namespace {

/// Address and prefix length.
using Network = std::pair<QHostAddress, int>;

QList<Network> parsed(std::initializer_list<QLatin1StringView> texts)
{
    QList<Network> networks;
    for (const QLatin1StringView text : texts)
        networks.append(QHostAddress::parseSubnet(text));
    return networks;
}

/// Everything of IPv4 that is not the public internet.
const QList<Network> &special4()
{
    static const QList<Network> networks =
        parsed({"0.0.0.0/8"_L1, "10.0.0.0/8"_L1, "100.64.0.0/10"_L1, "127.0.0.0/8"_L1,
                "169.254.0.0/16"_L1, "172.16.0.0/12"_L1, "192.0.0.0/24"_L1, "192.0.2.0/24"_L1,
                "192.88.99.0/24"_L1, "192.168.0.0/16"_L1, "198.18.0.0/15"_L1, "198.51.100.0/24"_L1,
                "203.0.113.0/24"_L1, "224.0.0.0/3"_L1});
    return networks;
}

/// What of 2000::/3 is none: tunnels that hide an IPv4 address, and documentation.
const QList<Network> &special6()
{
    static const QList<Network> networks =
        parsed({"2001::/23"_L1, "2001:db8::/32"_L1, "2002::/16"_L1, "3fff::/20"_L1});
    return networks;
}

/// The IPv4 address within a v4-mapped or NAT64 one (RFC 4291 §2.5.5.2, RFC 6052 §2.1); null when
/// \a address is neither.
QHostAddress unwrapped(const QHostAddress &address)
{
    static const Network nat64 = QHostAddress::parseSubnet(u"64:ff9b::/96"_s);
    bool isMapped = false;
    const quint32 mapped = address.toIPv4Address(&isMapped);
    if (isMapped)
        return QHostAddress(mapped);
    if (!address.isInSubnet(nat64))
        return {};
    const Q_IPV6ADDR bytes = address.toIPv6Address();
    quint32 inner = 0;
    for (int i = 12; i < 16; ++i)
        inner = inner << 8 | bytes[i];
    return QHostAddress(inner);
}

bool isInAny(const QHostAddress &address, const QList<Network> &networks)
{
    return std::any_of(networks.begin(), networks.end(),
                       [&](const Network &network) { return address.isInSubnet(network); });
}

} // namespace

bool isPublic(const QHostAddress &address)
{
    static const Network global6 = QHostAddress::parseSubnet(u"2000::/3"_s);
    if (address.protocol() == QHostAddress::IPv4Protocol)
        return !isInAny(address, special4());
    if (address.protocol() != QHostAddress::IPv6Protocol)
        return false;
    if (const QHostAddress inner = unwrapped(address); !inner.isNull())
        return !isInAny(inner, special4());
    return address.isInSubnet(global6) && !isInAny(address, special6());
}

bool isWithin(const QHostAddress &address, const Networks &networks)
{
    return networks.contains(address) || networks.contains(unwrapped(address));
}

} // namespace bridge::egress
