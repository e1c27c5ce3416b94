// SPDX-License-Identifier: GPL-3.0-or-later
// One tools/call of a session. It runs for somebody who waits; when the tool asks its user
// something the waiting ends and the call stays behind, suspended, until the answer comes with a
// new wait, or patience ends and the tool is told `cancel`.
//
// With Rules::rerun the call is given up at the question and made again from the start once the
// answer is there, which is how the reference bridge works (ELICITATION_MODE=rerun).
#pragma once

#include "server/sessions/feedback.h"
#include "server/sessions/toolcall.h"

#include <QtCore/QDeadlineTimer>

namespace bridge::sessions {

class SuspendableCall;

/// What a SuspendableCall needs of the session that owns it.
class CallOwner
{
public:
    virtual ~CallOwner() = default;
    /// The client of the running server, null when it must be restarted first.
    virtual mcp::Client *liveClient() = 0;
    /// Waits for the server; true when it was restarted for this.
    virtual Call revive(Handler<bool> handler) = 0;
    /// Whether one more call may be suspended.
    virtual Result<Nothing> admitSuspended() const = 0;
    /// Nothing will come from \a call any more; drop it.
    virtual void callEnded(SuspendableCall *call) = 0;
};

class SuspendableCall : public std::enable_shared_from_this<SuspendableCall>
{
public:
    struct Rules {
        std::chrono::milliseconds patience{300'000};
        bool rerun = false;
    };

    /// \a owner outlives the call.
    SuspendableCall(ToolRequest request, Rules rules, CallOwner &owner);
    SuspendableCall(const SuspendableCall &) = delete;
    SuspendableCall &operator=(const SuspendableCall &) = delete;

    /// Starts the call. Dropping the returned Call before its handler ran cancels it downstream.
    Call run(Handler<ToolOutcome> waiter);
    /// Answers the question and waits again; only while isSuspended().
    Call resume(const ElicitAnswer &answer, ToolRequest::Hooks hooks, Handler<ToolOutcome> waiter);
    /// Gives up: a waiter gets \a error, at once; the tool is told.
    void fail(const Error &error);
    /// Takes over a question the client could not match with a call.
    void ask(const mcp::InputRequestPtr &input);

    const QString &tool() const { return m_request.tool; }
    /// A question waits and nobody waits for it.
    bool isSuspended() const { return m_asking && !m_waiter; }
    /// The tool runs, nothing is asked.
    bool isRunning() const { return !m_asking; }
    /// A question is there, told or about to be told.
    bool isAsking() const { return m_asking; }
    const QJsonObject &question() const { return m_question; }
    /// When patience with the present question ends.
    QDeadlineTimer patienceEnd() const { return m_patienceEnd; }
    bool askedBefore(const SuspendableCall &other) const
    {
        return m_patienceEnd < other.m_patienceEnd;
    }
    /// The server that runs now has it; its death ends the call.
    bool isSent() const { return m_sent; }

private:
    struct Replay {
        QJsonObject schema; ///< of the question that was answered
        QJsonObject result;
    };

    Call attach(Handler<ToolOutcome> waiter);
    void begin();
    void send(mcp::Client &client);
    bool replay(const mcp::InputRequestPtr &input, const QJsonObject &question);
    void suspend(const mcp::InputRequestPtr &input, const QJsonObject &question);
    void tellQuestion();
    void tellQuestionSoon();
    void nextQuestion();
    void keep(const mcp::InputRequestPtr &input);
    void onWithdrawn(const mcp::InputRequest *input);
    void onPatienceEnd();
    void answerInputs(const QJsonObject &result);
    void finish(Result<ToolOutcome> outcome);

    ToolRequest m_request;
    Rules m_rules;
    CallOwner &m_owner;
    Handler<ToolOutcome> m_waiter;
    quint64 m_waiterNumber = 0;
    bool m_restarted = false;

    bool m_sent = false;
    bool m_asking = false;
    QJsonObject m_question;
    QList<mcp::InputRequestPtr> m_inputs; ///< first: the question; then those asked meanwhile
    QDeadlineTimer m_patienceEnd;
    QList<Replay> m_replays; ///< answers given so far, in the order of their questions
    qsizetype m_replayed = 0;

    Call m_revival;
    Call m_patience;
    Call m_telling;
    Call m_downstream;
};

} // namespace bridge::sessions
