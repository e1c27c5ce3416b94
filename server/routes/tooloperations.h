// SPDX-License-Identifier: GPL-3.0-or-later
// One OpenAPI operation per discovered tool, with its schemas and examples.
#pragma once

#include "server/routes/services.h"
#include "server/routes/toolgather.h"

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

/// What the operations of all tools are added to.
struct ToolDocument {
    QJsonObject &paths;
    QJsonObject &schemas;
    QJsonArray &tags;
    UniqueNames &operationIds;
};

/// Adds the tools of \a entry, which must have listed them.
void addToolOperations(ToolDocument &document, const Services &services,
                       const GatheredTools &entry);

} // namespace bridge::routes
