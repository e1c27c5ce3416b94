// SPDX-License-Identifier: GPL-3.0-or-later
// Reads `bridge.views` of the configuration file.
#pragma once

#include "common/base/result.h"
#include "server/gateway/views.h"

#include <QtCore/QJsonObject>

namespace bridge::gateway {

/// The views of \a views, the raw object from the file; \a servers are the names of all servers,
/// disabled ones too. On failure every problem is in Error::problems, `path` telling the place:
/// `file: bridge.views.NAME.servers.SERVER.tools`.
Result<QList<View>> viewsFrom(const QJsonObject &views, const QStringList &servers);

} // namespace bridge::gateway
