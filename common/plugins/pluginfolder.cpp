// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/plugins/pluginfolder.h"

#include <QtCore/QDir>
#include <QtCore/QJsonObject>
#include <QtCore/QLibrary>
#include <QtCore/QPluginLoader>
#include <QtCore/QRegularExpression>

using namespace Qt::StringLiterals;

namespace bridge::plugins {

namespace {

Error problem(const QString &what)
{
    Error error(ErrorCode::InvalidConfig, u"PLUGIN_DIR: %1"_s.arg(what));
    error.problems.append({u"PLUGIN_DIR"_s, what});
    return error;
}

/// Whoever can write there can run code with the rights of the bridge.
bool isOpenToOthers(const QFileInfo &info)
{
#ifdef Q_OS_WIN // rights are inherited there and Qt does not look them up
    Q_UNUSED(info)
    return false;
#else
    return info.permissions() & (QFile::WriteGroup | QFile::WriteOther);
#endif
}

/// `org.example.Thing` of `org.example.Thing/1`.
QString withoutVersion(const QString &interface)
{
    return interface.section(u'/', 0, 0);
}

bool isOtherVersion(const QString &interface, const QStringList &interfaces)
{
    return std::any_of(interfaces.begin(), interfaces.end(), [&](const QString &known) {
        return known != interface && withoutVersion(known) == withoutVersion(interface);
    });
}

bool isName(const QString &name)
{
    static const QRegularExpression pattern(u"^[a-z0-9][a-z0-9._-]{0,63}$"_s);
    return pattern.match(name).hasMatch();
}

Result<Plugin> load(const QFileInfo &file, const QJsonObject &about)
{
    if (isOpenToOthers(file))
        return problem(u"others than its owner can write to %1. Take that right away (chmod "
                       "go-w)."_s.arg(file.fileName()));
    Plugin plugin;
    plugin.interface = about["IID"_L1].toString();
    plugin.name = about["MetaData"_L1].toObject()["name"_L1].toString();
    if (!isName(plugin.name))
        return problem(u"%1 has no usable name in its metadata: lower-case letters, digits, dots, "
                       "hyphens."_s.arg(file.fileName()));
    QPluginLoader loader(file.absoluteFilePath());
    plugin.instance = loader.instance();
    if (!plugin.instance)
        return problem(u"%1 cannot be loaded: %2."_s.arg(file.fileName(), loader.errorString()));
    return plugin;
}

} // namespace

Result<QList<Plugin>> loadPlugins(const QString &folder, const QStringList &interfaces)
{
    const QFileInfo place(folder);
    if (!place.isDir())
        return problem(u"there is no such folder."_s);
    if (isOpenToOthers(place))
        return problem(u"others than its owner can write to the folder. Take that right away "
                       "(chmod go-w)."_s);
    QList<Plugin> plugins;
    const QFileInfoList files = QDir(folder).entryInfoList(QDir::Files, QDir::Name);
    for (const QFileInfo &file : files) {
        if (!QLibrary::isLibrary(file.fileName()))
            continue;
        // Read from the file: nothing in it has run yet.
        const QJsonObject about = QPluginLoader(file.absoluteFilePath()).metaData();
        const QString interface = about["IID"_L1].toString();
        if (isOtherVersion(interface, interfaces) && !interfaces.contains(interface))
            return problem(u"%1 is made for another version of the bridge (%2). Build it "
                           "anew."_s.arg(file.fileName(), interface));
        if (!interfaces.contains(interface))
            continue;
        const auto plugin = load(file, about);
        if (!plugin)
            return plugin.error();
        const bool isTwice = std::any_of(plugins.begin(), plugins.end(), [&](const Plugin &other) {
            return other.name == plugin->name && other.interface == plugin->interface;
        });
        if (isTwice)
            return problem(u"two plugins are called %1."_s.arg(plugin->name));
        plugins.append(*plugin);
    }
    return plugins;
}

} // namespace bridge::plugins
