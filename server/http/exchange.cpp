// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/http/exchange.h"

#include "server/http/grammar.h"
#include "server/http/responsehead.h"
#include "server/http/wire.h"

#include <QtCore/QRandomGenerator>

using namespace Qt::StringLiterals;

namespace bridge::http {

namespace {

/// 128 random bits as hexadecimal. Names a request and protects nothing, so the generator that is
/// seeded once will do; asking the system each time costs more than the rest of the exchange.
QString randomId()
{
    quint32 words[4];
    QRandomGenerator::global()->fillRange(words);
    return QString::fromLatin1(
        QByteArray(reinterpret_cast<const char *>(words), sizeof words).toHex());
}

bool isSaneId(const QByteArray &id)
{
    return !id.isEmpty() && id.size() <= 64 && std::all_of(id.cbegin(), id.cend(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
               || c == '.' || c == '_' || c == '-';
    });
}

bool isHex(QByteArrayView text)
{
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return hexValue(c) >= 0 && !(c >= 'A' && c <= 'F'); });
}

bool isZero(QByteArrayView text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return c == '0'; });
}

/// Trace id of a `traceparent` value (W3C Trace Context §3.2.2), empty when it is invalid.
QString parentTraceId(const QByteArray &value)
{
    if (value.size() < 55 || value[2] != '-' || value[35] != '-' || value[52] != '-')
        return {};
    const QByteArrayView view(value);
    const QByteArrayView version = view.first(2);
    const QByteArrayView trace = view.sliced(3, 32);
    const QByteArrayView parent = view.sliced(36, 16);
    const bool lengthFits = value.size() == 55 || (version != "00" && value[55] == '-');
    if (!lengthFits || version == "ff" || !isHex(version) || !isHex(trace) || !isHex(parent)
        || !isHex(view.sliced(53, 2)) || isZero(trace) || isZero(parent))
        return {};
    return QString::fromLatin1(trace);
}

/// A credential was there and is of no use, or none was to be had: why is not to be seen from the
/// code. An invitation to sign in is no failure, and its text may hold the address.
bool isAboutCredential(const Error &error)
{
    const bool isRefused = error.code == ErrorCode::NotConnected
                           || error.code == ErrorCode::InvalidToken
                           || error.code == ErrorCode::TokenExpired;
    return isRefused && !error.extra.contains("authorization_url"_L1);
}

} // namespace

Exchange::Exchange(Request request, Wire *wire, ExchangeDefaults defaults, QObject *parent)
    : QObject(parent)
    , m_request(std::move(request))
    , m_wire(wire)
    , m_defaults(std::move(defaults))
{
    m_clock.start();
    const QByteArray given = m_request.header("x-request-id");
    m_requestId = isSaneId(given) ? QString::fromLatin1(given) : randomId();
}

Exchange::~Exchange()
{
    m_done = true;
    m_wire = nullptr;
    delete std::exchange(m_stream, nullptr);
    m_calls.clear();
}

QString Exchange::traceId() const
{
    if (m_traceId.isEmpty())
        m_traceId = parentTraceId(m_request.header("traceparent"));
    if (m_traceId.isEmpty())
        m_traceId = randomId();
    return m_traceId;
}

void Exchange::addHeader(const QByteArray &name, const QByteArray &value)
{
    m_extraHeaders.append({name, value});
}

void Exchange::finish(Response response)
{
    if (m_done || m_stream)
        return;
    m_status = response.status;
    const bool keepAlive = keepsAlive();
    const bool headOnly = m_request.method == "HEAD";
    Framing framing;
    framing.contentLength = isBodyless(response.status) ? -1 : response.body.size();
    framing.keepAlive = keepAlive;
    framing.minorVersion = m_request.minorVersion;
    QByteArray bytes = responseHead(response.status, response.headers, commonHeaders(), framing);
    if (!headOnly && !isBodyless(response.status))
        bytes += response.body; // one buffer, one system call
    m_bytes = bytes.size();
    m_wire->write(bytes);
    conclude(keepAlive);
}

