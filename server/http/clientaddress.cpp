// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/http/clientaddress.h"

#include <algorithm>

namespace bridge::http {

namespace {

constexpr qsizetype kLongest = 60; ///< an IPv6 address in brackets with a port has 47

bool isDottedQuad(QByteArrayView text)
{
    return std::count(text.begin(), text.end(), '.') == 3
           && std::all_of(text.begin(), text.end(),
                          [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

bool isIpv6Text(QByteArrayView text)
{
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')
               || c == ':' || c == '.';
    });
}

/// Null for anything else, such as `unknown`. Some proxies add the port. QHostAddress alone would
/// take `1` for 0.0.0.1, and any text behind `%` for a zone.
QHostAddress addressIn(QByteArrayView text)
{
    if (text.size() > kLongest)
        return {};
    if (text.startsWith('[')) {
        const qsizetype end = text.indexOf(']');
        text = end > 0 ? text.sliced(1, end - 1) : QByteArrayView();
    } else if (const qsizetype colon = text.indexOf(':');
               colon >= 0 && colon == text.lastIndexOf(':')) {
        text = text.first(colon);
    }
    if (!isDottedQuad(text) && !(text.contains(':') && isIpv6Text(text)))
        return {};
    return plainAddress(QHostAddress(QString::fromLatin1(text)));
}

} // namespace

QHostAddress clientAddress(const Request &request, const Networks &proxies)
{
    QHostAddress address = plainAddress(request.peer);
    if (!proxies.contains(address))
        return address;
    int hops = 0;
    for (auto field = request.headers.crbegin(); field != request.headers.crend(); ++field) {
        if (field->first.compare("x-forwarded-for", Qt::CaseInsensitive) != 0)
            continue;
        QByteArrayView rest = field->second;
        while (!rest.isEmpty()) {
            if (++hops > kMostHops)
                return address;
            const qsizetype comma = rest.lastIndexOf(',');
            const QByteArrayView hop = rest.sliced(comma + 1).trimmed();
            rest = rest.first(std::max<qsizetype>(comma, 0));
            if (hop.isEmpty()) // RFC 9110 §5.6.1
                continue;
            const QHostAddress next = addressIn(hop);
            if (next.isNull())
                return address; // whoever wrote this does not say where it came from
            address = next;
            if (!proxies.contains(address))
                return address;
        }
    }
    return address;
}

} // namespace bridge::http
