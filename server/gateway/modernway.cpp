// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/modernway.h"

#include "common/async/later.h"
#include "common/mcp/revisions.h"
#include "server/gateway/modernface.h"
#include "server/gateway/rpc.h"

using namespace Qt::StringLiterals;

namespace bridge::gateway {

int modernStatus(int rpcCode)
{
    switch (rpcCode) {
    case mcp::kMethodNotFound:
        return 404;
    case kHeaderMismatch:
    case mcp::kMissingCapability:
    case mcp::kUnsupportedRevision:
    case kInvalidRequest:
    case kParseError:
        return 400;
    default:
        return 200;
    }
}

ModernWay::ModernWay(http::Exchange &exchange, QByteArray id, std::chrono::milliseconds streamAfter)
    : m_exchange(&exchange)
    , m_accepts(acceptsOf(exchange.request()))
    , m_id(std::move(id))
{
    if (m_accepts.eventsNamed && streamAfter.count() > 0)
        m_timer = after(streamAfter, [this] { openStream(); });
}

bool ModernWay::openStream()
{
    if (m_stream)
        return m_stream->isOpen();
    if (!m_accepts.events || !m_exchange || m_exchange->isFinished())
        return false;
    m_timer.cancel();
    m_stream = m_exchange->startSse();
    return m_stream;
}

void ModernWay::notify(const QString &method, const QByteArray &params)
{
    if (openStream())
        m_stream->sendEvent("message"_ba, notificationMessage(method, params));
}

Call ModernWay::ask(const QString &, const QByteArray &, Handler<QByteArray> handler)
{
    return later([handler = std::move(handler)] {
        handler(Error(ErrorCode::MethodNotFound,
                      u"Clients of revision 2026-07-28 are asked by `input_required`."_s));
    });
}

void ModernWay::noteServer(const QString &name)
{
    if (m_exchange)
        m_exchange->fields().server = name;
}

void ModernWay::addHeaders(const http::Headers &headers)
{
    if (!m_exchange || m_stream)
        return;
    for (const auto &[name, value] : headers)
        m_exchange->addHeader(name, value);
}

void ModernWay::finish(const QByteArray &result)
{
    m_timer.cancel();
    const QByteArray message = resultMessage(m_id, result);
    if (m_stream || !m_accepts.json) {
        if (!openStream())
            return;
        m_stream->sendEvent("message"_ba, message);
        if (m_stream)
            m_stream->end();
    } else if (m_exchange) {
        m_exchange->finish(http::Response::jsonBytes(200, message));
    }
}

void ModernWay::finish(const Error &error)
{
    m_timer.cancel();
    if (m_exchange)
        note(*m_exchange, error);
    const QByteArray message = errorMessage(m_id, error);
    if (m_stream) {
        m_stream->sendEvent("message"_ba, message);
        if (m_stream)
            m_stream->end();
    } else if (m_exchange) {
        if (isAboutTheCaller(error))
            return m_exchange->finish(refusalOf(*m_exchange, error, message));
        m_exchange->finish(http::Response::jsonBytes(modernStatus(rpcCode(error)), message));
    }
}

} // namespace bridge::gateway
