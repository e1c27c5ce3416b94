// SPDX-License-Identifier: GPL-3.0-or-later
// `mcp-bridge apikey create|list|revoke`: the keys in API_KEY_STORE. A running bridge follows.
#pragma once

#include "server/cli/command.h"

#include <QtCore/QDateTime>

namespace bridge::cli {

/// \a arguments behind `apikey`, \a now in UTC. A new key is the whole of the text; nobody can
/// show it again. Error: InvalidConfig.
Result<CommandText> apikeyCommand(const QStringList &arguments, const CommandPlace &place,
                                  const QDateTime &now = QDateTime::currentDateTimeUtc());

/// \a text as a time behind \a now: `90d`, `12h`, a date like 2027-01-31 or a time of ISO 8601,
/// `never` (which is an invalid time). InvalidConfig also for what has passed.
Result<QDateTime> expiryFrom(const QString &text, const QDateTime &now);

} // namespace bridge::cli
