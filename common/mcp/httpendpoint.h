// SPDX-License-Identifier: GPL-3.0-or-later
// Where a remote MCP server is and how one speaks to it over HTTP, in whichever of its transports.
#pragma once

#include "common/httpclient/authorizer.h"
#include "common/httpclient/client.h"
#include "common/mcp/toolheaders.h"

namespace bridge::mcp {

struct HttpEndpoint {
    std::shared_ptr<httpclient::Client> client;
    QUrl url;
    httpclient::Headers headers; ///< of every request: credential, static, forwarded
    QByteArray partition;        ///< see httpclient::Request
    std::shared_ptr<httpclient::Authorizer> authorizer; ///< the same
    /// For an answer, or the begin of its stream, except where only the caller knows how long it
    /// may take (tools, prompts, resources).
    std::chrono::milliseconds answerTimeout{30'000};
    std::chrono::milliseconds idleTimeout{300'000}; ///< silence on a stream
    std::chrono::milliseconds teardownTimeout{10'000};
    qsizetype maxMessageBytes = 64 * 1024 * 1024;
    ToolHeadersPtr toolHeaders = std::make_shared<ToolHeaders>();
    /// Kept until the session on the server has been given up.
    std::shared_ptr<void> token;
};

} // namespace bridge::mcp
