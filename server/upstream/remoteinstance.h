// SPDX-License-Identifier: GPL-3.0-or-later
// An MCP server reached over HTTP with its initialised client: a session there, or in the modern
// era just the knowledge of how it is spoken to.
#pragma once

#include "common/async/task.h"
#include "common/mcp/httpendpoint.h"
#include "server/upstream/instance.h"
#include "server/upstream/remotedefinition.h"
#include "server/upstream/watchedtransport.h"

namespace bridge::mcp {
class HttpTransport;
}

namespace bridge::upstream {

class RemoteInstance : public Instance
{
    Q_OBJECT
public:
    struct Options {
        QString server; ///< name in messages
        mcp::ClientOptions client;
        mcp::HttpEndpoint endpoint;
        RemoteDefinition::Transport transport = RemoteDefinition::Transport::Auto;
        WatchOptions watch;
    };

    /// Connects and shakes hands; with Transport::Auto over Streamable HTTP, and over HTTP+SSE
    /// when the server refuses that in the way servers of the older transport do (MCP 2026-07-28
    /// "HTTP+SSE Transport (2024-11-05)"). UpstreamStatus with the server's status, UpstreamStart,
    /// UpstreamTimeout.
    static Task<std::shared_ptr<RemoteInstance>> launch(Options options);

    /// Use launch(); public for std::make_shared only.
    explicit RemoteInstance(QString server);
    ~RemoteInstance() override;

    mcp::Client &client() override { return *m_client; }
    bool isAlive() const override { return m_isReady && !m_isDead; }
    qint64 processId() const override { return 0; }
    QString epitaph() const override { return m_epitaph; }
    bool isSse() const { return m_isSse; }

private:
    void attach(const Options &options, bool sse);
    bool looksLikeSse() const;
    Error startFailure(const Error &error) const;
    void onClosed(const Error &reason);

    QString m_server;
    std::unique_ptr<mcp::Client> m_client;
    const mcp::HttpTransport *m_http = nullptr; ///< the client's, null over HTTP+SSE
    QString m_epitaph;
    Call m_tellDeath;
    bool m_isSse = false;
    bool m_isReady = false;
    bool m_isDead = false;
};

} // namespace bridge::upstream
