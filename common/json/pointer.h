// SPDX-License-Identifier: GPL-3.0-or-later
// JSON Pointer (RFC 6901): the path of one value inside a JSON document, e.g. `/items/0/name`.
// Pure functions; any thread.
#pragma once

#include <QtCore/QJsonValue>
#include <QtCore/QString>
#include <QtCore/QStringList>

#include <optional>

namespace bridge::json {

/// \a token as it is written between two slashes: `~` becomes `~0`, `/` becomes `~1` (§3).
QString escapePointer(const QString &token);
/// \a pointer one step further, to the member or the array index \a token.
QString appendPointer(const QString &pointer, const QString &token);
QString appendPointer(const QString &pointer, qsizetype index);
/// The unescaped tokens of \a pointer; nothing if it neither is empty nor begins with `/`, or if
/// a `~` is followed by anything but `0` or `1`.
std::optional<QStringList> pointerTokens(const QString &pointer);
/// \a token as an array index: digits without a leading zero (§4); nothing otherwise.
std::optional<qsizetype> pointerIndex(const QString &token);
/// The member or element \a token of \a value; undefined if there is none.
QJsonValue pointerStep(const QJsonValue &value, const QString &token);
/// The value \a pointer leads to, from \a root; undefined if there is none.
QJsonValue resolvePointer(const QJsonValue &root, const QString &pointer);

} // namespace bridge::json
