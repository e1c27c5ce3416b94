// SPDX-License-Identifier: GPL-3.0-or-later
// Internal to bridge::json: example numbers and strings for one flat schema.
#pragma once

#include <QtCore/QJsonObject>
#include <QtCore/QString>

namespace bridge::json {

/// A number within the limits of \a schema, preferably 1.
QJsonValue sampleNumber(const QJsonObject &schema, bool wholeNumber);
/// A text that satisfies `format`, `pattern` (simple ones) and the lengths of \a schema.
QString sampleText(const QJsonObject &schema);
/// A text \a pattern describes, with \a extra more rounds of everything that may repeat; empty
/// when the pattern is beyond what is understood. May be wrong, callers check it.
QString textForPattern(const QString &pattern, int extra);

} // namespace bridge::json
