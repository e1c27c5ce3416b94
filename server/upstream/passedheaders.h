// SPDX-License-Identifier: GPL-3.0-or-later
// What of a caller's own headers goes on to a remote server (contract §8): what the operator named,
// or with `*` what says nothing of who calls. Never what the bridge says itself, the values the
// operator configured, nor the bridge's own cookies. Pure; any thread.
#pragma once

#include "server/upstream/remotedefinition.h"

namespace bridge::upstream {

/// Those of \a given that \a remote gets, spelled as configured.
httpclient::Headers passedHeaders(const RemoteDefinition &remote, const httpclient::Headers &given);

} // namespace bridge::upstream
