// SPDX-License-Identifier: GPL-3.0-or-later
// Tools and listings as the REST contract shows them (§1.4).
#pragma once

#include "server/upstream/toolset.h"

namespace bridge::routes {

/// The tool object of a listing; \a url is where it is called.
QByteArray toolView(const upstream::Tool &tool, const QString &url);

/// `{"name","description","inputSchema","outputSchema"}`.
QByteArray toolSchemaView(const upstream::Tool &tool);

/// A prompt, resource or template as the server gave it, with the members of \a expected added as
/// null where they are missing.
QByteArray completed(const QByteArray &raw, const QStringList &expected);

/// `[a,b,c]` from raw JSON values.
QByteArray rawArray(const QList<QByteArray> &items);

} // namespace bridge::routes
