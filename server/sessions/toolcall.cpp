// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/sessions/toolcall.h"

#include "common/async/later.h"
#include "server/sessions/elicitation.h"

using namespace Qt::StringLiterals;

namespace bridge::sessions {

namespace {

/// Owned by the Call its maker gets. Everything ends from the event loop or from the client's
/// answer, never inside a hook, so that letting go of the lease cannot pull the client away from
/// under itself.
class OneCall : public std::enable_shared_from_this<OneCall>
{
public:
    OneCall(upstream::LeasePtr lease, Handler<ToolOutcome> handler)
        : m_lease(std::move(lease))
        , m_handler(std::move(handler))
    {
    }

    void start(ToolRequest request);
    void withdraw();

private:
    void onInput(const mcp::InputRequestPtr &input);
    void finish(Result<ToolOutcome> outcome);

    upstream::LeasePtr m_lease;
    Handler<ToolOutcome> m_handler;
    bool m_asked = false;
    Call m_telling;
    Call m_downstream;
};

void OneCall::start(ToolRequest request)
{
    mcp::CallOptions options;
    options.timeout = request.timeout;
    options.meta = std::move(request.meta);
    options.hooks.progress = std::move(request.hooks.progress);
    options.hooks.log = std::move(request.hooks.log);
    options.hooks.input = [weak = weak_from_this()](const mcp::InputRequestPtr &input) {
        if (const auto self = weak.lock())
            self->onInput(input);
    };
    m_downstream = m_lease->client().callTool(request.tool, request.arguments, std::move(options),
                                              [this](Result<QByteArray> result) {
                                                  if (!result)
                                                      return finish(result.error());
                                                  ToolOutcome outcome;
                                                  outcome.result = std::move(result).value();
                                                  finish(std::move(outcome));
                                              });
}

void OneCall::onInput(const mcp::InputRequestPtr &input)
{
    if (!input->isElicitation()) {
        input->refuse(Error(ErrorCode::MethodNotFound, u"Only elicitation can be answered."_s));
        return;
    }
    input->answer(QJsonObject{{"action"_L1, "cancel"_L1}});
    if (std::exchange(m_asked, true))
        return;
    const QJsonObject question = elicitationFrom(input->params);
    const Result<Nothing> askable = checkElicitation(question);
    m_telling = later([this, error = askable ? feedbackRequired(question, {}) : askable.error()] {
        m_downstream.cancel();
        finish(error);
    });
}

void OneCall::finish(Result<ToolOutcome> outcome)
{
    const auto self = shared_from_this();
    const auto lease = std::move(m_lease);
    m_telling.cancel();
    if (const auto handler = std::exchange(m_handler, nullptr))
        handler(std::move(outcome));
}

void OneCall::withdraw()
{
    m_handler = nullptr;
    m_telling.cancel();
    m_downstream.cancel();
    m_lease.reset();
}

} // namespace

Error feedbackRequired(const QJsonObject &elicitation, const QString &sessionId)
{
    Error error(ErrorCode::FeedbackRequired, u"The tool asks for input before it can go on."_s);
    const bool hasSession = !sessionId.isEmpty();
    error.detail = QJsonObject{
        {"error"_L1, codeName(error.code)},
        {"awaiting_feedback"_L1, true},
        {"elicitation"_L1, elicitation},
        {"resume_token"_L1, hasSession ? QJsonValue(sessionId) : QJsonValue(QJsonValue::Null)},
        {"requires_session"_L1, !hasSession}};
    return error;
}

Call callToolOnce(upstream::LeasePtr lease, ToolRequest request, Handler<ToolOutcome> handler)
{
    const auto call = std::make_shared<OneCall>(std::move(lease), std::move(handler));
    call->start(std::move(request));
    return Call([call] { call->withdraw(); });
}

} // namespace bridge::sessions
