// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/clientaddress.h"

using namespace Qt::StringLiterals;

namespace bridge::auth {

namespace {

/// Some proxies add the port.
QHostAddress addressIn(QByteArray text)
{
    text = text.trimmed();
    if (text.startsWith('['))
        text = text.mid(1, text.indexOf(']') - 1);
    else if (text.count(':') == 1)
        text = text.first(text.indexOf(':'));
    return QHostAddress(QString::fromLatin1(text));
}

} // namespace

QHostAddress clientAddress(const AuthRequest &request, const QList<egress::Network> &proxies)
{
    QHostAddress address = request.peer;
    if (proxies.isEmpty() || !egress::isWithin(address, proxies))
        return address;
    const auto &fields = *request.headers;
    for (auto field = fields.crbegin(); field != fields.crend(); ++field) {
        if (field->first.compare("x-forwarded-for", Qt::CaseInsensitive) != 0)
            continue;
        const QList<QByteArray> chain = field->second.split(',');
        for (auto hop = chain.crbegin(); hop != chain.crend(); ++hop) {
            const QHostAddress next = addressIn(*hop);
            if (next.isNull())
                return address; // whoever wrote this does not say where it came from
            address = next;
            if (!egress::isWithin(address, proxies))
                return address;
        }
    }
    return address;
}

} // namespace bridge::auth
