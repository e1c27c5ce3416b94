// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/childinstance.h"

#include "common/logging/categories.h"
#include "common/logging/redaction.h"
#include "common/mcp/stdiotransport.h"

#include <QtCore/QFileInfo>

using namespace Qt::StringLiterals;

namespace bridge::upstream {

namespace {

/// Programs that may download the server before they run it.
bool isFetcher(const QString &program)
{
    static const QStringList fetchers{u"npx"_s, u"npm"_s,  u"uvx"_s,
                                      u"uv"_s,  u"pipx"_s, u"docker"_s};
    return fetchers.contains(QFileInfo(program).baseName(), Qt::CaseInsensitive);
}

Error outOfDescriptors(const ChildSpec &spec)
{
    return {ErrorCode::UpstreamStart,
            u"The MCP server \"%1\" could not be started: the bridge has no file descriptors left. "
            "Raise the limit of open files (ulimit -n)."_s.arg(spec.server)};
}

} // namespace

Instance::~Instance() = default;

Task<std::shared_ptr<ChildInstance>> ChildInstance::launch(ChildSpec spec, Options options)
{
    auto instance = std::make_shared<ChildInstance>(std::move(spec), std::move(options));
    const Result<Nothing> spawned = co_await answer<Nothing>(
        [&instance](Handler<Nothing> done) { return instance->spawn(std::move(done)); });
    if (!spawned)
        co_return spawned.error();
    instance->attachClient();
    const Result<mcp::ServerInfo> info =
        co_await answer<mcp::ServerInfo>([&instance](Handler<mcp::ServerInfo> done) {
            return instance->m_client->start(std::move(done));
        });
    instance->m_slowStart.stop();
    if (!info)
        co_return instance->startFailure(info.error());
    if (instance->m_dead)
        co_return instance->startFailure({ErrorCode::UpstreamFailed, {}});
    instance->m_ready = true;
    co_return instance;
}

ChildInstance::ChildInstance(ChildSpec spec, Options options)
    : m_options(std::move(options))
    , m_child(std::make_unique<ChildProcess>(std::move(spec)))
{
    m_child->hold(m_options.token);
    m_options.token.reset();
    m_slowStart.setSingleShot(true);
    connect(&m_slowStart, &QTimer::timeout, this, [this] {
        const ChildSpec &started = m_child->spec();
        qCInfo(logging::lcUpstream).noquote()
            << u"Starting MCP server \"%1\" (%2) … it has %3 s to answer"_s
                   .arg(started.server, started.command)
                   .arg(double(m_options.client.startTimeout.count()) / 1000);
    });
    connect(m_child.get(), &ChildProcess::started, this, [this] {
        if (const auto spawned = std::exchange(m_spawned, nullptr))
            spawned(Nothing{});
    });
    connect(m_child.get(), &ChildProcess::ended, this, &ChildInstance::onChildEnded);
}

ChildInstance::~ChildInstance()
{
    // No word to the outside from here on: the owner has let go.
    m_child->disconnect(this);
    if (m_client)
        m_client->disconnect(this);
    m_client.reset();
    ChildProcess::retire(std::move(m_child));
}

Call ChildInstance::spawn(Handler<Nothing> handler)
{
    m_slowStart.start(kSlowStart);
    m_channel = m_child->openChannel();
    if (!m_channel) {
        return failLater(std::move(handler), outOfDescriptors(m_child->spec()));
    }
    m_spawned = std::move(handler);
    m_child->start();
    return Call([guard = QPointer<ChildInstance>(this)] {
        if (guard)
            guard->m_spawned = nullptr;
    });
}

void ChildInstance::attachClient()
{
    auto transport = std::make_unique<mcp::StdioTransport>(m_channel, m_options.maxMessageBytes);
    m_transport = transport.get();
    connect(m_transport, &mcp::StdioTransport::garbageReceived, this, [this](const Error &error) {
        if (m_garbage++ == 0)
            qCWarning(logging::lcUpstream).noquote()
                << u"MCP server \"%1\" writes to stdout what is no MCP message: %2"_s.arg(
                       m_child->spec().server, logging::redact(error.message));
    });
    // A server that closed its output can never answer again, whether or not it ends by itself.
    connect(m_transport, &mcp::StdioTransport::outputEnded, m_child.get(), &ChildProcess::stop);
    m_client = std::make_unique<mcp::Client>(std::move(transport), m_options.client);
    connect(m_client.get(), &mcp::Client::closed, this, &ChildInstance::onClientClosed);
}

void ChildInstance::onChildEnded(const Error &reason)
{
    if (const auto spawned = std::exchange(m_spawned, nullptr)) {
        m_dead = true;
        spawned(reason);
        return;
    }
    // The transport hands out what the child still wrote, then everything pending fails.
    if (m_transport)
        m_transport->fail(reason);
}

void ChildInstance::onClientClosed(const Error &reason)
{
    if (std::exchange(m_dead, true))
        return;
    // Closed for another reason than its end, e.g. an endless line: of no use any more.
    m_child->stop();
    if (!m_ready)
        return;
    // Later: whoever hears of it may destroy the client, which is still speaking.
    m_tellDeath = later([this, reason] { Q_EMIT died(reason); });
}

bool ChildInstance::isAlive() const
{
    return m_ready && !m_dead;
}

qint64 ChildInstance::processId() const
{
    return m_child->processId();
}

QString ChildInstance::epitaph() const
{
    return m_child->epitaph();
}

Error ChildInstance::silence(const QString &who) const
{
    const QString line = m_child->stderrTail().tellingLine();
    QString text = u"%1 did not answer within %2 s after its start. Check that it speaks MCP over "
                   "stdin and stdout, or raise MCP_START_TIMEOUT_SECONDS."_s.arg(who)
                       .arg(double(m_options.client.startTimeout.count()) / 1000);
    if (line.isEmpty() || isFetcher(m_child->spec().program))
        text += u" It gets a minimal environment: if it needs proxy, CA or npm variables (such as "
                "HTTPS_PROXY or NODE_EXTRA_CA_CERTS), name them in MCP_CHILD_ENV_PASSTHROUGH."_s;
    if (!line.isEmpty())
        text += u" Its last stderr line: "_s + line;
    return {ErrorCode::UpstreamTimeout, text};
}

Error ChildInstance::startFailure(const Error &error) const
{
    const ChildSpec &spec = m_child->spec();
    const QString who = u"The MCP server \"%1\" (%2)"_s.arg(spec.server, spec.command);
    const QString stderrLine = m_child->stderrTail().tellingLine();
    const QString lastLine =
        stderrLine.isEmpty() ? QString() : u" Its last stderr line: "_s + stderrLine;
    if (!m_child->epitaph().isEmpty())
        return {ErrorCode::UpstreamStart,
                u"%1 %2. It must keep running and speak MCP over stdin and stdout."_s.arg(
                    who, m_child->epitaph())};
    const QString garbage = u" It writes to stdout what is no MCP message; a server may log to "
                            "stderr only."_s;
    if (error.code == ErrorCode::UpstreamTimeout && m_garbage == 0)
        return silence(who);
    if (m_garbage > 0)
        return {ErrorCode::UpstreamStart, who + u" did not start."_s + garbage + lastLine};
    return {ErrorCode::UpstreamStart, u"%1 refused to start a session: %2%3"_s.arg(
                                          who, logging::redact(error.message), lastLine)};
}

} // namespace bridge::upstream
