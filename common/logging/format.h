// SPDX-License-Identifier: GPL-3.0-or-later
// The two shapes of a log line. Every text passes redaction here, before it is escaped: an escape
// in the middle of a secret would hide it from the scanners.
#pragma once

#include "common/logging/logger.h"

#include <QtCore/QByteArray>

namespace bridge::logging {

struct Entry {
    qint64 time = 0; ///< milliseconds since 1970 in UTC
    Level level = Level::Info;
    QString logger;
    QString message;
    Fields fields;
};

/// `2026-11-22T10:00:00.000Z INFO  bridge.http: message key=value` and a newline.
QByteArray formatText(const Entry &entry);
/// One JSON object with timestamp, level, logger, message and the fields flat, and a newline.
QByteArray formatJson(const Entry &entry);

} // namespace bridge::logging
