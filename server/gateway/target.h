// SPDX-License-Identifier: GPL-3.0-or-later
// The MCP server that answers a request.
#pragma once

#include "server/sessions/session.h"
#include "server/upstream/server.h"

namespace bridge::gateway {

/// Kept until this is dropped.
struct Target {
    upstream::LeasePtr lease;
    sessions::SessionPtr session;
    upstream::InstancePtr instance; ///< of the session

    mcp::Client &client() const { return lease ? lease->client() : instance->client(); }
    bool isEmpty() const { return !lease && !instance; }
};

} // namespace bridge::gateway
