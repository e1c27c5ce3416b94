// SPDX-License-Identifier: GPL-3.0-or-later
// What a tool asks its user, as a REST client reads and answers it (contract §4, MCP 2025-11-25
// "Elicitation"). Pure functions; any thread.
//
// An elicitation is the JSON object `{"message","requestedSchema","meta"[,"mode","url"]}`.
#pragma once

#include "common/base/result.h"

namespace bridge::sessions {

/// The params of `elicitation/create` in the one shape of this module: form mode, URL mode and the
/// older `question` / `expected_responses` payload, which gets `meta.legacy_format`.
QJsonObject elicitationFrom(const QJsonObject &params);

/// UnsupportedElicitation, with the elicitation in Error::detail and every finding in
/// Error::problems, when \a elicitation cannot be asked over REST.
Result<Nothing> checkElicitation(const QJsonObject &elicitation);

/// InvalidFeedback or UnsupportedElicitation with the body of contract §1.5 row 14.
Error elicitationError(ErrorCode code, const QString &message, const QJsonObject &elicitation);

/// \a field lets its user choose several of the given texts (MCP 2025-11-25, multi-select enum).
bool isMultiSelect(const QJsonObject &field);

} // namespace bridge::sessions
