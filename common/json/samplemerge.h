// SPDX-License-Identifier: GPL-3.0-or-later
// Internal to bridge::json: one flat schema object out of several that hold at once.
#pragma once

#include <QtCore/QJsonObject>

namespace bridge::json {

/// A schema at least about as strict as both \a a and \a b: limits are tightened, types and enums
/// intersected, properties and `required` united. What cannot be united keeps the word of \a a.
QJsonObject mergeSchemas(const QJsonObject &a, const QJsonObject &b);
/// \a schema with `$ref` (within \a root) and `allOf` merged in; `false` gives `{"not":{}}`.
/// Each merged schema takes one from \a budget; at 0 the rest is left out.
QJsonObject flattenSchema(const QJsonValue &schema, const QJsonValue &root, int *budget);

} // namespace bridge::json
