// SPDX-License-Identifier: GPL-3.0-or-later
// Durations and times as people and clients read them.
#pragma once

#include <QtCore/QDateTime>
#include <QtCore/QString>
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
#    include <QtCore/QTimeZone>
#endif

namespace bridge {

/// What QDateTime takes for UTC.
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
inline constexpr QTimeZone::Initialization kUtc = QTimeZone::UTC;
#else
inline constexpr Qt::TimeSpec kUtc = Qt::UTC;
#endif

/// `1h23m45s`, `30m15s`, `12s`: the largest unit that is not zero comes first.
QString humanDuration(qint64 milliseconds);
/// ISO 8601 with milliseconds in UTC, e.g. `2026-11-22T10:00:00.000Z` (RFC 3339 §5.6).
QString isoUtc(const QDateTime &time);

} // namespace bridge
