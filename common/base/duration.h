// SPDX-License-Identifier: GPL-3.0-or-later
// Durations and times as people and clients read them.
#pragma once

#include <QtCore/QDateTime>
#include <QtCore/QString>

namespace bridge {

/// `1h23m45s`, `30m15s`, `12s`: the largest unit that is not zero comes first.
QString humanDuration(qint64 milliseconds);
/// ISO 8601 with milliseconds in UTC, e.g. `2026-11-22T10:00:00.000Z` (RFC 3339 §5.6).
QString isoUtc(const QDateTime &time);

} // namespace bridge
