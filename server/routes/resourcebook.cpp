// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/routes/resourcebook.h"

#include <QtCore/QDir>
#include <QtCore/QFile>
#include <QtCore/QJsonDocument>

using namespace Qt::StringLiterals;

namespace bridge::routes {

namespace {

constexpr qint64 kMaxFileBytes = 16 * 1024 * 1024;

Result<QByteArray> readFile(const QString &file, const QString &folder, bool allowAbsolute)
{
    const QString clean = QDir::cleanPath(file);
    const bool absolute = QDir::isAbsolutePath(clean);
    if ((absolute && !allowAbsolute)
        || (!absolute && (clean == ".."_L1 || clean.startsWith("../"_L1))))
        return Error(ErrorCode::InvalidConfig,
                     u"names a file outside PROMPTS_DIR; PROMPTS_ALLOW_ABSOLUTE_PATHS=true allows "
                     "absolute ones"_s);
    QFile source(absolute ? clean : QDir(folder).filePath(clean));
    if (!source.open(QIODevice::ReadOnly) || source.size() > kMaxFileBytes)
        return Error(ErrorCode::InvalidConfig, u"names a file that cannot be read"_s);
    return source.readAll();
}

} // namespace

Result<ResourceContent> contentOf(const QJsonObject &item)
{
    ResourceContent content;
    content.mimeType = item.value("mimeType"_L1).toString();
    if (item.contains("blob"_L1)) {
        const auto decoded = QByteArray::fromBase64Encoding(
            item.value("blob"_L1).toString().toLatin1(), QByteArray::AbortOnBase64DecodingErrors);
        if (!decoded)
            return Error(ErrorCode::UpstreamFailed,
                         u"The MCP server sent binary content that is no base64."_s);
        content.bytes = *decoded;
        if (content.mimeType.isEmpty())
            content.mimeType = u"application/octet-stream"_s;
        return content;
    }
    if (item.contains("text"_L1)) {
        content.bytes = item.value("text"_L1).toString().toUtf8();
        return content;
    }
    return Error(ErrorCode::ResourceNotFound, u"The resource has no content."_s);
}

Result<ResourceBook> ResourceBook::load(const QJsonArray &resources, const QString &folder,
                                        bool allowAbsolutePaths)
{
    ResourceBook book;
    Error failure(ErrorCode::InvalidConfig, u"SYSTEM_DEFINED_RESOURCES has problems."_s);
    for (qsizetype i = 0; i < resources.size(); ++i) {
        const QString where = u"SYSTEM_DEFINED_RESOURCES[%1]"_s.arg(i);
        QJsonObject given = resources[i].toObject();
        Entry entry;
        if (given.value("name"_L1).toString().isEmpty())
            failure.problems.append({where, u"has no `name`"_s});
        if (given.contains("file"_L1)) {
            Result<QByteArray> bytes =
                readFile(given.value("file"_L1).toString(), folder, allowAbsolutePaths);
            if (bytes)
                entry.content = {*bytes, given.value("mimeType"_L1).toString()};
            else
                failure.problems.append({where, bytes.error().message});
        } else if (given.contains("text"_L1) || given.contains("blob"_L1)) {
            Result<ResourceContent> content = contentOf(given);
            if (content)
                entry.content = *content;
            else
                failure.problems.append({where, u"has a `blob` that is no base64"_s});
        }
        for (const auto key : {"text"_L1, "blob"_L1, "file"_L1})
            given.remove(key);
        for (const auto key : {"title"_L1, "uri"_L1, "description"_L1, "mimeType"_L1, "size"_L1,
                               "icons"_L1, "annotations"_L1, "_meta"_L1}) {
            if (!given.contains(key))
                given[key] = QJsonValue::Null;
        }
        entry.listed = given;
        book.m_entries.append(entry);
    }
    if (!failure.problems.isEmpty())
        return failure;
    return book;
}

QList<QByteArray> ResourceBook::listing() const
{
    QList<QByteArray> list;
    for (const Entry &entry : m_entries)
        list.append(QJsonDocument(entry.listed).toJson(QJsonDocument::Compact));
    return list;
}

std::optional<ResourceContent> ResourceBook::find(QLatin1String key, const QString &value) const
{
    for (const Entry &entry : m_entries) {
        if (entry.listed.value(key).toString() == value)
            return entry.content;
    }
    return std::nullopt;
}

std::optional<ResourceContent> ResourceBook::byName(const QString &name) const
{
    return find("name"_L1, name);
}

std::optional<ResourceContent> ResourceBook::byUri(const QString &uri) const
{
    return uri.isEmpty() ? std::nullopt : find("uri"_L1, uri);
}

} // namespace bridge::routes
