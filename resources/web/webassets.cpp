// SPDX-License-Identifier: GPL-3.0-or-later
#include "resources/web/webassets.h"

#include <QCryptographicHash>
#include <QDir>
#include <QHash>
#include <QResource>

// Has to stand outside of any namespace; a static library's resources load only when asked for.
static void loadResources()
{
    Q_INIT_RESOURCE(web);
}

namespace bridge::web {

using namespace Qt::StringLiterals;

namespace {

QByteArray contentType(QStringView name)
{
    if (name.endsWith(u".html"))
        return "text/html; charset=utf-8"_ba;
    if (name.endsWith(u".js"))
        return "text/javascript; charset=utf-8"_ba;
    if (name.endsWith(u".css"))
        return "text/css; charset=utf-8"_ba;
    if (name.endsWith(u".svg"))
        return "image/svg+xml"_ba;
    return "text/plain; charset=utf-8"_ba;
}

/// The resources are stored as they are, so their memory can be handed out.
QByteArray bytesOf(const QString &path)
{
    const QResource resource(path);
    return QByteArray::fromRawData(reinterpret_cast<const char *>(resource.data()),
                                   resource.size());
}

QHash<QString, Asset> loadAll()
{
    loadResources();
    QHash<QString, Asset> assets;
    const QStringList names = QDir(u":/web"_s).entryList(QDir::Files);
    for (const QString &name : names) {
        if (name.endsWith(".gz"_L1))
            continue;
        const QString path = ":/web/"_L1 + name;
        const QByteArray bytes = bytesOf(path);
        const QByteArray hash = QCryptographicHash::hash(bytes, QCryptographicHash::Sha1).toHex();
        assets.insert(name, {bytes, bytesOf(path + ".gz"_L1), contentType(name),
                             "W/\""_ba + hash.left(16) + '"'});
    }
    return assets;
}

} // namespace

std::optional<Asset> webAsset(QStringView name)
{
    static const QHash<QString, Asset> assets = loadAll();
    const auto found = assets.constFind(name.toString());
    return found == assets.cend() ? std::nullopt : std::optional(*found);
}

} // namespace bridge::web
