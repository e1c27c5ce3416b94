// SPDX-License-Identifier: GPL-3.0-or-later
// The token retrievers among the plugins.
#pragma once

#include "common/plugins/pluginfolder.h"
#include "server/auth/authenticator.h"
#include "server/auth/tokenverifier.h"
#include "server/auth/retrieverplugin.h"

namespace bridge::auth {

/// Gives each retriever among \a plugins its entry in \a settings (PLUGIN_SETTINGS). The first
/// error there is.
Result<Nothing> configureRetrievers(const QList<plugins::Plugin> &plugins,
                                    const QJsonObject &settings);

/// A strategy `plugin:NAME` for each of them, for makeStrategies().
Authenticator::Strategies pluginStrategies(const QList<plugins::Plugin> &plugins,
                                           const std::shared_ptr<TokenVerifier> &verifier);

/// The one that retrieves tokens for MCP servers; InvalidConfig when there is none or more than
/// one.
Result<RetrieverPlugin *> tokenRetriever(const QList<plugins::Plugin> &plugins);

} // namespace bridge::auth
