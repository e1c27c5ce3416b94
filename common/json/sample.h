// SPDX-License-Identifier: GPL-3.0-or-later
// An example value for a schema: for the OpenAPI document, and as the answer of a dry run when no
// model is there to invent one (REST contract §3.3). The same schema always gives the same value.
//
// Taken in this order: const, enum, default, examples; then made up from type, limits, format,
// pattern (simple ones), properties, items; `$ref` within the document, allOf, anyOf, oneOf and
// if/then/else are followed. The result is checked and, where it fails, made again with required
// properties only. A schema can demand what nobody can guess (`not`, intricate patterns): then
// the result is the closest try, so callers that must be sure validate it.
//
// Bounded: kMaxSampleDepth levels, a few thousand subschemas, strings of 10,000 characters and
// arrays of 100 elements. Pure function; any thread.
#pragma once

#include <QtCore/QJsonValue>

namespace bridge::json {

inline constexpr int kMaxSampleDepth = 24;

QJsonValue sample(const QJsonValue &schema);

} // namespace bridge::json
