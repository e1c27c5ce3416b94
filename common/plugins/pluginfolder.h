// SPDX-License-Identifier: GPL-3.0-or-later
// Loads what operators put into PLUGIN_DIR: Qt plugins for interfaces of the bridge whose versions
// are part of their names. For the start only; what is loaded stays for good. Main thread.
#pragma once

#include "common/base/result.h"

#include <QtCore/QObject>
#include <QtCore/QStringList>

namespace bridge::plugins {

struct Plugin {
    QString name;      ///< `name` of its metadata
    QString interface; ///< its IID
    QObject *instance = nullptr;
};

/// The plugins in \a folder for one of \a interfaces, by name. InvalidConfig, `path` PLUGIN_DIR,
/// when the folder is not there, when others than its owner may write to it or to a plugin, when a
/// plugin is for another version of the bridge, cannot be loaded or has no name or that of another.
/// Libraries that are no Qt plugins for this bridge are left alone.
Result<QList<Plugin>> loadPlugins(const QString &folder, const QStringList &interfaces);

/// The first of \a plugins called \a name that is a T; null when there is none.
template <typename T>
T *findPlugin(const QList<Plugin> &plugins, const QString &name)
{
    for (const Plugin &plugin : plugins) {
        T *const found = plugin.name == name ? qobject_cast<T *>(plugin.instance) : nullptr;
        if (found)
            return found;
    }
    return nullptr;
}

} // namespace bridge::plugins
