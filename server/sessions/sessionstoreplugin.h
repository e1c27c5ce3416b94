// SPDX-License-Identifier: GPL-3.0-or-later
// What a plugin implements that keeps the facts about sessions somewhere of its own. Chosen by
// SESSION_MANAGER_TYPE=plugin:NAME; see server/auth/retrieverplugin.h on how plugins are made.
#pragma once

#include "server/sessions/sessionstore.h"

#include <QtCore/QJsonObject>
#include <QtCore/QObject>

namespace bridge::sessions {

class SessionStorePlugin
{
public:
    virtual ~SessionStorePlugin() = default;

    /// Once, at the start. \a settings is the plugin's entry in PLUGIN_SETTINGS. An error ends the
    /// start of the bridge with its text. The store works in the main thread without blocking it.
    virtual Result<std::unique_ptr<SessionStore>> makeStore(const QJsonObject &settings) = 0;
};

} // namespace bridge::sessions

#define BRIDGE_SESSION_STORE_PLUGIN_IID "org.mcp-bridge.SessionStorePlugin/2"
Q_DECLARE_INTERFACE(bridge::sessions::SessionStorePlugin, BRIDGE_SESSION_STORE_PLUGIN_IID)
