// SPDX-License-Identifier: GPL-3.0-or-later
// What is checked of a tool call before the tool is bothered: whether it is there for the caller,
// its arguments, and how often he may call it.
#pragma once

#include "server/routes/toolrun.h"

namespace bridge::routes {

/// A tool with the arguments it will get.
struct Prepared {
    std::shared_ptr<const upstream::Tool> tool; ///< null = not looked for yet
    QJsonObject arguments;                      ///< empty for the answer to a question
    bool wantsToken = false; ///< nothing is checked before ToolRun::oauthToken is known
};

/// The remembered tools everybody shares; none when the session of \a address may have others.
upstream::ToolSetPtr sharedTools(const Address &address);

/// Where arguments come from: the body, headers and the token of \a run. \a exchange outlives it.
upstream::CallInput callInput(const http::Exchange *exchange, const ToolRun &run);

/// The called tool among \a tools, as far as the caller may use it, and its checked arguments.
/// Counts the call. Waits for the token the tool wants, which \a run keeps.
Task<Prepared> prepareFully(const Services *services, http::Exchange *exchange, ToolRun *run,
                            upstream::ToolSetPtr tools);

} // namespace bridge::routes
