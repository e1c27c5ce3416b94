// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/watchedtransport.h"

#include "common/logging/categories.h"
#include "common/logging/logger.h"
#include "common/mcp/rawjson.h"
#include "server/upstream/shape.h"

using namespace Qt::StringLiterals;

namespace bridge::upstream {

namespace {

constexpr qsizetype kMaxLoggerName = 64;

QString errorTypeOf(const Error &error)
{
    switch (error.code) {
    case ErrorCode::UpstreamStatus:
        return u"http_%1"_s.arg(error.status);
    case ErrorCode::UpstreamTimeout:
        return u"timeout"_s;
    case ErrorCode::Overloaded:
        return u"overloaded"_s;
    default:
        return u"connection"_s;
    }
}

/// Levels of RFC 5424 as the log has them.
std::pair<QString, logging::Level> levelOf(const QString &told)
{
    if (told == "debug"_L1)
        return {told, logging::Level::Debug};
    if (told == "warning"_L1)
        return {told, logging::Level::Warning};
    if (told == "error"_L1)
        return {told, logging::Level::Error};
    if (told == "critical"_L1 || told == "alert"_L1 || told == "emergency"_L1)
        return {u"critical"_s, logging::Level::Error};
    return {u"info"_s, logging::Level::Info};
}

} // namespace

WatchedTransport::WatchedTransport(std::unique_ptr<jsonrpc::Transport> inner, WatchOptions options)
    : m_inner(std::move(inner))
    , m_options(std::move(options))
{
    connect(m_inner.get(), &Transport::messageReceived, this, &WatchedTransport::onMessage);
    connect(m_inner.get(), &Transport::requestFailed, this, &WatchedTransport::onFailed);
    connect(m_inner.get(), &Transport::garbageReceived, this, &Transport::garbageReceived);
    connect(m_inner.get(), &Transport::closed, this, [this](const Error &reason) {
        finishAll(u"closed"_s);
        Q_EMIT closed(reason);
    });
}

WatchedTransport::~WatchedTransport()
{
    finishAll(u"cancelled"_s);
}

void WatchedTransport::close()
{
    finishAll(u"cancelled"_s);
    m_inner->close();
}

void WatchedTransport::send(const jsonrpc::Message &message)
{
    if (message.kind == jsonrpc::Message::Kind::Request) {
        Pending &pending = m_pending[message.id];
        pending.method = message.method;
        pending.clock.start();
        if (m_options.logRequests)
            logging::event(logging::lcUpstream(), logging::Level::Info, u"remote request",
                           {{u"server"_s, m_options.server},
                            {u"method"_s, message.method},
                            {u"params"_s, shapeOf(message.params)},
                            {u"bytes"_s, message.params.size()}});
    } else if (message.method == "notifications/cancelled"_L1) {
        const auto reason = mcp::stringMember(message.params, "reason"_L1).value_or(QString());
        finish(mcp::rawMember(message.params, "requestId"_L1),
               reason.endsWith("timed out"_L1) ? u"timeout"_s : u"cancelled"_s, {});
    }
    m_inner->send(message);
}

void WatchedTransport::onMessage(const jsonrpc::Message &message)
{
    if (message.kind == jsonrpc::Message::Kind::Result)
        finish(message.id, {}, message.result);
    else if (message.kind == jsonrpc::Message::Kind::Error)
        finish(message.id, u"rpc_error"_s, {});
    else if (message.method == "notifications/message"_L1)
        logServersOwn(message);
    Q_EMIT messageReceived(message);
}

void WatchedTransport::onFailed(const QByteArray &id, const Error &error)
{
    finish(id, errorTypeOf(error), {});
    Q_EMIT requestFailed(id, error);
}

void WatchedTransport::finish(const QByteArray &id, const QString &errorType,
                              const QByteArray &answer)
{
    const auto it = m_pending.constFind(id);
    if (it == m_pending.constEnd())
        return;
    const RemoteCall call{it->method, errorType, double(it->clock.nsecsElapsed()) / 1e9};
    m_pending.erase(it);
    if (m_options.logResponses)
        logging::event(logging::lcUpstream(), logging::Level::Info, u"remote response",
                       {{u"server"_s, m_options.server},
                        {u"method"_s, call.method},
                        {u"status"_s, errorType.isEmpty() ? u"success"_s : errorType},
                        {u"result"_s, shapeOf(answer)},
                        {u"bytes"_s, answer.size()},
                        {u"duration_ms"_s, call.seconds * 1000}});
    if (m_options.finished)
        m_options.finished(call);
}

void WatchedTransport::finishAll(const QString &errorType)
{
    const QList<QByteArray> ids = m_pending.keys();
    for (const QByteArray &id : ids)
        finish(id, errorType, {});
}

// Its text may hold anything the server knows, so the log gets its shape (contract §8).
void WatchedTransport::logServersOwn(const jsonrpc::Message &message) const
{
    const auto told = mcp::stringMember(message.params, "level"_L1).value_or(QString());
    const auto name = mcp::stringMember(message.params, "logger"_L1).value_or(u"MCP"_s);
    const auto [text, level] = levelOf(told);
    logging::event(logging::lcUpstream(), level, u"message of a remote server",
                   {{u"server"_s, m_options.server},
                    {u"logger"_s, name.left(kMaxLoggerName).simplified()},
                    {u"server_level"_s, text},
                    {u"data"_s, shapeOf(mcp::rawMember(message.params, "data"_L1))}});
}

} // namespace bridge::upstream
