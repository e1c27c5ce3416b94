// SPDX-License-Identifier: GPL-3.0-or-later
// One tools/call as its caller sees it: an answer, or a question to be answered first.
#pragma once

#include "server/upstream/server.h"

namespace bridge::sessions {

struct ToolRequest {
    struct Hooks {
        std::function<void(const mcp::Progress &)> progress;
        std::function<void(const mcp::LogMessage &)> log;
    };

    QString tool;
    QByteArray arguments;                 ///< raw JSON object
    std::chrono::milliseconds timeout{0}; ///< 0 = none
    QJsonObject meta;                     ///< joined into _meta
    Hooks hooks;
};

struct ToolOutcome {
    bool suspended = false;
    QByteArray result;       ///< raw CallToolResult when not suspended
    QJsonObject elicitation; ///< `{"message","requestedSchema","meta"[,"mode","url"]}` when it is
    bool restarted = false;  ///< the session's server was restarted before the call
};

/// The 409 of contract §4 for \a elicitation; \a sessionId is the resume token, empty when the
/// call had no session and cannot be resumed.
Error feedbackRequired(const QJsonObject &elicitation, const QString &sessionId);

/// A call without a session, on a leased instance that lives as long as the call. A question from
/// the tool is cancelled and ends the call with feedbackRequired().
Call callToolOnce(upstream::LeasePtr lease, ToolRequest request, Handler<ToolOutcome> handler);

} // namespace bridge::sessions
