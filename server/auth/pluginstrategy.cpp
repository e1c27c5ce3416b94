// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/pluginstrategy.h"

using namespace Qt::StringLiterals;

namespace bridge::auth {

PluginStrategy::PluginStrategy(const QString &pluginName, RetrieverPlugin *plugin,
                               std::shared_ptr<TokenVerifier> verifier, const AuthOptions &options)
    : TokenStrategy(std::move(verifier), options, Via::Header)
    , m_name(u"plugin:"_s + pluginName)
    , m_plugin(plugin)
{
}

Result<QByteArray> PluginStrategy::tokenIn(const AuthRequest &request) const
{
    return m_plugin->callerToken(request);
}

} // namespace bridge::auth
