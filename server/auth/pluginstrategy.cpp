// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/pluginstrategy.h"

using namespace Qt::StringLiterals;

namespace bridge::auth {

PluginStrategy::PluginStrategy(const QString &pluginName, RetrieverPlugin *plugin,
                               std::shared_ptr<TokenVerifier> verifier)
    : TokenStrategy(std::move(verifier), Via::Header)
    , m_name(u"plugin:"_s + pluginName)
    , m_plugin(plugin)
{
}

Result<QByteArray> PluginStrategy::tokenIn(const AuthRequest &request) const
{
    return m_plugin->callerToken(request);
}

Via PluginStrategy::viaOf(const AuthRequest &request) const
{
    const bool mayBeAmbient = request.count("cookie") > 0 && request.count("authorization") == 0;
    return mayBeAmbient ? Via::Cookie : Via::Header;
}

} // namespace bridge::auth
