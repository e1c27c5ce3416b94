// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/routes/services.h"

namespace bridge::routes {

void addRoutes(http::Router &router, Services *services)
{
    services->router = &router;
    addHealthRoutes(router, services);
    addToolRoutes(router, services);
    addToolStreamRoutes(router, services);
    addPromptRoutes(router, services);
    addResourceRoutes(router, services);
    addSessionRoutes(router, services);
    addServerRoutes(router, services);
    addDocumentRoutes(router, services);
    addAdminRoutes(router, services);
    addWellKnownRoutes(router, services);
    addLoginRoutes(router, services);
    addConnectRoutes(router, services);
    addAccountRoutes(router, services);
    addPolicyRoutes(router, services);
}

} // namespace bridge::routes
