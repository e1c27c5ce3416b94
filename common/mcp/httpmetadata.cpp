// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/mcp/httpmetadata.h"

#include "common/json/scan.h"
#include "common/mcp/rawjson.h"
#include "common/mcp/revisions.h"

using namespace Qt::StringLiterals;

namespace bridge::mcp {

bool namesSomething(const QString &method)
{
    return method == "tools/call"_L1 || method == "prompts/get"_L1 || method == "resources/read"_L1;
}

bool addMetadata(httpclient::Headers &headers, const jsonrpc::Message &message,
                 const ToolHeaders &toolHeaders)
{
    const QByteArray meta = rawMember(message.params, "_meta"_L1);
    const auto revision = meta.isEmpty() ? std::nullopt : stringMember(meta, kMetaRevision);
    if (!revision || !isModern(*revision))
        return false;
    httpclient::setHeader(headers, "MCP-Protocol-Version", revision->toLatin1());
    httpclient::removeHeader(headers, "Mcp-Session-Id");
    httpclient::setHeader(headers, "Mcp-Method", headerEncoded(message.method));
    if (!namesSomething(message.method))
        return true;
    const bool isRead = message.method == "resources/read"_L1;
    const QString name =
        stringMember(message.params, isRead ? "uri"_L1 : "name"_L1).value_or(QString());
    httpclient::setHeader(headers, "Mcp-Name", headerEncoded(name));
    if (message.method == "tools/call"_L1)
        headers += toolHeaders.headersFor(name, rawMember(message.params, "arguments"_L1));
    return true;
}

} // namespace bridge::mcp
