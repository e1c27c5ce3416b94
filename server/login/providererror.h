// SPDX-License-Identifier: GPL-3.0-or-later
// Why an identity provider refused, for the log. Pure.
#pragma once

#include <QtCore/QString>

#include <algorithm>

namespace bridge::login {

/// The `error` of an OAuth answer (RFC 6749 §4.1.2.1, §5.2) as far as it is a code: whoever sent it
/// writes no line of the log and no text of his own into it.
inline QString loggedProviderError(const QString &error)
{
    constexpr qsizetype kLongest = 64;
    const auto isOfCode = [](QChar c) {
        return (c >= u'a' && c <= u'z') || (c >= u'A' && c <= u'Z') || (c >= u'0' && c <= u'9')
               || c == u'_' || c == u'-' || c == u'.';
    };
    if (error.isEmpty())
        return QStringLiteral("none");
    const bool isCode =
        error.size() <= kLongest && std::all_of(error.cbegin(), error.cend(), isOfCode);
    return isCode ? error : QStringLiteral("not a code");
}

} // namespace bridge::login