void Exchange::note(const Error &error)
{
    m_fields.errorType = errorType(error);
    m_fields.more.insert(u"error"_s, codeName(error.code));
    for (auto it = error.logged.begin(); it != error.logged.end(); ++it)
        m_fields.more.insert(it.key(), it.value().toVariant());
    // Our fault or the MCP server's: who reads the log at night needs the reason. Not the words of
    // the MCP server itself, which may repeat what the caller told it.
    const bool isTold = m_fields.more.contains(u"reason"_s);
    if ((httpStatus(error) >= 500 || isAboutCredential(error)) && error.rpcCode == 0 && !isTold)
        m_fields.more.insert(u"reason"_s, error.message.left(500));
    else if (error.rpcCode != 0)
        m_fields.more.insert(u"rpc_code"_s, error.rpcCode);
}

void Exchange::finish(const Error &error, const Headers &headers)
{
    if (m_done || m_stream)
        return;
    note(error);
    Response response = Response::fromError(error, m_requestId);
    response.headers += headers;
    if (m_attachment)
        response.headers += m_attachment->headersFor(error, m_request);
    finish(std::move(response));
}

void Exchange::keep(Call call)
{
    m_calls.push_back(std::move(call));
}

void Exchange::start(Task<Response> task)
{
    keep(std::move(task).start([this](Result<Response> outcome) {
        if (outcome)
            finish(std::move(outcome).value());
        else
            finish(outcome.error());
    }));
}

SseStream *Exchange::startSse(const Headers &headers)
{
    if (m_done || m_stream)
        return nullptr;
    m_status = 200;
    m_chunked = m_request.minorVersion == 1;
    m_streamKeepsAlive = m_chunked && keepsAlive();
    Framing framing;
    framing.chunked = m_chunked;
    framing.keepAlive = m_streamKeepsAlive;
    framing.minorVersion = m_request.minorVersion;
    // X-Accel-Buffering: nginx would otherwise hold events back.
    const Headers fixed{{"Content-Type"_ba, "text/event-stream; charset=utf-8"_ba},
                        {"Cache-Control"_ba, "no-cache"_ba},
                        {"X-Accel-Buffering"_ba, "no"_ba}};
    const QByteArray head = responseHead(200, fixed + headers, commonHeaders(), framing);
    m_bytes = head.size();
    m_stream = new SseStream(this, m_defaults.heartbeat);
    m_wire->write(head);
    return m_stream;
}

void Exchange::endStream()
{
    if (m_stream)
        m_stream->end();
}

void Exchange::streamWrite(const QByteArray &bytes)
{
    if (m_done || !m_wire || m_request.method == "HEAD")
        return;
    const QByteArray framed = m_chunked ? chunkOf(bytes) : bytes;
    m_bytes += framed.size();
    m_wire->write(framed);
    if (m_wire && m_wire->bytesToWrite() > m_defaults.maxQueuedBytes)
        m_wire->dropClient(); // it does not read; memory is for those who do
}

void Exchange::streamEnd()
{
    if (m_done || !m_wire)
        return;
    if (m_chunked && m_request.method != "HEAD") {
        m_wire->write("0\r\n\r\n"_ba);
        m_bytes += 5;
    }
    conclude(m_streamKeepsAlive);
}

void Exchange::wireDrained()
{
    if (m_stream && !m_done)
        Q_EMIT m_stream->drained();
}

qint64 Exchange::queuedBytes() const
{
    return m_wire ? m_wire->bytesToWrite() : 0;
}

Headers Exchange::commonHeaders() const
{
    Headers common = m_defaults.headers;
    common += m_extraHeaders;
    common.append({"X-Request-Id"_ba, m_requestId.toLatin1()});
    return common;
}

bool Exchange::keepsAlive() const
{
    return !m_wire->mustClose();
}

void Exchange::conclude(bool keepAlive)
{
    m_done = true;
    Wire *wire = std::exchange(m_wire, nullptr);
    Q_EMIT finished(m_status, m_bytes, m_clock.elapsed());
    wire->answerDone(keepAlive);
}

void Exchange::detach()
{
    if (m_done)
        return;
    m_done = true;
    m_wire = nullptr;
    m_status = 499; // says it all: for a stream, leaving is the ordinary end
    Q_EMIT finished(m_status, m_bytes, m_clock.elapsed());
}

} // namespace bridge::http
