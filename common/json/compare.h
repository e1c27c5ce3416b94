// SPDX-License-Identifier: GPL-3.0-or-later
// JSON values as JSON Schema compares them (2020-12 core §4.2.2): 1.0 equals 1, the order of
// members does not matter, strings are compared code point by code point. Any thread.
//
// Numbers: Qt keeps integers of 64 bits exactly and everything else as a double; two integers are
// compared exactly, anything else as doubles. Values nested deeper than kMaxCompareDepth are never
// equal, so that a comparison cannot exhaust the stack.
#pragma once

#include <QtCore/QJsonValue>
#include <QtCore/QString>

#include <compare>

namespace bridge::json {

inline constexpr int kMaxCompareDepth = 512;

/// Whether \a a and \a b are the same JSON value. Adds the number of visited values to \a steps.
bool sameValue(const QJsonValue &a, const QJsonValue &b, qint64 *steps = nullptr);
/// A hash that is equal for values that are the same. Adds the visited values to \a steps.
size_t hashValue(const QJsonValue &value, qint64 *steps = nullptr);
/// Order of two numbers; unordered if one is not a number or not finite where it matters.
std::partial_ordering compareNumbers(const QJsonValue &a, const QJsonValue &b);
/// Whether \a value is a number without fractional part: `3`, `3.0`, `1e300`.
bool isInteger(const QJsonValue &value);
/// Whether \a value is a multiple of \a divisor, forgiving the error of binary fractions:
/// 0.0075 is a multiple of 0.0001. Both are numbers, \a divisor is above 0.
bool isMultipleOf(const QJsonValue &value, const QJsonValue &divisor);
/// Number of code points in \a text (a surrogate pair counts once).
qsizetype codePoints(QStringView text);
/// `a string`, `an integer`, `null`, …: what a sentence calls the type of \a value.
QString typePhrase(const QJsonValue &value);
/// Compact JSON text of \a value, cut to about \a limit characters for a message.
QString shortText(const QJsonValue &value, qsizetype limit = 80);

} // namespace bridge::json
