// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/cli/connect.h"

#include "common/async/later.h"
#include "common/httpclient/tls.h"
#include "common/logging/categories.h"
#include "common/mcp/httptransport.h"
#include "common/mcp/ssetransport.h"

#include <QtCore/QPointer>
#include <QtNetwork/QHostAddress>

using namespace Qt::StringLiterals;

namespace bridge::cli {

namespace {

using Transport = ConnectOptions::Transport;

/// A client that reads nothing while the server goes on talking.
constexpr qint64 kMostUnread = 256 * 1024 * 1024;
/// For answers that do not depend on what a tool does.
constexpr std::chrono::milliseconds kPlainAnswer{60'000};

/// A token that was put where its variable's name belongs must not get into a log.
QString shownName(const QString &variable)
{
    const bool looksLikeOne = variable == variable.toUpper();
    return looksLikeOne ? variable : u"of --token-env"_s;
}

bool isLocal(const QUrl &url)
{
    return url.host() == "localhost"_L1 || QHostAddress(url.host()).isLoopback();
}

} // namespace

Connect::Connect(ConnectOptions options) : m_options(std::move(options))
{
}

Connect::~Connect() = default;

Result<Nothing> Connect::prepareToken(const QProcessEnvironment &environment)
{
    Result<Nothing> outcome = Nothing{};
    if (!m_options.tokenVariable.isEmpty()) {
        const QString value = environment.value(m_options.tokenVariable);
        if (value.trimmed().isEmpty())
            return Error(
                ErrorCode::InvalidConfig,
                u"The environment variable %1 is not set. Put the access token into it, "
                "and its name behind --token-env."_s.arg(shownName(m_options.tokenVariable)));
        outcome = m_token.useText(value);
    } else if (!m_options.tokenFile.isEmpty()) {
        outcome = m_token.useFile(m_options.tokenFile);
    }
    if (!m_token.header().isEmpty() && m_options.url.scheme() == "http"_L1
        && !isLocal(m_options.url))
        qCWarning(logging::lcMcp).noquote()
            << u"The token goes to %1 without encryption, where it can be read on the way. Use "
               "https."_s.arg(m_options.url.host());
    return outcome;
}

Result<Nothing> Connect::prepareEndpoint()
{
    httpclient::ClientOptions client;
    client.connectTimeout = m_options.connectTimeout;
    client.maxConnections = m_options.maxConnections;
    const auto tls = httpclient::tlsConfiguration(m_options.verifyTls, m_options.caBundle);
    if (!tls)
        return Error(ErrorCode::InvalidConfig, u"--remote-ca-bundle "_s + tls.error().message);
    client.tls = *tls;
    m_endpoint.client = std::make_shared<httpclient::Client>(std::move(client));
    m_endpoint.url = m_options.url;
    m_endpoint.headers = m_options.headers;
    m_endpoint.idleTimeout = m_options.timeout;
    m_endpoint.answerTimeout =
        m_options.timeout.count() > 0 ? std::min(m_options.timeout, kPlainAnswer) : kPlainAnswer;
    m_endpoint.teardownTimeout = kFarewellTime;
    // The last transport and its farewell let go of this when the session has been ended.
    m_endpoint.token = std::shared_ptr<void>(nullptr, [guard = QPointer(this)](void *) {
        if (guard)
            QMetaObject::invokeMethod(guard, &Connect::finishWhenWritten, Qt::QueuedConnection);
    });
    return Nothing{};
}

void Connect::applyToken(jsonrpc::Transport &transport) const
{
    const QByteArray value = m_token.header();
    if (value.isEmpty())
        return;
    if (auto *http = qobject_cast<mcp::HttpTransport *>(&transport))
        http->setHeader("Authorization", value);
    else if (auto *sse = qobject_cast<mcp::SseTransport *>(&transport))
        sse->setHeader("Authorization", value);
}

RelayPeer Connect::peer()
{
    RelayPeer peer;
    peer.sse = m_options.transport == Transport::Sse;
    peer.open = [this](bool sse) -> std::unique_ptr<jsonrpc::Transport> {
        mcp::HttpEndpoint endpoint = m_endpoint;
        if (const QByteArray token = m_token.header(); !token.isEmpty())
            endpoint.headers.append({"Authorization", token});
        if (sse)
            return std::make_unique<mcp::SseTransport>(std::move(endpoint));
        return std::make_unique<mcp::HttpTransport>(std::move(endpoint));
    };
    if (m_options.transport == Transport::Auto)
        peer.wantsSse = [](const jsonrpc::Transport &transport) {
            const auto *http = qobject_cast<const mcp::HttpTransport *>(&transport);
            return http && http->looksLikeSse();
        };
    if (!m_options.tokenFile.isEmpty())
        peer.renew = [this](jsonrpc::Transport &transport) {
            if (!m_token.refresh())
                return false;
            applyToken(transport);
            return true;
        };
    return peer;
}

Result<Nothing> Connect::start(const QProcessEnvironment &environment)
{
    if (Result<Nothing> token = prepareToken(environment); !token)
        return token;
    if (Result<Nothing> endpoint = prepareEndpoint(); !endpoint)
        return endpoint;
    m_relay = std::make_unique<Relay>(peer());
    m_output = std::make_unique<stdio::StdoutWriter>();
    m_input = std::make_unique<stdio::StdinReader>();
    connect(m_relay.get(), &Relay::messageReady, this, &Connect::write);
    connect(&m_token, &TokenSource::changed, this, [this] {
        if (m_relay && m_relay->transport())
            applyToken(*m_relay->transport());
    });
    connect(m_input.get(), &stdio::StdinReader::bytesRead, this,
            [this](const QByteArray &bytes) { deliver(m_framer.feed(bytes)); });
    connect(m_input.get(), &stdio::StdinReader::ended, this, &Connect::onInputEnded);
    connect(m_output.get(), &stdio::StdoutWriter::failed, this, [this] { leave(0); });
    return Nothing{};
}

void Connect::deliver(const QList<jsonrpc::LineFramer::Line> &lines)
{
    for (const jsonrpc::LineFramer::Line &line : lines) {
        if (!m_relay)
            return;
        if (!line) {
            m_relay->refuse(line.error());
            continue;
        }
        for (const jsonrpc::Message &message : *line) {
            if (m_relay) // an answer that cannot be written ends it
                m_relay->receive(message);
        }
    }
}

void Connect::write(const jsonrpc::Message &message)
{
    m_output->write(jsonrpc::write(message) + '\n');
    if (m_output->pending() <= kMostUnread)
        return;
    qCWarning(logging::lcMcp) << "The client reads nothing; giving up";
    leave(1);
}

/// The end of stdin is the signal to go (MCP stdio "Shutdown"); answers that are nearly there are
/// waited for, as a shell pipeline wants them.
void Connect::onInputEnded()
{
    deliver(m_framer.finish());
    if (m_isLeaving)
        return;
    if (m_relay->awaitedCount() == 0)
        return leave(0);
    connect(m_relay.get(), &Relay::settled, this, [this] { leave(0); });
    m_draining = after(kDrainTime, [this] { leave(0); });
}

void Connect::stop()
{
    if (m_isLeaving)
        finish();
    else
        leave(0);
}

void Connect::reload()
{
    if (m_relay && m_relay->transport() && m_token.refresh())
        applyToken(*m_relay->transport());
}

void Connect::leave(int exitCode)
{
    if (std::exchange(m_isLeaving, true))
        return;
    m_exitCode = exitCode;
    m_draining.cancel();
    m_leaving = after(kFarewellTime + kFarewellTime / 4, [this] { finish(); });
    if (m_relay) {
        m_relay->disconnect(this);
        m_relay->close();
        m_relay.release()->deleteLater(); // it may be the one that is speaking
    }
    m_endpoint.token.reset();
}

void Connect::finishWhenWritten()
{
    if (m_output->pending() == 0)
        return finish();
    connect(m_output.get(), &stdio::StdoutWriter::drained, this, &Connect::finish);
}

void Connect::finish()
{
    if (!std::exchange(m_isFinished, true))
        Q_EMIT finished(m_exitCode);
}

} // namespace bridge::cli
