// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/overlays.h"

#include "common/logging/categories.h"

#include <QtCore/QFile>
#include <QtCore/QJsonDocument>

using namespace Qt::StringLiterals;

namespace bridge::upstream {

namespace {

constexpr qint64 kLargestFile = 4 * 1024 * 1024;
constexpr qsizetype kShortestPlural = 4;

QJsonValue readSchema(const QString &tool, const QString &path)
{
    const auto refuse = [&](const QString &why) {
        qCWarning(logging::lcUpstream).noquote()
            << u"TOOL_OUTPUT_SCHEMAS: the file for tool \"%1\" %2; the entry is ignored"_s.arg(tool,
                                                                                               why);
        return QJsonValue();
    };
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return refuse(u"cannot be read"_s);
    if (file.size() > kLargestFile)
        return refuse(u"is larger than 4 MiB"_s);
    const QJsonDocument document = QJsonDocument::fromJson(file.readAll());
    if (!document.isObject())
        return refuse(u"holds no JSON object"_s);
    return document.object();
}

QString singular(const QString &part)
{
    if (part.size() < kShortestPlural)
        return part;
    if (part.endsWith("ies"_L1))
        return part.chopped(3) + u'y';
    if (part.endsWith(u's') && !part.endsWith("ss"_L1))
        return part.chopped(1);
    return part;
}

} // namespace

QJsonObject loadOverlays(const QJsonObject &schemas, const QJsonObject &legacy)
{
    QJsonObject given = legacy;
    for (auto it = schemas.begin(); it != schemas.end(); ++it)
        given.insert(it.key(), it.value());
    QJsonObject loaded;
    for (auto it = given.constBegin(); it != given.constEnd(); ++it) {
        const QJsonValue schema =
            it->isString() ? readSchema(it.key(), it->toString()) : QJsonValue(*it);
        if (schema.isObject())
            loaded.insert(it.key(), schema);
        else if (!it->isString())
            qCWarning(logging::lcUpstream).noquote()
                << u"TOOL_OUTPUT_SCHEMAS: the entry for tool \"%1\" is neither a schema nor a path "
                   "and is ignored"_s.arg(it.key());
    }
    return loaded;
}

QString canonicalName(const QString &tool)
{
    QStringList parts;
    QString part;
    const QString lower = tool.toLower() + u'-';
    for (const QChar c : lower) {
        if (c.isLetterOrNumber()) {
            part += c;
        } else if (!part.isEmpty()) {
            parts.append(singular(part));
            part.clear();
        }
    }
    return parts.join(u'-');
}

QJsonValue overlayFor(const QString &tool, const QJsonObject &overlays)
{
    if (overlays.contains(tool))
        return overlays.value(tool);
    const QString wanted = canonicalName(tool);
    QJsonValue found;
    for (auto it = overlays.begin(); it != overlays.end(); ++it) {
        if (canonicalName(it.key()) != wanted)
            continue;
        if (!found.isNull() && found != it.value())
            return {};
        found = it.value();
    }
    return found;
}

} // namespace bridge::upstream
