// SPDX-License-Identifier: GPL-3.0-or-later
// The OpenAPI 3.1 document: the documented routes of the router and one operation per discovered
// tool with its real schemas.
#pragma once

#include "common/async/task.h"
#include "server/routes/services.h"
#include "server/routes/toolgather.h"

namespace bridge::routes {

/// The document as JSON. \a address: what the paths are relative to, as seen from where the
/// document is served. Inventing the examples of a thousand tools takes a quarter of a second, so
/// it is made in steps of a few milliseconds between which the event loop goes on. \a services and
/// the servers must outlive the Task.
Task<QByteArray> openApiDocument(const Services *services, QList<GatheredTools> servers,
                                 QString address);

} // namespace bridge::routes
