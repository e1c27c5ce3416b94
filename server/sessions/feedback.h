// SPDX-License-Identifier: GPL-3.0-or-later
// From what a REST client sends under `_user_feedback` to the answer the MCP server gets
// (contract §4, table of feedback forms). Pure functions; any thread.
#pragma once

#include "common/base/result.h"

namespace bridge::sessions {

struct ElicitAnswer {
    QString action;      ///< accept | decline | cancel
    QJsonObject content; ///< only with accept

    /// The ElicitResult of MCP; \a withContent is false in URL mode, whose answer has no form.
    QJsonObject toResult(bool withContent = true) const;
};

/// Reads \a feedback, coerces plain text by the requested schema of \a elicitation and validates
/// the outcome. Errors: InvalidFeedback (Error::detail as in contract §1.5 row 14, findings in
/// Error::problems), UnsupportedElicitation when the schema itself is of no use.
Result<ElicitAnswer> parseFeedback(const QJsonValue &feedback, const QJsonObject &elicitation);

} // namespace bridge::sessions
