// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/mcp/inputreply.h"

#include "common/mcp/revisions.h"

using namespace Qt::StringLiterals;

namespace bridge::mcp {

namespace {

class InputReply
{
public:
    explicit InputReply(InputSink sink) : m_sink(std::move(sink)) {}
    InputReply(const InputReply &) = delete;
    InputReply &operator=(const InputReply &) = delete;
    ~InputReply() { settle(Error(ErrorCode::Cancelled, u"Nobody answered."_s)); }

    void settle(Result<QJsonObject> outcome)
    {
        if (auto sink = std::exchange(m_sink, nullptr))
            sink(std::move(outcome));
    }

private:
    InputSink m_sink;
};

} // namespace

InputRequestPtr makeInput(const QString &method, const QJsonObject &params, qint64 call,
                          InputSink sink)
{
    auto reply = std::make_shared<InputReply>(std::move(sink));
    auto request = std::make_shared<InputRequest>();
    request->method = method;
    request->params = params;
    request->call = call;
    request->answer = [reply](const QJsonObject &result) { reply->settle(result); };
    request->refuse = [reply](const Error &error) { reply->settle(error); };
    return request;
}

QString capabilityFor(const QString &method)
{
    if (method == "elicitation/create"_L1)
        return u"elicitation"_s;
    if (method == "sampling/createMessage"_L1)
        return u"sampling"_s;
    if (method == "roots/list"_L1)
        return u"roots"_s;
    return {};
}

std::optional<jsonrpc::RpcError> objection(const QString &method, const QJsonObject &params,
                                           const QJsonObject &capabilities)
{
    const QString capability = capabilityFor(method);
    if (capability.isEmpty() || !capabilities.contains(capability))
        return jsonrpc::RpcError{kMethodNotFound, u"Method not found: "_s + method, {}};
    if (capability != "elicitation"_L1)
        return std::nullopt;
    // An empty capability means form only; a missing mode means form (2025-11-25).
    const QString mode = params["mode"_L1].toString(u"form"_s);
    const QJsonObject modes = capabilities[capability].toObject();
    if (modes.contains(mode) || (modes.isEmpty() && mode == "form"_L1))
        return std::nullopt;
    return jsonrpc::RpcError{
        kInvalidParams, u"Elicitation mode not declared by the client: "_s + mode, {}};
}

} // namespace bridge::mcp
