// SPDX-License-Identifier: GPL-3.0-or-later
// Small reads and writes on raw JSON, so that params and results are not parsed and rebuilt.
#pragma once

#include <QtCore/QByteArray>
#include <QtCore/QJsonObject>
#include <QtCore/QList>
#include <QtCore/QString>

#include <optional>

namespace bridge::mcp {

/// Compact text of \a object.
QByteArray compact(const QJsonObject &object);
/// \a text as an object; empty when it is none.
QJsonObject objectOf(const QByteArray &text);
/// \a text as a JSON string literal.
QByteArray quoted(const QString &text);
/// The value of the top-level member \a name of \a object, empty when absent.
QByteArray rawMember(const QByteArray &object, QLatin1StringView name);
/// The top-level member \a name when it is a string.
std::optional<QString> stringMember(const QByteArray &object, QLatin1StringView name);
/// The elements of \a array; nothing when it is no array.
std::optional<QList<QByteArray>> rawItems(const QByteArray &array);
/// \a params (a raw object or empty) with one more member, which it must not have yet.
QByteArray withMember(const QByteArray &params, QLatin1StringView name, const QByteArray &value);

} // namespace bridge::mcp
