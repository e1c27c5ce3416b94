// SPDX-License-Identifier: GPL-3.0-or-later
// From the caller's arguments to those of the tool, and from the tool's raw result to the one
// the bridge answers with. Pure functions: contract §1.4, §1.5 rows 11–19, §3.2–§3.6.
#pragma once

#include "server/upstream/toolset.h"

namespace bridge::upstream {

struct CallInput {
    QJsonObject arguments; ///< session and feedback keys already removed
    /// Value of a request header, null QByteArray when absent; names compare case-insensitively.
    std::function<QByteArray(const QByteArray &name)> header;
    QString oauthToken; ///< empty = none
};

/// Header mapping with type coercion, oauth_token injection, input validation. The result is the
/// JSON object to send.
Result<QJsonObject> prepareArguments(const Tool &tool, const CallInput &input,
                                     const ServerDefinition &definition);

/// Size ceiling on any raw result of a prompt, resource or tool.
Result<Nothing> checkSize(const QByteArray &raw, qsizetype ceiling);

/// The tool result of contract §1.4 as JSON text. Errors: ResponseTooLarge, the classes of rows
/// 16–19 for `isError` (Error::extra["result"] holds the full result), UpstreamFailed when the
/// result is no CallToolResult or breaks the tool's own output schema.
Result<QByteArray> shapeToolResult(const Tool &tool, const QByteArray &raw,
                                   const ServerDefinition &definition);
/// The same without turning `isError` into an Error: for streams, which report it as a result.
Result<QByteArray> shapeStreamResult(const Tool &tool, const QByteArray &raw,
                                     const ServerDefinition &definition);

/// structuredContent from the first text block that holds JSON or XML (contract §3.4).
std::optional<QJsonValue> deriveStructuredContent(const QJsonArray &content);

/// Dry run of an effect tool without an LLM: a result that satisfies the output schema.
Result<QByteArray> dryRunResult(const Tool &tool, const QJsonObject &arguments);

} // namespace bridge::upstream
