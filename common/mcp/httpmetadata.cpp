// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/mcp/httpmetadata.h"

#include "common/json/scan.h"
#include "common/mcp/rawjson.h"
#include "common/mcp/revisions.h"

using namespace Qt::StringLiterals;

namespace bridge::mcp {

namespace {

/// Of the extension io.modelcontextprotocol/tasks, "Routing Headers".
bool namesTask(const QString &method)
{
    return method == "tasks/get"_L1 || method == "tasks/update"_L1 || method == "tasks/cancel"_L1;
}

QLatin1StringView nameMember(const QString &method)
{
    if (namesTask(method))
        return "taskId"_L1;
    return method == "resources/read"_L1 ? "uri"_L1 : "name"_L1;
}

} // namespace

bool namesSomething(const QString &method)
{
    return method == "tools/call"_L1 || method == "prompts/get"_L1 || method == "resources/read"_L1
           || namesTask(method);
}

bool isIdempotent(const QString &method)
{
    return method == "initialize"_L1 || method == "server/discover"_L1 || method == "ping"_L1
           || method.endsWith("/list"_L1);
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
    const QString name =
        stringMember(message.params, nameMember(message.method)).value_or(QString());
    httpclient::setHeader(headers, "Mcp-Name", headerEncoded(name));
    if (message.method == "tools/call"_L1)
        headers += toolHeaders.headersFor(name, rawMember(message.params, "arguments"_L1));
    return true;
}

} // namespace bridge::mcp
