// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/sessions/sessionid.h"

#include "common/base/ids.h"

#include <QtCore/QStringList>

using namespace Qt::StringLiterals;

namespace bridge::sessions {

namespace {

constexpr qsizetype kMaxLength = 128;
constexpr int kRandomBytes = 18; // 144 bits, 24 characters

bool isLetterOrDigit(QChar c)
{
    return (c >= u'a' && c <= u'z') || (c >= u'A' && c <= u'Z') || (c >= u'0' && c <= u'9');
}

} // namespace

bool isValidSessionId(const QString &id)
{
    static const QStringList kReserved{u"start"_s, u"close"_s, u"ping"_s, u"status"_s};
    if (id.isEmpty() || id.size() > kMaxLength || !isLetterOrDigit(id.front()))
        return false;
    const bool charsFine = std::all_of(id.begin(), id.end(), [](QChar c) {
        return isLetterOrDigit(c) || c == u'.' || c == u'_' || c == u'-';
    });
    return charsFine && !kReserved.contains(id);
}

QString randomSessionId()
{
    for (;;) {
        // base64url may begin with a sign, which an id must not: one try in 32 is repeated.
        const QString id = randomToken(kRandomBytes);
        if (isValidSessionId(id))
            return id;
    }
}

QString bareSessionId(const QString &value)
{
    const qsizetype colon = value.indexOf(u':');
    return colon < 0 ? value : value.left(colon);
}

} // namespace bridge::sessions
