// SPDX-License-Identifier: GPL-3.0-or-later
// What a server asks in mid-call, and the waiting for the answers.
#include "common/mcp/inputreply.h"
#include "common/mcp/rawjson.h"
#include "common/mcp/revisions.h"
#include "server/gateway/core.h"
#include "server/gateway/errand.h"
#include "server/gateway/questions.h"
#include "server/gateway/taskforms.h"

#include <QtCore/QDateTime>

using namespace Qt::StringLiterals;

namespace bridge::gateway {

namespace {

constexpr std::chrono::milliseconds kGatherTime{10};

Error notGood()
{
    return Error(ErrorCode::InvalidArguments,
                 u"No call waits for these answers: they were given before, or the call has ended. "
                 "Send the request again without `requestState` and `inputResponses`."_s);
}

} // namespace

Result<std::shared_ptr<Errand>> Errand::suspendedFor(Core *core, const Request &request)
{
    const QJsonObject params = request.message.paramsObject();
    const qint64 now = QDateTime::currentMSecsSinceEpoch();
    const Result<RequestState> state = core->sealer.open(params["requestState"_L1].toString(), now);
    if (!state)
        return state.error();
    const QByteArray digest = digestOf(request.server, request.message.method, params);
    if (state->owner != request.identity.owner || state->request != digest) {
        return Error(ErrorCode::InvalidArguments,
                     u"This `requestState` belongs to another request. Retry the request it was "
                     "given for, unchanged but for `inputResponses`."_s);
    }
    const std::shared_ptr<Errand> errand = core->suspended.find(state->id);
    if (!errand || errand->m_round != state->round || errand->m_waiter)
        return notGood();
    const Result<Nothing> checked = errand->checkResponses(params["inputResponses"_L1].toObject());
    if (!checked)
        return checked.error();
    return errand;
}

Result<Nothing> Errand::checkResponses(const QJsonObject &responses) const
{
    for (const auto &[key, input] : m_inputs) {
        const QJsonValue response = responses[key];
        if (response.isUndefined())
            continue; // asked for again
        const Result<Nothing> checked = checkResponse(input->method, response);
        if (!checked) {
            return Error(ErrorCode::InvalidArguments,
                         u"`inputResponses.%1` %2"_s.arg(key, checked.error().message));
        }
    }
    return Nothing{};
}

Call Errand::resume(const Request &request, std::shared_ptr<Downstream> downstream,
                    Handler<Answer> handler)
{
    const auto self = m_core->suspended.take(m_suspendedAs); // kept by the Call from here on
    m_suspendedAs.clear();
    m_patience.cancel();
    m_request = request;
    m_params = request.message.paramsObject();
    m_downstream = std::move(downstream);
    Call call = attach(std::move(handler));
    if (m_outcome) {
        m_telling = later([this] { deliver(); });
        return call;
    }
    const QJsonObject responses = m_params.value("inputResponses"_L1).toObject();
    for (const Inputs inputs = m_inputs; const auto &[key, input] : inputs) {
        if (!responses[key].isObject())
            continue;
        m_inputs.erase(key);
        input->answer(responses[key].toObject());
    }
    if (!m_inputs.empty())
        suspendSoon(); // for the answers that are missing
    return call;
}

namespace {

/// ClientCapabilities a client needs to be asked \a input.
QJsonObject neededFor(const mcp::InputRequest &input)
{
    QJsonObject detail;
    if (input.isElicitation())
        detail[input.params["mode"_L1].toString(u"form"_s)] = QJsonObject();
    return {{mcp::capabilityFor(input.method), detail}};
}

} // namespace

void Errand::onInput(const mcp::InputRequestPtr &input)
{
    const bool isModern = m_request.profile.era == mcp::Era::Modern;
    const auto problem =
        mcp::objection(input->method, input->params, m_request.profile.capabilities);
    if (problem || (!isModern && !(m_downstream && m_downstream->canAsk()))) {
        Error error(ErrorCode::MethodNotFound,
                    u"The client of this call cannot answer %1."_s.arg(input->method));
        error.rpcCode = problem ? problem->code : mcp::kMethodNotFound;
        if (problem)
            m_lacking = neededFor(*input);
        input->refuse(error);
        return;
    }
    if (isModern)
        keepQuestion(input);
    else
        askClient(input);
}

void Errand::askClient(const mcp::InputRequestPtr &input)
{
    const quint64 number = m_nextAsk++;
    const auto settled = [this, number] { m_asking.erase(number); };
    input->withdrawn = [weak = weak_from_this(), settled] {
        if (const auto strong = weak.lock())
            settled();
    };
    QJsonObject question = questionFor(*input, m_request.profile);
    if (m_task)
        question = withRelatedTask(question, m_task->id);
    m_asking[number] = m_downstream->ask(input->method, mcp::compact(question),
                                         [this, input, number](const Result<QByteArray> &answer) {
                                             const auto self =
                                                 shared_from_this(); // answering may end it
                                             const Call done = std::move(m_asking[number]);
                                             m_asking.erase(number);
                                             input->withdrawn = nullptr;
                                             if (answer)
                                                 input->answer(forServer(mcp::objectOf(*answer)));
                                             else
                                                 input->refuse(answer.error());
                                         });
}

/// The answer to a question, in which a task has the name its server gave it.
QJsonObject Errand::forServer(const QJsonObject &answer) const
{
    return m_task ? withRelatedTask(answer, m_task->key) : answer;
}

void Errand::keepQuestion(const mcp::InputRequestPtr &input)
{
    // Once only: a server that asks again was not content.
    const QJsonValue ahead = input->key.isEmpty() ? QJsonValue() : m_ahead.take(input->key);
    if (ahead.isObject() && checkResponse(input->method, ahead)) {
        input->answer(ahead.toObject());
        return;
    }
    QString key = input->key;
    while (key.isEmpty() || m_inputs.contains(key))
        key = u"input-%1"_s.arg(++m_asked);
    m_inputs[key] = input;
    input->withdrawn = [weak = weak_from_this(), key] {
        if (const auto strong = weak.lock())
            strong->m_inputs.erase(key);
    };
    suspendSoon();
    // A legacy server may ask several things at once, in messages of their own.
    if (input->key.isEmpty())
        m_telling = after(kGatherTime, [this] { suspend(); });
}

// Several questions of one round come one after the other.
void Errand::suspendSoon()
{
    m_telling = later([this] { suspend(); });
}

void Errand::suspend()
{
    if (m_inputs.empty() || !m_waiter)
        return; // withdrawn, or told at the next retry
    const auto self = shared_from_this();
    const QString &owner = m_request.identity.owner;
    const Result<QString> id = m_core->suspended.add(owner, self);
    if (!id) {
        m_work.cancel();
        finish(id.error());
        return;
    }
    m_suspendedAs = *id;
    const auto patience = m_core->options.suspendTime;
    const RequestState state{*id, ++m_round, owner,
                             digestOf(m_request.server, m_request.message.method, m_params),
                             QDateTime::currentMSecsSinceEpoch() + patience.count()};
    m_patience = after(patience, [this] { expire(); });
    m_downstream.reset();
    m_progress = -1;
    QList<std::pair<QString, QJsonObject>> questions;
    for (const auto &[key, input] : m_inputs)
        questions.append({key, questionFor(*input, m_request.profile)});
    QJsonObject requests;
    for (const auto &[key, params] : std::as_const(questions)) {
        requests[key] = QJsonObject{{"method"_L1, m_inputs[key]->method}, {"params"_L1, params}};
    }
    const QJsonObject result{{"resultType"_L1, u"input_required"_s},
                             {"inputRequests"_L1, requests},
                             {"requestState"_L1, m_core->sealer.seal(state)}};
    std::exchange(m_waiter, nullptr)(Answer{mcp::compact(result)});
}

void Errand::expire()
{
    const auto self = m_core->suspended.take(m_suspendedAs);
    m_inputs.clear(); // cancels the questions
    m_work.cancel();
}

} // namespace bridge::gateway
