// SPDX-License-Identifier: GPL-3.0-or-later
// One tool call over REST from the request to the raw result: shared by the plain and the
// streaming route, so that both keep the same order of checks (contract §1.5).
#pragma once

#include "server/routes/address.h"
#include "server/upstream/pipeline.h"

namespace bridge::routes {

/// What the request asks for, before anything is contacted.
struct ToolRun {
    Address address;
    QString tool;
    QJsonObject arguments; ///< session and feedback keys removed
    std::optional<QJsonValue> feedback;
    std::optional<QString> oauthToken; ///< of the tool's argument, once it was asked for
    bool dryRun = false;
    QString transport = QStringLiteral("rest"); ///< label of the metrics
    /// Runs when everything is checked and the tool is about to be called. May be empty.
    std::function<void()> beforeCall;
};

struct ToolAnswer {
    sessions::ToolOutcome outcome;
    std::shared_ptr<const upstream::Tool> tool;
    const upstream::ServerDefinition *definition = nullptr; ///< of the server that is pinned
    upstream::ServerPin pin;
    QString sessionId; ///< empty without a session
    /// The result of contract §1.4, or the failure it stands for; empty while suspended.
    std::optional<Result<QByteArray>> shaped;
};

/// Reads path, headers and body. Errors: InvalidBody, FeedbackRequiresSession, those of
/// addressOf().
Result<ToolRun> readToolRun(const Services &services, http::Exchange &exchange,
                            const http::PathParams &params);

/// Checks that can be made before a stream begins: the session exists, an answer is expected.
Result<Nothing> checkToolRun(const Services &services, http::Exchange &exchange,
                             const ToolRun &run);

/// Runs it. Hidden tools answer exactly like missing ones; arguments are checked before a child
/// is used up when the tools are known already.
Task<ToolAnswer> runTool(Services *services, http::Exchange *exchange, ToolRun run,
                         sessions::ToolRequest::Hooks hooks);

/// The tools of the addressed server, those its caller may see.
Task<upstream::ToolSetPtr> toolsFor(Services *services, http::Exchange *exchange, Address address);

} // namespace bridge::routes
