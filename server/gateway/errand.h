// SPDX-License-Identifier: GPL-3.0-or-later
// One tools/call, prompts/get, resources/read or (legacy) tasks/result on its way: found, sent,
// asked about, answered.
//
// What the server wants to know in mid-call goes to a legacy client as a request of its own. A
// modern client gets `input_required` instead; the errand then waits in SuspendedCalls, the call
// to the server still under way, until the retry brings the answers (MCP 2026-07-28 "Multi
// Round-Trip Requests").
#pragma once

#include "common/async/task.h"
#include "common/mcp/client.h"
#include "server/gateway/dispatcher.h"
#include "server/gateway/lookup.h"
#include "server/gateway/taskbook.h"
#include "server/policy/action.h"

#include <QtCore/QElapsedTimer>

#include <map>

namespace bridge::gateway {

class Core;

class Errand : public std::enable_shared_from_this<Errand>
{
public:
    /// \a core outlives the errand.
    Errand(Core *core, Request request, std::shared_ptr<Downstream> downstream);
    ~Errand();
    Errand(const Errand &) = delete;
    Errand &operator=(const Errand &) = delete;

    /// The retry of a request one of the suspended calls waits for. InvalidArguments when its
    /// `requestState` is not good for it, or an answer is none.
    static Result<std::shared_ptr<Errand>> suspendedFor(Core *core, const Request &request);

    /// Dropping the Call before its handler ran cancels the errand.
    Call start(Handler<Answer> handler);
    /// Goes on with the answers of \a request, which suspendedFor() has accepted.
    Call resume(const Request &request, std::shared_ptr<Downstream> downstream,
                Handler<Answer> handler);

private:
    struct Plan; ///< where to and with what
    using Inputs = std::map<QString, mcp::InputRequestPtr>;

    Call attach(Handler<Answer> handler);
    void detach(quint64 waiter);
    Task<QByteArray> work();
    Task<Plan> plan();
    Result<Plan> planResult();
    Task<Target> targetOf(const Plan *plan);
    Result<Nothing> checkArguments(Plan &plan);
    mcp::CallOptions callOptions(const Plan &plan, const mcp::Client &client);
    void tellLog(const mcp::LogMessage &message);
    Task<> awaitLog(mcp::Client *client);
    void finish(Result<QByteArray> outcome);
    void deliver();
    void count(const Result<QByteArray> &outcome);
    void tell(const QString &reason);

    void onInput(const mcp::InputRequestPtr &input);
    void askClient(const mcp::InputRequestPtr &input);
    QJsonObject forServer(const QJsonObject &answer) const;
    void keepQuestion(const mcp::InputRequestPtr &input);
    void suspendSoon();
    void suspend();
    void expire();
    Result<Nothing> checkResponses(const QJsonObject &responses) const;

    Core *m_core;
    QString m_oauthToken; ///< of the tool's argument
    Request m_request;
    QJsonObject m_params;
    std::shared_ptr<Downstream> m_downstream; ///< null while suspended
    Handler<Answer> m_waiter;
    quint64 m_waiterNumber = 0;
    std::optional<Result<QByteArray>> m_outcome; ///< came while nobody waited
    QJsonObject m_lacking; ///< capabilities the client would have needed to be asked
    QElapsedTimer m_clock;
    bool m_isToolKnown = false;
    policy::Action m_called; ///< the tool as its server calls it, once it is known

    Inputs m_inputs;     ///< of a modern client, by key
    QJsonObject m_ahead; ///< answers the client gave before it was asked, by the server's keys
    int m_asked = 0;
    int m_round = 0;
    QString m_suspendedAs;
    std::map<quint64, Call> m_asking; ///< requests to a legacy client
    quint64 m_nextAsk = 1;
    double m_progress = -1;
    HeldTaskPtr m_task; ///< of tasks/result: whose questions and result these are

    Call m_telling;
    Call m_patience;
    Call m_work;
};

} // namespace bridge::gateway
