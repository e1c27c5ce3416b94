// SPDX-License-Identifier: GPL-3.0-or-later
// The token that a tool wants in its argument `oauth_token` (contract §3.2).
#pragma once

#include "common/async/task.h"
#include "server/upstream/definition.h"
#include "server/upstream/identity.h"

namespace bridge::upstream {

/// The credential of \a identity for \a definition; empty when the caller has none, which
/// prepareArguments() refuses. Read for each call, so that a session outlives its tokens. Errors of
/// Caller::resolve() and CredentialSource::get().
Task<QString> tokenArgument(Identity identity, ServerDefinition definition);

} // namespace bridge::upstream
