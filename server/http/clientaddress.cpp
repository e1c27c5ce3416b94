// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/http/clientaddress.h"

#include <algorithm>

namespace bridge::http {

namespace {

constexpr qsizetype kLongest = 60; ///< an IPv6 address in brackets with a port has 47

bool isNumber(QByteArrayView text)
{
    return !text.isEmpty()
           && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Without leading zeros, which would make a number octal.
bool isDottedQuad(QByteArrayView text)
{
    for (int part = 0; part < 4; ++part) {
        const qsizetype end = part < 3 ? text.indexOf('.') : text.size();
        if (end < 1 || end > 3 || !isNumber(text.first(end)) || (end > 1 && text.front() == '0'))
            return false;
        text = text.sliced(std::min(end + 1, text.size()));
    }
    return true;
}

/// Behind the address: nothing, or a colon and a number.
bool isPort(QByteArrayView text)
{
    return text.isEmpty() || (text.front() == ':' && isNumber(text.sliced(1)));
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
        if (end < 0 || !isPort(text.sliced(end + 1)))
            return {};
        text = text.sliced(1, end - 1);
    } else if (const qsizetype colon = text.indexOf(':');
               colon >= 0 && colon == text.lastIndexOf(':')) {
        if (!isPort(text.sliced(colon)))
            return {};
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
