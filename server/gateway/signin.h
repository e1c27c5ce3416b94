// SPDX-License-Identifier: GPL-3.0-or-later
// A remote server wants an account of the user: how his client is told where to sign in. Pure
// functions; any thread.
#pragma once

#include "common/base/error.h"
#include "server/gateway/downstream.h"

#include <optional>

namespace bridge::gateway {

/// The address \a error asks the user to open; empty = it asks for nothing of the kind.
QString signInAddress(const Error &error);

/// A result that asks for it: `input_required` with an elicitation in URL mode (MCP 2026-07-28).
/// Nothing when \a error or the client is not of that kind, or \a method may not be answered so.
/// Carries no state: the client calls again, and by then the account is there or asked for again.
std::optional<QByteArray> signInRequest(const Error &error, const QString &method,
                                        const ClientProfile &profile);

/// \a error as other clients understand it: URLElicitationRequiredError (MCP 2025-11-25) where the
/// client opens addresses, else with the address in its text.
Error withSignIn(Error error, const ClientProfile &profile);

} // namespace bridge::gateway
