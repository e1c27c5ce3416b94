// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/login/returnpath.h"

#include <QtCore/QUrl>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace bridge::login {

namespace {

constexpr qsizetype kLongest = 2'000;

bool isPathOfOurs(const QString &path)
{
    // Browsers read a backslash as a slash and drop tabs and line ends (WHATWG URL, "URL parsing").
    const auto isOdd = [](QChar c) { return c.unicode() <= 0x20 || c == u'\\' || c == u'\x7f'; };
    return path.startsWith(u'/') && !path.startsWith("//"_L1)
           && std::none_of(path.begin(), path.end(), isOdd);
}

} // namespace

QString safeReturnPath(const QString &wanted, const QString &otherwise)
{
    if (wanted.size() > kLongest || !isPathOfOurs(wanted))
        return otherwise;
    // What decodes to something else than a path of ours is not worth the risk.
    if (!isPathOfOurs(QUrl::fromPercentEncoding(wanted.left(8).toUtf8())))
        return otherwise;
    return wanted;
}

} // namespace bridge::login
