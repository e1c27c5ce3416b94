// SPDX-License-Identifier: GPL-3.0-or-later
// One request being answered. It owns everything the request started: kept Calls and coroutines
// are cancelled when it dies, which is after the answer or when the client leaves. Made and
// deleted by the server; handlers get a reference and may use it in anything they keep() in it.
#pragma once

#include "common/async/task.h"
#include "server/http/request.h"
#include "server/http/response.h"
#include "server/http/sse.h"

#include <QtCore/QElapsedTimer>
#include <QtCore/QObject>
#include <QtCore/QVariantMap>

#include <chrono>
#include <memory>
#include <vector>

namespace bridge::http {

class Wire;

/// What the access log, metrics and traces tell about an exchange. Handlers fill it in.
struct ExchangeFields {
    QString route;     ///< pattern of the matched route; set by the router
    QString handler;   ///< bounded label of the matched route; set by the router
    QString tool;      ///< name of the tool, prompt or resource asked for
    QString server;    ///< name of the MCP server the request is for
    QString session;   ///< fingerprint of the session id, never the id
    QString errorType; ///< bridge::errorType() of the failure, empty on success
    QVariantMap more;  ///< anything else worth a line in the log
};

/// What every answer of a server has in common.
struct ExchangeDefaults {
    Headers headers;                            ///< added to every answer (CORS, Vary)
    std::chrono::milliseconds heartbeat{15000}; ///< pause between SSE comments
    qint64 maxQueuedBytes = 4 * 1024 * 1024;    ///< a reader further behind is dropped
};

/// Something an earlier stage found out for later ones; this room does not know what.
class Attachment
{
public:
    virtual ~Attachment() = default;
    Attachment() = default;
    Attachment(const Attachment &) = delete;
    Attachment &operator=(const Attachment &) = delete;

    /// Further fields of an answer to \a request that is \a error, e.g. `WWW-Authenticate`.
    virtual Headers headersFor(const Error &error, const Request &request) const
    {
        Q_UNUSED(error);
        Q_UNUSED(request);
        return {};
    }
};

class Exchange : public QObject
{
    Q_OBJECT

public:
    /// \a wire outlives the exchange or is taken back with detach().
    Exchange(Request request, Wire *wire, ExchangeDefaults defaults = {},
             QObject *parent = nullptr);
    ~Exchange() override;

    const Request &request() const { return m_request; }
    /// The client's X-Request-Id when it is `[A-Za-z0-9._-]{1,64}`, else random.
    QString requestId() const { return m_requestId; }
    /// Trace id of a valid `traceparent` (W3C Trace Context §3.2), else random; 32 hex digits.
    QString traceId() const;
    ExchangeFields &fields() { return m_fields; }
    const ExchangeFields &fields() const { return m_fields; }
    /// Tells the access log what went wrong: class, token, and the reason when it is not the
    /// caller's. For answers that carry \a error in a shape of their own.
    void note(const Error &error);
    /// Adds a field to whatever answer follows, e.g. a cookie.
    void addHeader(const QByteArray &name, const QByteArray &value);

    /// Answers. Only the first answer counts; later ones are ignored. The exchange is deleted
    /// from the event loop afterwards.
    void finish(Response response);
    /// Answers with the one JSON error shape, plus \a headers (`Allow`, `WWW-Authenticate`, …).
    void finish(const Error &error, const Headers &headers = {});
    bool isStreaming() const { return m_stream != nullptr; }
    bool isFinished() const { return m_done; }
    int status() const { return m_status; }
    qint64 responseBytes() const { return m_bytes; }
    qint64 elapsedUs() const { return m_clock.nsecsElapsed() / 1000; }

    /// There is one; a second one replaces the first.
    void attach(std::shared_ptr<const Attachment> attachment)
    {
        m_attachment = std::move(attachment);
    }
    const std::shared_ptr<const Attachment> &attachment() const { return m_attachment; }

    /// Keeps \a call until the exchange dies.
    void keep(Call call);
    /// Keeps any value (a lease, a guard) until the exchange dies.
    template <typename T>
    void own(T value)
    {
        m_owned.push_back(std::make_shared<T>(std::move(value)));
    }
    /// Runs \a task as part of this exchange and finishes with its outcome.
    void start(Task<Response> task);

    /// Sends the head of an event stream with \a headers and returns the stream, owned by the
    /// exchange. Nothing may have been answered yet. Null when that is not so.
    SseStream *startSse(const Headers &headers = {});
    /// Completes the stream, if one was begun.
    void endStream();

    /// The client is gone: nothing is written any more, the exchange is to be deleted.
    void detach();
    /// Everything written so far has left.
    void wireDrained();

Q_SIGNALS:
    /// The answer is complete, or the client has left (status 499).
    void finished(int status, qint64 bytes, qint64 durationMs);

private:
    friend class SseStream;
    void streamWrite(const QByteArray &bytes);
    void streamEnd();
    qint64 queuedBytes() const;
    Headers commonHeaders() const;
    bool keepsAlive() const;
    void conclude(bool keepAlive);

    Request m_request;
    Wire *m_wire;
    ExchangeDefaults m_defaults;
    QString m_requestId;
    mutable QString m_traceId;
    ExchangeFields m_fields;
    Headers m_extraHeaders;
    std::shared_ptr<const Attachment> m_attachment;
    std::vector<std::shared_ptr<void>> m_owned;
    std::vector<Call> m_calls; ///< after m_owned: calls die first, what they use dies later
    QElapsedTimer m_clock;
    SseStream *m_stream = nullptr;
    qint64 m_bytes = 0;
    int m_status = 0;
    bool m_done = false;
    bool m_chunked = false;
    bool m_streamKeepsAlive = false;
};

} // namespace bridge::http
