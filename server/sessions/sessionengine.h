// SPDX-License-Identifier: GPL-3.0-or-later
// The running MCP server of a session: noticing its death, restarting it for all who wait at
// once, counting who uses it.
#pragma once

#include "common/async/later.h"
#include "server/sessions/session.h"

namespace bridge::sessions {

class SessionEngine : public QObject
{
    Q_OBJECT
public:
    /// \a start opens a new instance; \a mayRestart is SESSION_RESTART_POLICY.
    SessionEngine(std::function<Call(Handler<upstream::InstancePtr>)> start, bool mayRestart);
    ~SessionEngine() override;

    void adopt(upstream::InstancePtr instance);
    upstream::Instance *instance() const { return m_instance.get(); }
    bool isAlive() const { return m_instance && m_instance->isAlive(); }
    /// The credential it was started with has ended.
    bool isOutdated() const;
    /// Lets go of a server that is outdated; revive() starts another one, whatever the policy.
    void replace();
    /// The client, when there is nothing to wait for and nothing to tell about a restart.
    mcp::Client *readyClient() const;

    /// Whether the server was started anew and nobody was told yet; the asker is, herewith.
    bool takeNews() { return std::exchange(m_untold, false); }

    /// Waits until the server runs; true when its state is new to whoever asks.
    Call revive(Handler<bool> handler);
    /// A share of the instance that counts as a use until it is dropped.
    upstream::InstancePtr share();
    /// Somebody holds a share or waits for a restart.
    bool isInUse() const;

    /// Lets go of the server; everybody who waits gets \a error.
    void stop(const Error &error);

Q_SIGNALS:
    void died(const bridge::Error &reason);
    /// The last share was dropped.
    void idle();
    /// The server asks something that belongs to no call it knows of.
    void inputRequested(const bridge::mcp::InputRequestPtr &input);

private:
    struct Waiter {
        quint64 number = 0;
        Handler<bool> handler;
    };
    using Waiters = QList<Waiter>;

    void restart();
    void onRestarted(Result<upstream::InstancePtr> instance);
    void onDied(const Error &reason);
    upstream::InstancePtr letGo();
    void bury(upstream::InstancePtr instance);
    void tellWaiters(const Result<bool> &outcome);

    std::function<Call(Handler<upstream::InstancePtr>)> m_start;
    bool m_mayRestart;
    upstream::InstancePtr m_instance;
    bool m_untold = false; ///< restarted, but whoever waited for it is gone
    bool m_restarting = false;
    bool m_isReplaced = false; ///< let go of, not dead
    std::shared_ptr<Waiters> m_waiters = std::make_shared<Waiters>();
    quint64 m_waiterNumber = 0;
    std::shared_ptr<int> m_shares = std::make_shared<int>(0);
    std::optional<Error> m_stopped;
    Call m_restart;
    Call m_burial;
};

} // namespace bridge::sessions
