// SPDX-License-Identifier: GPL-3.0-or-later
// What has to be known of a caller's credential before a server is started for him.
#pragma once

#include "common/async/task.h"
#include "server/upstream/credentialsource.h"
#include "server/upstream/definition.h"
#include "server/upstream/identity.h"

namespace bridge::upstream {

/// \a identity, as effectiveFor() gives it, ready for a start: the token is in a child's
/// environment; of a remote server it is known that there is one, or the source is gone and what is
/// shared has to do. Errors of CredentialSource::get(): nothing is started then.
Task<Identity> withCredential(ServerDefinition definition, Identity identity);

/// \a error says something of the caller's credential, not of the server.
bool isCredentialError(const Error &error);

} // namespace bridge::upstream
