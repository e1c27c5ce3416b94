// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/remoteinstance.h"

#include "common/mcp/httptransport.h"
#include "common/mcp/ssetransport.h"

using namespace Qt::StringLiterals;

namespace bridge::upstream {

using Transport = RemoteDefinition::Transport;

namespace {

Call startClient(mcp::Client &client, Handler<mcp::ServerInfo> done)
{
    return client.start(std::move(done));
}

} // namespace

Task<std::shared_ptr<RemoteInstance>> RemoteInstance::launch(Options options)
{
    auto instance = std::make_shared<RemoteInstance>(options.server);
    instance->attach(options, options.transport == Transport::Sse);
    const auto start = [&instance](Handler<mcp::ServerInfo> done) {
        return startClient(*instance->m_client, std::move(done));
    };
    Result<mcp::ServerInfo> info = co_await answer<mcp::ServerInfo>(start);
    if (!info && options.transport == Transport::Auto && instance->looksLikeSse()) {
        instance->attach(options, true);
        const Result<mcp::ServerInfo> older = co_await answer<mcp::ServerInfo>(start);
        // Its own refusal says more than that of a stream it never offered.
        if (older)
            info = older;
    }
    if (!info)
        co_return instance->startFailure(info.error());
    instance->m_isReady = true;
    if (instance->m_isDead)
        co_return instance->startFailure({ErrorCode::UpstreamStart, instance->m_epitaph});
    co_return instance;
}

RemoteInstance::RemoteInstance(QString server) : m_server(std::move(server))
{
}

RemoteInstance::~RemoteInstance()
{
    // No word to the outside from here on: the owner has let go.
    if (m_client)
        m_client->disconnect(this);
}

void RemoteInstance::attach(const Options &options, bool sse)
{
    mcp::ClientOptions client = options.client;
    std::unique_ptr<jsonrpc::Transport> transport;
    m_isSse = sse;
    m_isDead = false;
    m_http = nullptr;
    if (sse) {
        client.knownEra = mcp::Era::Legacy; // that transport is older than the modern era
        transport = std::make_unique<mcp::SseTransport>(options.endpoint);
    } else {
        auto http = std::make_unique<mcp::HttpTransport>(options.endpoint);
        m_http = http.get();
        transport = std::move(http);
    }
    if (m_client)
        m_client->disconnect(this);
    transport = std::make_unique<WatchedTransport>(std::move(transport), options.watch);
    m_client = std::make_unique<mcp::Client>(std::move(transport), std::move(client));
    connect(m_client.get(), &mcp::Client::closed, this, &RemoteInstance::onClosed);
}

bool RemoteInstance::looksLikeSse() const
{
    return m_http && m_http->looksLikeSse();
}

Error RemoteInstance::startFailure(const Error &error) const
{
    Error out = error;
    if (out.code == ErrorCode::UpstreamFailed)
        out.code = ErrorCode::UpstreamStart;
    out.message = u"MCP server \"%1\": %2"_s.arg(m_server, error.message);
    return out;
}

void RemoteInstance::onClosed(const Error &reason)
{
    if (std::exchange(m_isDead, true))
        return;
    m_epitaph = reason.message;
    if (!m_isReady)
        return;
    // Later: whoever hears of it may destroy the client, which is still speaking.
    m_tellDeath = later([this, reason] { Q_EMIT died(reason); });
}

} // namespace bridge::upstream
