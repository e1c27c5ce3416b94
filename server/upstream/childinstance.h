// SPDX-License-Identifier: GPL-3.0-or-later
// An MCP server as a child process with its initialised client.
#pragma once

#include "common/async/task.h"
#include "server/upstream/childprocess.h"
#include "server/upstream/instance.h"

namespace bridge::mcp {
class StdioTransport;
}

namespace bridge::upstream {

class ChildInstance : public Instance
{
    Q_OBJECT
public:
    struct Options {
        mcp::ClientOptions client;
        qsizetype maxMessageBytes = 64 * 1024 * 1024;
        /// Kept until the last process of the child's group is gone.
        std::shared_ptr<void> token;
    };

    /// A start that takes longer is told to the log, so that nobody wonders at the silence.
    static constexpr std::chrono::milliseconds kSlowStart{2'000};

    /// Starts a child and its handshake. UpstreamStart when it cannot start, ends, or writes no
    /// MCP; UpstreamTimeout when it does not answer in ClientOptions::startTimeout. One message
    /// names the command and the most telling stderr line.
    static Task<std::shared_ptr<ChildInstance>> launch(ChildSpec spec, Options options);

    /// Use launch(); public for std::make_shared only.
    ChildInstance(ChildSpec spec, Options options);
    ~ChildInstance() override;

    mcp::Client &client() override { return *m_client; }
    bool isAlive() const override;
    qint64 processId() const override;
    QString epitaph() const override;
    bool hasExpired() const override { return m_child->hasOverstayed(); }
    const StderrTail &stderrTail() const { return m_child->stderrTail(); }

private:
    Call spawn(Handler<Nothing> handler);
    void attachClient();
    void onChildEnded(const Error &reason);
    void onClientClosed(const Error &reason);
    Error startFailure(const Error &error) const;
    Error silence(const QString &who) const;

    Options m_options;
    std::unique_ptr<ChildProcess> m_child;
    std::unique_ptr<mcp::Client> m_client;
    mcp::ByteChannel *m_channel = nullptr; ///< of m_child
    QPointer<mcp::StdioTransport> m_transport;
    Handler<Nothing> m_spawned;
    Call m_tellDeath;
    QTimer m_slowStart; ///< runs during the start
    int m_garbage = 0;
    bool m_ready = false;
    bool m_dead = false;
};

} // namespace bridge::upstream
