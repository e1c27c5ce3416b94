// SPDX-License-Identifier: GPL-3.0-or-later
// Strategy `plugin:NAME`: an access token that a plugin finds in the request. Main thread.
#pragma once

#include "server/auth/retrieverplugin.h"
#include "server/auth/tokenstrategy.h"

namespace bridge::auth {

class PluginStrategy : public TokenStrategy
{
public:
    /// \a plugin is never unloaded.
    PluginStrategy(const QString &pluginName, RetrieverPlugin *plugin,
                   std::shared_ptr<TokenVerifier> verifier);
    QString name() const override { return m_name; }

protected:
    Result<QByteArray> tokenIn(const AuthRequest &request) const override;
    /// The plugin does not tell where it found the token. Where a browser may have sent it by
    /// itself, callers are asked where the request comes from.
    Via viaOf(const AuthRequest &request) const override;

private:
    QString m_name;
    RetrieverPlugin *m_plugin;
};

} // namespace bridge::auth
