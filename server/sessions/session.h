// SPDX-License-Identifier: GPL-3.0-or-later
// A conversation with one MCP server of its own: calls are multiplexed, the server's state lives
// as long as the session, a tool that asks the user something waits here for the answer.
#pragma once

#include "server/sessions/sessionstore.h"
#include "server/sessions/toolcall.h"
#include "server/upstream/server.h"

namespace bridge::sessions {

class Session : public QObject
{
    Q_OBJECT
public:
    enum class State { Active, Broken, Closing };

    ~Session() override;

    const SessionRecord &record() const;
    State state() const;
    qint64 totalRequests() const;
    /// Fingerprint for logs and spans; the id itself never goes there.
    QString logId() const;
    upstream::Server &server() const;

    /// The running server, restarted once if it died (SESSION_RESTART_POLICY=restart); counts as
    /// activity. `restarted` tells that its state is new.
    struct Use {
        upstream::InstancePtr instance;
        bool restarted = false;
    };
    Call use(Handler<Use> handler);

    /// Starts a tool call. A tool that asks for input ends the waiting with
    /// ToolOutcome::Suspended while the call itself lives on in the session.
    Call callTool(ToolRequest request, Handler<ToolOutcome> handler);
    /// Answers the oldest suspended call and waits for it again. Errors: FeedbackNotExpected,
    /// FeedbackToolMismatch, InvalidFeedback (stays pending), UnsupportedElicitation.
    Call resumeTool(const QString &tool, const QJsonValue &feedback, ToolRequest::Hooks hooks,
                    Handler<ToolOutcome> handler);
    bool hasSuspendedCall() const;

    /// Resets the idle timer.
    void touch();

Q_SIGNALS:
    void closed(const QString &reason);

private:
    friend class SessionManager;
    Session(SessionRecord record, upstream::Server *server, upstream::InstancePtr instance);
    class Private;
    std::unique_ptr<Private> d;
};
using SessionPtr = std::shared_ptr<Session>;

} // namespace bridge::sessions
