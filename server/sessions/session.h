// SPDX-License-Identifier: GPL-3.0-or-later
// A conversation with one MCP server of its own: calls are multiplexed, the server's state lives
// as long as the session, a tool that asks the user something waits here for the answer.
#pragma once

#include "server/sessions/sessionlimits.h"
#include "server/sessions/sessionstore.h"
#include "server/sessions/toolcall.h"
#include "server/upstream/server.h"

namespace bridge::sessions {

/// Starts the MCP server a session talks to; see upstream::Server::open().
using Opener = std::function<Call(upstream::Server &server, const upstream::Identity &identity,
                                  Handler<upstream::InstancePtr> handler)>;

class Session : public QObject, public std::enable_shared_from_this<Session>
{
    Q_OBJECT
public:
    enum class State { Active, Broken, Closing };

    ~Session() override;

    const SessionRecord &record() const;
    State state() const;
    /// How often use() was asked for, which every request that reaches the server does.
    qint64 totalRequests() const;
    /// Fingerprint for logs and spans; the id itself never goes there.
    QString logId() const;
    upstream::Server &server() const;

    /// The running server, restarted once if it died (SESSION_RESTART_POLICY=restart); counts as
    /// activity, and so does holding on to `instance`: drop it when the request is done.
    /// `restarted` tells that its state is new. Errors: SessionNotFound once closed, or with
    /// status 410 when it died and must not be restarted; those of upstream::Server::open().
    struct Use {
        upstream::InstancePtr instance;
        bool restarted = false;
    };
    Call use(Handler<Use> handler);
    /// What use() would give, when that needs no waiting; nothing else happens otherwise.
    std::optional<Use> useNow();

    /// Starts a tool call, which also restarts the server when it must. A tool that asks for input
    /// ends the waiting with ToolOutcome::suspended while the call itself lives on in the session.
    /// Errors: those of use() and of mcp::Client::callTool(), UnsupportedElicitation when the
    /// question cannot be asked, TooManyRequests when too many calls are suspended already.
    Call callTool(ToolRequest request, Handler<ToolOutcome> handler);
    /// Answers the oldest suspended call and waits for it again. Errors: FeedbackNotExpected,
    /// FeedbackToolMismatch, InvalidFeedback (stays pending), and those of callTool().
    Call resumeTool(const QString &tool, const QJsonValue &feedback, ToolRequest::Hooks hooks,
                    Handler<ToolOutcome> handler);
    bool hasSuspendedCall() const;
    /// Requests under way; a session with any of them does not expire.
    bool isBusy() const;

    /// Resets the idle timer.
    void touch();
    /// Its owner came with another credential or other headers: what is started from now on is for
    /// \a identity. The group stays.
    void renew(const upstream::Identity &identity);

Q_SIGNALS:
    /// The idle timer was reset.
    void touched();
    /// The MCP server behind it ended by itself.
    void broken();
    void closed(const QString &reason);

private:
    friend class SessionManager;
    struct Setup {
        SessionRecord record;
        upstream::Server *server = nullptr; ///< pinned by the session
        upstream::InstancePtr instance;
        upstream::Identity identity;
        SessionLimits limits;
        Opener open;
    };
    explicit Session(Setup setup);
    /// Ends all calls, at once and with \a error, and lets go of the server.
    void close(const QString &reason, const Error &error = closedError());
    static Error closedError();
    /// Time until it expires, 0 when it has; nothing when it never does.
    std::optional<std::chrono::milliseconds> timeLeft() const;
    upstream::Instance *instance() const;

    class Private;
    std::unique_ptr<Private> d;
};
using SessionPtr = std::shared_ptr<Session>;

} // namespace bridge::sessions
