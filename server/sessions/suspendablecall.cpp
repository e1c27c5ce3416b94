// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/sessions/suspendablecall.h"

#include "common/async/later.h"
#include "server/sessions/elicitation.h"

using namespace Qt::StringLiterals;

namespace bridge::sessions {

namespace {

// A server may ask several things at once; one that asks without end is refused.
constexpr qsizetype kMaxQuestions = 16;

const QJsonObject &cancelResult()
{
    static const QJsonObject kResult{{"action"_L1, "cancel"_L1}};
    return kResult;
}

QJsonObject schemaOf(const QJsonObject &question)
{
    return question["requestedSchema"_L1].toObject();
}

} // namespace

SuspendableCall::SuspendableCall(ToolRequest request, Rules rules, CallOwner &owner)
    : m_request(std::move(request))
    , m_rules(rules)
    , m_owner(owner)
{
}

Call SuspendableCall::run(Handler<ToolOutcome> waiter)
{
    Call call = attach(std::move(waiter));
    begin();
    return call;
}

Call SuspendableCall::attach(Handler<ToolOutcome> waiter)
{
    m_waiter = std::move(waiter);
    const quint64 number = ++m_waiterNumber;
    return Call([weak = weak_from_this(), number] {
        const auto self = weak.lock();
        if (!self || !self->m_waiter || self->m_waiterNumber != number)
            return;
        self->m_waiter = nullptr;
        self->fail(Error(ErrorCode::Cancelled, u"The caller is gone."_s));
    });
}

void SuspendableCall::begin()
{
    m_replayed = 0;
    m_sent = false;
    if (mcp::Client *client = m_owner.liveClient()) {
        send(*client);
        return;
    }
    m_revival = m_owner.revive([this](Result<bool> restarted) {
        const auto self = shared_from_this();
        mcp::Client *client = m_owner.liveClient();
        if (!restarted)
            finish(restarted.error());
        else if (!client)
            finish(Error(ErrorCode::UpstreamFailed, u"The MCP server ended again. Try again."_s));
        else {
            m_restarted = *restarted;
            send(*client);
        }
    });
}

void SuspendableCall::send(mcp::Client &client)
{
    m_sent = true;
    mcp::CallOptions options;
    options.timeout = m_request.timeout;
    options.meta = m_request.meta;
    const auto weak = weak_from_this();
    options.hooks.progress = [weak](const mcp::Progress &progress) {
        const auto self = weak.lock();
        if (auto hook = self ? self->m_request.hooks.progress : nullptr)
            hook(progress);
    };
    options.hooks.log = [weak](const mcp::LogMessage &message) {
        const auto self = weak.lock();
        if (auto hook = self ? self->m_request.hooks.log : nullptr)
            hook(message);
    };
    options.hooks.input = [weak](const mcp::InputRequestPtr &input) {
        if (const auto self = weak.lock())
            self->ask(input);
    };
    m_downstream = client.callTool(m_request.tool, m_request.arguments, std::move(options),
                                   [this](Result<QByteArray> result) {
                                       if (!result) {
                                           finish(result.error());
                                           return;
                                       }
                                       ToolOutcome outcome;
                                       outcome.result = std::move(result).value();
                                       finish(std::move(outcome));
                                   });
}

void SuspendableCall::ask(const mcp::InputRequestPtr &input)
{
    const auto self = shared_from_this();
    if (!input->isElicitation()) {
        input->refuse(Error(ErrorCode::MethodNotFound, u"Only elicitation can be answered."_s));
        return;
    }
    if (m_asking) {
        if (m_inputs.size() < kMaxQuestions)
            keep(input);
        else
            input->answer(cancelResult());
        return;
    }
    const QJsonObject question = elicitationFrom(input->params);
    if (replay(input, question))
        return;
    const Result<Nothing> askable = checkElicitation(question);
    const Result<Nothing> admitted = askable ? m_owner.admitSuspended() : askable;
    if (admitted) {
        suspend(input, question);
        return;
    }
    // Ended from the event loop: this runs inside the client.
    m_asking = true;
    keep(input);
    m_telling = later([this, error = admitted.error()] { fail(error); });
}

bool SuspendableCall::replay(const mcp::InputRequestPtr &input, const QJsonObject &question)
{
    if (m_replayed >= m_replays.size())
        return false;
    if (m_replays.at(m_replayed).schema != schemaOf(question)) {
        // The tool took another way this time, so that later answers have lost their questions.
        m_replays.resize(m_replayed);
        return false;
    }
    input->answer(m_replays.at(m_replayed++).result);
    return true;
}

void SuspendableCall::suspend(const mcp::InputRequestPtr &input, const QJsonObject &question)
{
    m_asking = true;
    m_question = question;
    keep(input);
    m_patienceEnd = QDeadlineTimer(m_rules.patience);
    m_patience = after(m_rules.patience, [this] { onPatienceEnd(); });
    tellQuestionSoon();
}

void SuspendableCall::tellQuestionSoon()
{
    // Not from inside the client: whoever is told may drop everything.
    m_telling = later([this] { tellQuestion(); });
}

void SuspendableCall::tellQuestion()
{
    const auto self = shared_from_this();
    if (m_rules.rerun) {
        answerInputs(cancelResult());
        m_downstream.cancel();
        m_sent = false;
    }
    // The hooks belong to the exchange that ends now.
    m_request.hooks = {};
    ToolOutcome outcome;
    outcome.suspended = true;
    outcome.elicitation = m_question;
    outcome.restarted = std::exchange(m_restarted, false);
    if (auto waiter = std::exchange(m_waiter, nullptr))
        waiter(std::move(outcome));
}

Call SuspendableCall::resume(const ElicitAnswer &answer, ToolRequest::Hooks hooks,
                             Handler<ToolOutcome> waiter)
{
    const bool isForm = m_question["mode"_L1].toString() != "url"_L1;
    const QJsonObject result = answer.toResult(isForm);
    m_request.hooks = std::move(hooks);
    Call call = attach(std::move(waiter));
    m_patience.cancel();
    m_asking = false;
    if (m_rules.rerun) {
        m_replays.append({schemaOf(m_question), result});
        begin();
        return call;
    }
    const auto self = shared_from_this();
    if (!m_inputs.isEmpty())
        m_inputs.takeFirst()->answer(result);
    nextQuestion();
    return call;
}

void SuspendableCall::nextQuestion()
{
    const QList<mcp::InputRequestPtr> waiting = std::exchange(m_inputs, {});
    for (const mcp::InputRequestPtr &input : waiting)
        ask(input);
}

void SuspendableCall::keep(const mcp::InputRequestPtr &input)
{
    input->withdrawn = [weak = weak_from_this(), raw = input.get()] {
        if (const auto self = weak.lock())
            self->onWithdrawn(raw);
    };
    m_inputs.append(input);
}

void SuspendableCall::onWithdrawn(const mcp::InputRequest *input)
{
    const bool isTheQuestion = !m_inputs.isEmpty() && m_inputs.constFirst().get() == input;
    m_inputs.removeIf([input](const auto &candidate) { return candidate.get() == input; });
    if (!isTheQuestion)
        return;
    m_patience.cancel();
    m_telling.cancel();
    m_asking = false;
    if (m_waiter || !m_inputs.isEmpty())
        nextQuestion();
    else
        fail(Error(ErrorCode::Cancelled, u"The tool no longer asks, and nobody waits for it."_s));
}

void SuspendableCall::onPatienceEnd()
{
    fail(Error(ErrorCode::UpstreamTimeout, u"Nobody answered the tool's question in time."_s));
}

void SuspendableCall::answerInputs(const QJsonObject &result)
{
    const QList<mcp::InputRequestPtr> inputs = std::exchange(m_inputs, {});
    for (const mcp::InputRequestPtr &input : inputs)
        input->answer(result);
}

void SuspendableCall::fail(const Error &error)
{
    const auto self = shared_from_this();
    answerInputs(cancelResult());
    m_downstream.cancel();
    finish(error);
}

void SuspendableCall::finish(Result<ToolOutcome> outcome)
{
    const auto self = shared_from_this();
    m_revival.cancel();
    m_patience.cancel();
    m_telling.cancel();
    m_inputs.clear();
    m_request.hooks = {};
    m_owner.callEnded(this);
    if (outcome)
        outcome->restarted = m_restarted;
    if (auto waiter = std::exchange(m_waiter, nullptr))
        waiter(std::move(outcome));
}

} // namespace bridge::sessions
