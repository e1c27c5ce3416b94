// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/taskdrive.h"

#include "common/json/writer.h"
#include "common/mcp/inputreply.h"
#include "common/mcp/rawjson.h"
#include "common/mcp/revisions.h"
#include "server/gateway/questions.h"
#include "server/gateway/taskforms.h"
#include "server/gateway/translation.h"

using namespace Qt::StringLiterals;

namespace bridge::gateway {

TaskDrive::~TaskDrive()
{
    m_inputs.clear(); // refused before the call is withdrawn
}

void TaskDrive::begin(mcp::Client &client, const QString &key)
{
    mcp::CallOptions options; // as long as it takes
    options.hooks.input = [weak = weak_from_this()](const mcp::InputRequestPtr &input) {
        if (const auto strong = weak.lock())
            strong->onInput(input);
    };
    m_call = client.request(u"tasks/result"_s, mcp::compact({{"taskId"_L1, key}}), options,
                            [weak = weak_from_this()](Result<QByteArray> outcome) {
                                const auto strong = weak.lock();
                                if (!strong)
                                    return;
                                strong->m_inputs.clear();
                                strong->m_outcome.emplace(std::move(outcome));
                            });
}

void TaskDrive::onInput(const mcp::InputRequestPtr &input)
{
    if (const auto problem = mcp::objection(input->method, input->params, m_profile.capabilities)) {
        Error error(ErrorCode::MethodNotFound,
                    u"The client of this task cannot answer %1."_s.arg(input->method));
        error.rpcCode = problem->code;
        return input->refuse(error);
    }
    // Never the same key twice in the life of the task.
    const QString key = u"input-%1"_s.arg(++m_asked);
    m_inputs[key] = input;
    input->withdrawn = [weak = weak_from_this(), key] {
        if (const auto strong = weak.lock())
            strong->m_inputs.erase(key);
    };
}

Result<Nothing> TaskDrive::answer(const QJsonObject &responses)
{
    for (const auto &[key, input] : m_inputs) {
        if (!responses.contains(key))
            continue;
        const Result<Nothing> checked = checkResponse(input->method, responses[key]);
        if (!checked)
            return Error(ErrorCode::InvalidArguments,
                         u"`inputResponses.%1` %2"_s.arg(key, checked.error().message));
    }
    const auto self = shared_from_this(); // answering may end it
    for (const auto inputs = m_inputs; const auto &[key, input] : inputs) {
        if (!responses.contains(key))
            continue;
        m_inputs.erase(key);
        input->withdrawn = nullptr;
        input->answer(responses[key].toObject());
    }
    return Nothing{};
}

// `failed` means another thing on either side: an error in the result is a result here.
QString TaskDrive::statusOf(const QByteArray &task) const
{
    if (taskStatus(task) == "cancelled"_L1)
        return u"cancelled"_s;
    if (m_outcome)
        return m_outcome->ok() ? u"completed"_s : u"failed"_s;
    return m_inputs.empty() ? u"working"_s : u"input_required"_s;
}

bool TaskDrive::isOver(const QByteArray &task) const
{
    return m_outcome || taskStatus(task) == "cancelled"_L1;
}

QByteArray TaskDrive::questions() const
{
    QJsonObject requests;
    for (const auto &[key, input] : m_inputs)
        requests[key] = QJsonObject{{"method"_L1, input->method},
                                    {"params"_L1, questionFor(*input, m_profile)}};
    return mcp::compact(requests);
}

QByteArray TaskDrive::shown(const QByteArray &task, const QString &id) const
{
    const QString status = statusOf(task);
    QList<std::pair<QString, QByteArray>> more;
    if (status == "completed"_L1) {
        const QByteArray result =
            resultFor(**m_outcome, u"tools/call"_s, mcp::Era::Legacy, m_profile);
        more.append({u"result"_s, withoutRelatedTask(result)});
    } else if (status == "failed"_L1) {
        const Error error = errorFor(m_outcome->error(), m_profile);
        more.append({u"error"_s,
                     mcp::compact({{"code"_L1, rpcCode(error)}, {"message"_L1, error.message}})});
    } else if (status == "input_required"_L1) {
        more.append({u"inputRequests"_s, questions()});
    }
    return renamedTask(task, id, u"complete"_s, status, more);
}

QByteArray renamedTask(const QByteArray &task, const QString &id, const QString &resultType,
                       const QString &status, const QList<std::pair<QString, QByteArray>> &more)
{
    json::ObjectWriter writer;
    writer.value(u"resultType", resultType).value(u"taskId", id).value(u"status", status);
    const auto pass = [&](const QString &name, QLatin1String from) {
        if (const QByteArray value = mcp::rawMember(task, from); !value.isEmpty())
            writer.raw(name, value);
    };
    pass(u"statusMessage"_s, "statusMessage"_L1);
    pass(u"createdAt"_s, "createdAt"_L1);
    pass(u"lastUpdatedAt"_s, "lastUpdatedAt"_L1);
    const QByteArray ttl = mcp::rawMember(task, "ttl"_L1);
    writer.raw(u"ttlMs", ttl.isEmpty() ? "null"_ba : ttl);
    pass(u"pollIntervalMs"_s, "pollInterval"_L1);
    for (const auto &[name, value] : more)
        writer.raw(name, value);
    return writer.take();
}

} // namespace bridge::gateway
