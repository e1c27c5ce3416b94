// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/mcp/errormap.h"

#include "common/mcp/revisions.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>

using namespace Qt::StringLiterals;

namespace bridge::mcp {

namespace {

constexpr qsizetype kMaxText = 2000;
constexpr qsizetype kMaxData = 64 * 1024;

/// Servers put whole stack traces and control characters into messages.
QString readable(const QString &text)
{
    QString out = text.left(kMaxText);
    for (QChar &c : out) {
        if (c.category() == QChar::Other_Control && c != u'\n' && c != u'\t')
            c = u' ';
    }
    out = out.trimmed();
    return out.isEmpty() ? u"The MCP server answered with an error without a text."_s : out;
}

bool saysOutputInvalid(const QString &text)
{
    return text.contains("Output validation error"_L1)
           || text.contains("output schema"_L1, Qt::CaseInsensitive);
}

bool saysTimeout(const QString &text)
{
    return text.contains("timed out"_L1, Qt::CaseInsensitive)
           || text.contains("timeout"_L1, Qt::CaseInsensitive);
}

/// "Unknown tool: x" (Python), "Tool x not found" and "Tool x disabled" (TypeScript), but not
/// "Method not found".
bool saysUnknown(const QString &text, QLatin1StringView what)
{
    if (text.contains("Unknown "_L1 + what, Qt::CaseInsensitive))
        return true;
    if (text.contains("Method not found"_L1, Qt::CaseInsensitive))
        return false;
    QStringView end = QStringView(text).trimmed();
    while (end.endsWith(u'.'))
        end.chop(1);
    return end.endsWith("not found"_L1, Qt::CaseInsensitive)
           || (end.endsWith("disabled"_L1) && text.contains(what, Qt::CaseInsensitive));
}

bool saysMissingArgument(const QString &text)
{
    return text.contains("missing"_L1, Qt::CaseInsensitive)
           && text.contains("argument"_L1, Qt::CaseInsensitive);
}

struct Kind {
    QLatin1StringView word;
    ErrorCode notFound;
};

Kind kindOf(Context context)
{
    switch (context) {
    case Context::Tool:
        return {"tool"_L1, ErrorCode::ToolNotFound};
    case Context::Prompt:
        return {"prompt"_L1, ErrorCode::PromptNotFound};
    case Context::Resource:
        return {"resource"_L1, ErrorCode::ResourceNotFound};
    case Context::Other:
        break;
    }
    return {""_L1, ErrorCode::MethodNotFound};
}

/// Python's low-level server reports every exception of a handler with code 0, so there the text
/// is all there is.
ErrorCode classifyByText(const QString &text, Context context)
{
    const Kind kind = kindOf(context);
    if (context != Context::Other && saysUnknown(text, kind.word))
        return kind.notFound;
    if (context == Context::Prompt && saysMissingArgument(text))
        return ErrorCode::InvalidArguments;
    return ErrorCode::UpstreamFailed;
}

ErrorCode classify(const jsonrpc::RpcError &rpc, Context context)
{
    const QString &text = rpc.message;
    const Kind kind = kindOf(context);
    if (context == Context::Tool && saysOutputInvalid(text))
        return ErrorCode::UpstreamFailed;
    switch (rpc.code) {
    case kMethodNotFound:
        return context != Context::Other && saysUnknown(text, kind.word)
                   ? kind.notFound
                   : ErrorCode::MethodNotFound;
    case kInvalidParams:
        if (context == Context::Resource)
            return ErrorCode::ResourceNotFound;
        return context != Context::Other && saysUnknown(text, kind.word)
                   ? kind.notFound
                   : ErrorCode::InvalidArguments;
    case kLegacyResourceNotFound:
        return context == Context::Resource ? ErrorCode::ResourceNotFound
                                            : ErrorCode::UpstreamFailed;
    case kRequestTimeout:
        return saysTimeout(text) ? ErrorCode::UpstreamTimeout : ErrorCode::UpstreamFailed;
    case 0:
        return classifyByText(text, context);
    default:
        return ErrorCode::UpstreamFailed;
    }
}

} // namespace

Context contextOf(const QString &method)
{
    if (method == "tools/call"_L1)
        return Context::Tool;
    if (method == "prompts/get"_L1)
        return Context::Prompt;
    if (method == "resources/read"_L1)
        return Context::Resource;
    return Context::Other;
}

Error fromRpc(const jsonrpc::RpcError &rpc, Context context)
{
    Error error(classify(rpc, context), readable(rpc.message));
    error.rpcCode = rpc.code;
    if (!rpc.data.isEmpty() && rpc.data.size() <= kMaxData)
        error.rpcData = QJsonDocument::fromJson('[' + rpc.data + ']').array().at(0);
    return error;
}

} // namespace bridge::mcp
