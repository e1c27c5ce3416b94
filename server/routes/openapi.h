// SPDX-License-Identifier: GPL-3.0-or-later
// The OpenAPI 3.1 document: the documented routes of the router and one operation per discovered
// tool with its real schemas.
#pragma once

#include "server/routes/services.h"
#include "server/routes/toolgather.h"

namespace bridge::routes {

QJsonObject openApiDocument(const Services &services, const QList<GatheredTools> &servers);

/// \a schema with its document-local `$ref`s pointing into \a place of the surrounding document,
/// e.g. `#/components/schemas/add_input`.
QJsonValue rebasedSchema(const QJsonValue &schema, const QString &place);

} // namespace bridge::routes
