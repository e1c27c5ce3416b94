// SPDX-License-Identifier: GPL-3.0-or-later
// Where every log line of the process goes: qCInfo() and friends as well as structured events end
// here, pass redaction, become one line of text or JSON in UTC, and are written by one call.
// Safe from any thread after install().
#pragma once

#include "common/base/result.h"
#include "common/logging/fieldvalue.h"

#include <QtCore/QList>
#include <QtCore/QLoggingCategory>
#include <QtCore/QString>

#include <utility>

namespace bridge::logging {

enum class Level { Debug, Info, Warning, Error };
enum class Format { Text, Json };

struct LogOptions {
    QString level = QStringLiteral("info"); ///< debug, info, warning or error; for all categories
    /// `category=level` rules that go before `level`, e.g. `bridge.mcp.wire=debug`, `qt.*=error`;
    /// `off` silences a category.
    QStringList categories;
    Format format = Format::Text;
    QString output = QStringLiteral("stderr"); ///< stderr, stdout or a file that is appended to
};

/// One key and value of a structured entry; the order is kept.
using Field = std::pair<QString, FieldValue>;
using Fields = QList<Field>;

/// Takes over Qt's message handler; a second call replaces the options. On failure (unknown level,
/// file that cannot be opened) nothing changes; the error names the setting.
Result<Nothing> install(const LogOptions &options);
/// Gives Qt's own handler back and closes the output.
void uninstall();

/// Writes one structured entry if \a category shows \a level. Field values that are texts pass
/// redaction, and those whose names say they are secrets are masked whole.
void event(const QLoggingCategory &category, Level level, QStringView message,
           const Fields &fields = {});

} // namespace bridge::logging
