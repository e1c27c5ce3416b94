// SPDX-License-Identifier: GPL-3.0-or-later
// `mcp-bridge connect URL`: an MCP server on stdin and stdout whose messages go to a remote MCP
// server, for clients that know stdio only. Nothing but MCP on stdout; logs on stderr.
#pragma once

#include "common/async/call.h"
#include "common/jsonrpc/lineframer.h"
#include "common/mcp/httpendpoint.h"
#include "common/stdio/stdinreader.h"
#include "common/stdio/stdoutwriter.h"
#include "server/cli/connectoptions.h"
#include "server/cli/relay.h"
#include "server/cli/tokensource.h"

namespace bridge::cli {

class Connect : public QObject
{
    Q_OBJECT
public:
    /// How long requests that are open when the client leaves may still be answered, and how long
    /// the server has to end the session. Clients kill what has not ended after some seconds.
    static constexpr std::chrono::milliseconds kDrainTime{1'000};
    static constexpr std::chrono::milliseconds kFarewellTime{2'000};

    explicit Connect(ConnectOptions options);
    ~Connect() override;

    /// Checks what the options name and begins to read stdin. InvalidConfig when a token or a
    /// certificate is missing.
    Result<Nothing> start(const QProcessEnvironment &environment);
    /// Ends the session and then the program; a second call ends it at once.
    void stop();
    /// Reads the token file again.
    void reload();

Q_SIGNALS:
    void finished(int exitCode);

private:
    Result<Nothing> prepareToken(const QProcessEnvironment &environment);
    Result<Nothing> prepareEndpoint();
    RelayPeer peer();
    void applyToken(jsonrpc::Transport &transport) const;
    void deliver(const QList<jsonrpc::LineFramer::Line> &lines);
    void write(const jsonrpc::Message &message);
    void onInputEnded();
    void leave(int exitCode);
    void finishWhenWritten();
    void finish();

    ConnectOptions m_options;
    TokenSource m_token;
    mcp::HttpEndpoint m_endpoint;
    jsonrpc::LineFramer m_framer;
    std::unique_ptr<stdio::StdinReader> m_input;
    std::unique_ptr<stdio::StdoutWriter> m_output;
    std::unique_ptr<Relay> m_relay;
    Call m_draining;
    Call m_leaving;
    int m_exitCode = 0;
    bool m_isLeaving = false;
    bool m_isFinished = false;
};

} // namespace bridge::cli
