// SPDX-License-Identifier: GPL-3.0-or-later
// The OpenAPI 3.1 document: the documented routes of the router and one operation per discovered
// tool with its real schemas.
#pragma once

#include "server/routes/services.h"
#include "server/routes/toolgather.h"

namespace bridge::routes {

/// \a address: what the paths are relative to, as seen from where the document is served.
QJsonObject openApiDocument(const Services &services, const QList<GatheredTools> &servers,
                            const QString &address);

} // namespace bridge::routes
