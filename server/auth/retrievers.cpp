// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/retrievers.h"

#include "server/auth/pluginstrategy.h"

using namespace Qt::StringLiterals;

namespace bridge::auth {

Result<Nothing> configureRetrievers(const QList<plugins::Plugin> &plugins,
                                    const QJsonObject &settings)
{
    for (const plugins::Plugin &plugin : plugins) {
        auto *const retriever = qobject_cast<RetrieverPlugin *>(plugin.instance);
        if (!retriever)
            continue;
        if (const auto configured = retriever->configure(settings[plugin.name].toObject());
            !configured) {
            Error error = configured.error();
            error.code = ErrorCode::InvalidConfig;
            error.problems = {{u"PLUGIN_SETTINGS"_s, error.message}};
            return error;
        }
    }
    return Nothing{};
}

Authenticator::Strategies pluginStrategies(const QList<plugins::Plugin> &plugins,
                                           const std::shared_ptr<TokenVerifier> &verifier)
{
    Authenticator::Strategies strategies;
    for (const plugins::Plugin &plugin : plugins) {
        if (auto *const retriever = qobject_cast<RetrieverPlugin *>(plugin.instance))
            strategies.push_back(
                std::make_unique<PluginStrategy>(plugin.name, retriever, verifier));
    }
    return strategies;
}

Result<RetrieverPlugin *> tokenRetriever(const QList<plugins::Plugin> &plugins)
{
    RetrieverPlugin *found = nullptr;
    for (const plugins::Plugin &plugin : plugins) {
        auto *const retriever = qobject_cast<RetrieverPlugin *>(plugin.instance);
        if (!retriever || !retriever->retrievesTokens())
            continue;
        if (found)
            return Error(ErrorCode::InvalidConfig,
                         u"More than one plugin in PLUGIN_DIR retrieves tokens. Leave one."_s);
        found = retriever;
    }
    if (!found)
        return Error(ErrorCode::InvalidConfig,
                     u"No plugin in PLUGIN_DIR retrieves tokens for MCP servers."_s);
    return found;
}

} // namespace bridge::auth
