// SPDX-License-Identifier: GPL-3.0-or-later
// Text a person typed (a header, a form field, an elicitation answer) as the JSON value a schema
// asks for; REST contract §4, "Coercion per field schema", and §3.2. Pure function; any thread.
#pragma once

#include <QtCore/QJsonObject>
#include <QtCore/QJsonValue>
#include <QtCore/QString>

#include <optional>

namespace bridge::json {

/// \a text as a value for \a fieldSchema; nothing if it cannot be one. The first that applies:
/// `enum` and `const` by comparing texts (booleans without regard to case), `oneOf`/`anyOf` the
/// first alternative that validates, a list of types the first that validates, boolean
/// (true/1/yes/on, false/0/no/off), integer, number, null (any text), array and object from JSON
/// text, string. Without any of these the text itself. Only alternatives are validated; limits
/// such as `minimum` are for the caller to check with Schema.
std::optional<QJsonValue> coerceText(const QString &text, const QJsonObject &fieldSchema);

} // namespace bridge::json
