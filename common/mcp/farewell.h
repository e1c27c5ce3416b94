// SPDX-License-Identifier: GPL-3.0-or-later
// The last request to a server, which nobody waits for: it lives on its own, for so long and no
// longer.
#pragma once

#include "common/httpclient/client.h"

#include <memory>

namespace bridge::mcp {

/// Sends \a request and forgets its answer; gives up after \a limit with a warning. \a token is
/// kept until then.
void sayFarewell(std::shared_ptr<httpclient::Client> client, httpclient::Request request,
                 std::chrono::milliseconds limit, std::shared_ptr<void> token);

} // namespace bridge::mcp
