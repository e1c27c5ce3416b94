// SPDX-License-Identifier: GPL-3.0-or-later
// From what people write to a checked value of an option's type. Errors are the end of a sentence
// that begins with the place of the value, and never repeat the value of a secret.
#pragma once

#include "common/base/result.h"
#include "common/config/option.h"

namespace bridge::config {

/// The value \a text means for \a option: a string (Text, Enum, Path, Url), a number (Integer,
/// Number, Bytes in bytes, Seconds in seconds), a bool, an array of strings (List) or JSON.
Result<QJsonValue> parseValue(const Option &option, const QString &text);
/// The same for a value of the JSON file, where numbers, booleans, arrays and objects may stand as
/// they are, or as the text one would write in the environment.
Result<QJsonValue> parseFileValue(const Option &option, const QJsonValue &value);
/// The default of \a option; every row's default parses (tested).
QJsonValue defaultValue(const Option &option);

} // namespace bridge::config
