// SPDX-License-Identifier: GPL-3.0-or-later
// A request that is sent again where that is safe and may help (contract §8, retries): the server
// could not be reached, or says that it is busy and the request is one that may come twice.
#pragma once

#include "common/httpclient/client.h"

namespace bridge::mcp {

constexpr int kMaxAttempts = 3;
/// Before the second attempt, twice that before the third.
constexpr std::chrono::milliseconds kFirstDelay{200};
/// A server that wants more patience than this gets none (Retry-After).
constexpr std::chrono::milliseconds kMaxWait{5'000};

/// Like Client::send(). \a hooks hear of every attempt. With \a isIdempotent 429, 502, 503 and 504
/// are tried again as well. \a client must outlive the Call.
Call sendPatiently(httpclient::Client *client, httpclient::Request request, bool isIdempotent,
                   httpclient::Hooks hooks, Handler<httpclient::Response> handler);

} // namespace bridge::mcp
