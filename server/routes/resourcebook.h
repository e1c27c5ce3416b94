// SPDX-License-Identifier: GPL-3.0-or-later
// Resources the operator configured (SYSTEM_DEFINED_RESOURCES, contract §6): listed after the
// server's own, readable when they carry `text`, `blob` or `file`.
#pragma once

#include "common/base/result.h"

#include <QtCore/QJsonArray>

namespace bridge::routes {

/// One piece of content as it is sent: the bytes and what they are.
struct ResourceContent {
    QByteArray bytes;
    QString mimeType; ///< empty = text/plain
};

class ResourceBook
{
public:
    ResourceBook() = default;
    /// Validates and reads files below \a folder once, at start; problems in Error::problems.
    static Result<ResourceBook> load(const QJsonArray &resources, const QString &folder,
                                     bool allowAbsolutePaths);

    bool isEmpty() const { return m_entries.isEmpty(); }
    QList<QByteArray> listing() const;
    /// By name or URI; empty when there is none or it has no content.
    std::optional<ResourceContent> byName(const QString &name) const;
    std::optional<ResourceContent> byUri(const QString &uri) const;

private:
    struct Entry {
        QJsonObject listed;
        std::optional<ResourceContent> content;
    };
    std::optional<ResourceContent> find(QLatin1String key, const QString &value) const;
    QList<Entry> m_entries;
};

/// Text or decoded blob of one item of `contents`; ResourceNotFound when it is neither.
Result<ResourceContent> contentOf(const QJsonObject &item);

} // namespace bridge::routes
