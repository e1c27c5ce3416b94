// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/mcp/farewell.h"

#include "common/async/later.h"
#include "common/logging/categories.h"

using namespace Qt::StringLiterals;

namespace bridge::mcp {

namespace {

/// Owned by its own pending calls.
struct Farewell {
    std::shared_ptr<httpclient::Client> client;
    std::shared_ptr<void> token;
    Call request;
    Call limit;
};

void warn(std::chrono::milliseconds limit)
{
    qCWarning(logging::lcMcp).noquote()
        << u"A remote MCP server did not end its session within %1 s; it is left to it."_s.arg(
               double(limit.count()) / 1000);
}

} // namespace

void sayFarewell(std::shared_ptr<httpclient::Client> client, httpclient::Request request,
                 std::chrono::milliseconds limit, std::shared_ptr<void> token)
{
    auto farewell = std::make_shared<Farewell>();
    farewell->client = std::move(client);
    farewell->token = std::move(token);
    request.priority = httpclient::Priority::Urgent;
    // Later than the limit, which tells: two timers of one moment fire in any order.
    request.headTimeout = 2 * limit;
    request.idleTimeout = 2 * limit;
    const std::weak_ptr<Farewell> weak = farewell;
    farewell->request = farewell->client->send(std::move(request), {},
                                               [weak](const Result<httpclient::Response> &) {
                                                   if (const auto over = weak.lock())
                                                       over->limit.cancel();
                                               });
    farewell->limit = after(limit, [farewell, limit] {
        warn(limit);
        farewell->request.cancel();
    });
}

} // namespace bridge::mcp
