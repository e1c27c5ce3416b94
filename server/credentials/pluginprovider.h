// SPDX-License-Identifier: GPL-3.0-or-later
// Credentials that a plugin retrieves (AUTH_PROVIDER=plugin).
#pragma once

#include "server/auth/retrieverplugin.h"
#include "server/credentials/provider.h"

namespace bridge::credentials {

/// \a plugin is never unloaded. It has \a timeout to answer; what it gives has to fit into a
/// header.
ProviderPtr pluginProvider(auth::RetrieverPlugin *plugin,
                           std::chrono::milliseconds timeout = std::chrono::seconds(10));

} // namespace bridge::credentials
