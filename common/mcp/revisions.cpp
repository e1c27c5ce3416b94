// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/mcp/revisions.h"

#include <algorithm>

namespace bridge::mcp {

bool isModern(const QString &revision)
{
    return revision == kModernRevision;
}

bool isLegacy(const QString &revision)
{
    return std::any_of(kLegacyRevisions.begin(), kLegacyRevisions.end(),
                       [&revision](QLatin1StringView one) { return revision == one; });
}

QStringList allRevisions()
{
    QStringList all{kModernRevision};
    for (QLatin1StringView one : kLegacyRevisions)
        all.append(one);
    return all;
}

QString bestOf(const QStringList &offered, Era era)
{
    for (const QString &one : allRevisions()) {
        if (isModern(one) == (era == Era::Modern) && offered.contains(one))
            return one;
    }
    return {};
}

} // namespace bridge::mcp
