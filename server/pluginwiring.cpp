// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/pluginwiring.h"

#include "server/auth/retrievers.h"
#include "server/sessions/sessionstoreplugin.h"

using namespace Qt::StringLiterals;

namespace bridge {

namespace {

QJsonObject pluginSettings(const config::Settings &settings)
{
    return settings.json(u"PLUGIN_SETTINGS"_s).toObject();
}

Error atSetting(const QString &setting, const QString &what)
{
    Error error(ErrorCode::InvalidConfig, what);
    error.problems.append({setting, what});
    return error;
}

} // namespace

Result<QList<plugins::Plugin>> pluginsFrom(const config::Settings &settings)
{
    const QString folder = settings.text(u"PLUGIN_DIR"_s);
    if (folder.isEmpty())
        return QList<plugins::Plugin>();
    auto plugins = plugins::loadPlugins(folder, {QStringLiteral(BRIDGE_RETRIEVER_PLUGIN_IID),
                                                 QStringLiteral(BRIDGE_SESSION_STORE_PLUGIN_IID)});
    if (!plugins)
        return plugins.error();
    if (const auto configured = auth::configureRetrievers(*plugins, pluginSettings(settings));
        !configured)
        return configured.error();
    return plugins;
}

Result<std::unique_ptr<sessions::SessionStore>>
storeFrom(std::unique_ptr<sessions::SessionStore> usual, const QList<plugins::Plugin> &plugins,
          const config::Settings &settings)
{
    const QString setting = u"SESSION_MANAGER_TYPE"_s;
    if (settings.text(setting) != "plugin"_L1)
        return usual;
    const plugins::Plugin *found = nullptr;
    for (const plugins::Plugin &plugin : plugins) {
        if (!qobject_cast<sessions::SessionStorePlugin *>(plugin.instance))
            continue;
        if (found)
            return atSetting(setting, u"is plugin, but PLUGIN_DIR has more than one that stores "
                                      "sessions. Leave one."_s);
        found = &plugin;
    }
    if (!found)
        return atSetting(setting, u"is plugin, but nothing in PLUGIN_DIR stores sessions."_s);
    auto store = qobject_cast<sessions::SessionStorePlugin *>(found->instance)
                     ->makeStore(pluginSettings(settings)[found->name].toObject());
    if (!store)
        return atSetting(u"PLUGIN_SETTINGS"_s, store.error().message);
    return store;
}

} // namespace bridge
