// SPDX-License-Identifier: GPL-3.0-or-later
// Moves a tool's JSON Schema to its place inside the OpenAPI document: references get their new
// address, what is written for draft-07 becomes 2020-12, the dialect of OpenAPI 3.1.
#pragma once

#include <QtCore/QJsonValue>
#include <QtCore/QString>

namespace bridge::routes {

/// \a schema as it has to read at \a place of the surrounding document, for instance
/// `#/components/schemas/add_input`. Anchors and embedded `$id`s are resolved to pointers, since
/// the readers of OpenAPI documents rarely know them. A reference that leads out of the schema or
/// to nothing is dropped, so that no page fetches it; descriptions become markdownOf(). Cut below
/// 64 levels. Pure function.
QJsonValue rebasedSchema(const QJsonValue &schema, const QString &place);

} // namespace bridge::routes
