// SPDX-License-Identifier: GPL-3.0-or-later
// Follows the pages of a listing (MCP "Pagination") within limits.
#pragma once

#include "common/async/task.h"
#include "common/mcp/client.h"

namespace bridge::mcp {

struct ListingPlan {
    QString method;
    QString member;
    int maxPages = 100;
    qsizetype maxItems = 10'000;
    bool supported = true; ///< the server has declared the capability
    /// Sends the request for one page.
    std::function<Call(const QByteArray &params, jsonrpc::RawHandler)> request;
};

/// Errors: MethodNotFound, UpstreamFailed (no list in the answer, a cursor that comes twice, a
/// limit is exceeded), those of the request.
Task<Listing> listAll(ListingPlan plan);

/// `tools/list` → `tools`, `resources/templates/list` → `resources`.
QString capabilityOfListing(const QString &method);

} // namespace bridge::mcp
