// SPDX-License-Identifier: GPL-3.0-or-later
// One OpenAPI operation per discovered tool, with its schemas and examples.
#pragma once

#include "server/routes/services.h"
#include "server/routes/toolgather.h"

#include <QtCore/QMap>

namespace bridge::routes {

/// Names given once: what is asked for again gets a number. OpenAPI wants component names to be
/// of letters, digits, dots, hyphens and underscores (3.1.0 §4.8.7) and operation ids to be
/// unique; names of tools and servers are neither.
class UniqueNames
{
public:
    QString take(const QString &wanted);

private:
    QSet<QString> m_taken;
};

/// What the operations of all tools are added to; the values are JSON text.
struct ToolDocument {
    QMap<QString, QByteArray> paths;
    QMap<QString, QByteArray> schemas;
    QJsonArray tags;
    UniqueNames operationIds;
};

/// Where the tools of one server are shown.
struct ToolSection {
    QString path;   ///< before `/tools`: empty, or `/servers/name`
    QString prefix; ///< of ids and component names
    QString tag;
    QByteArray sessionField;
};

/// Adds the tag of the tools of \a entry, which must have listed them.
ToolSection addToolSection(ToolDocument &document, const Services &services,
                           const GatheredTools &entry);
/// Adds one of its tools.
void addToolOperation(ToolDocument &document, const ToolSection &section,
                      const upstream::Tool &tool);

} // namespace bridge::routes
