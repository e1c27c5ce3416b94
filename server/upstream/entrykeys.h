// SPDX-License-Identifier: GPL-3.0-or-later
// The keys an entry of `mcpServers` may have. A mistyped key would silently do nothing, so unknown
// ones are problems; keys of other programs that change nothing for a bridge are accepted.
#pragma once

#include "common/base/error.h"

#include <QtCore/QJsonObject>

namespace bridge::upstream {

/// Appends a problem for each key of \a entry, and of its `limits`, that means nothing. \a place
/// is the path of the entry, `file: mcpServers.NAME`. Keys that begin with `_` or `//` or hold `$`
/// are comments.
void checkEntryKeys(const QString &place, const QJsonObject &entry, QList<FieldProblem> &problems);

} // namespace bridge::upstream
