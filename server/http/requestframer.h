// SPDX-License-Identifier: GPL-3.0-or-later
// Cuts a byte stream into complete HTTP/1.x requests, strictly (RFC 9112): what two parsers could
// read in two ways is refused, and after a refusal nothing more is read from the connection.
// Pure: bytes in, requests out. Feeding byte by byte gives the same as feeding all at once.
#pragma once

#include "common/base/error.h"
#include "server/http/chunkdecoder.h"
#include "server/http/limits.h"
#include "server/http/request.h"

#include <optional>

namespace bridge::http {

class RequestFramer
{
public:
    enum class State {
        Idle,     ///< between requests, nothing of the next one seen
        Head,     ///< inside the request line or the fields
        Body,     ///< head complete, body is not
        Complete, ///< a request waits to be taken; further bytes are kept
        Failed,   ///< error() says why; answer it and close
    };

    explicit RequestFramer(const ServerLimits &limits) : m_limits(limits) {}

    /// Takes \a bytes and reads on as far as one request.
    State feed(const QByteArray &bytes);
    State state() const { return m_state; }
    /// The complete request; reading goes on with the bytes kept. Only when state() is Complete.
    Request take();
    /// Whether the connection may serve another request after the current one (RFC 9112 §9.3).
    bool keepsAlive() const { return m_keepAlive; }
    /// True once per request whose client waits for `100 Continue` before it sends the body.
    bool takeContinue();
    const Error &error() const { return m_error; }
    /// What the body of the current request holds already.
    qsizetype bodyBytes() const { return m_request.body.size(); }
    /// Gives the current request up, with what came of it: Failed with \a reason.
    void giveUp(const Error &reason);
    /// Bytes kept beyond the current request.
    qsizetype pendingBytes() const { return m_bytes.size() - m_at; }

private:
    void advance();
    void readHead();
    bool skipEmptyLines();
    std::optional<QByteArrayView> nextLine();
    bool readRequestLine(QByteArrayView line);
    bool readVersion(QByteArrayView version);
    bool readTarget(QByteArrayView target);
    bool readField(QByteArrayView line);
    bool noteField(const QByteArray &name, const QByteArray &value);
    bool noteLength(const QByteArray &value);
    void noteConnection(const QByteArray &value);
    void headDone();
    bool checkExpect();
    void readBody();
    void compact();
    bool fail(ErrorCode code, const QString &message, int status = 0);

    const ServerLimits m_limits;
    QByteArray m_bytes; ///< not yet parsed from m_at on
    qsizetype m_at = 0;
    qsizetype m_scanned = 0; ///< no line feed before this index
    State m_state = State::Idle;
    Request m_request;
    Error m_error;
    ChunkDecoder m_chunks;
    qsizetype m_headBytes = 0;
    qint64 m_length = -1;
    int m_hosts = 0;
    bool m_haveLine = false;
    bool m_transferCoding = false;
    bool m_keepAlive = true;
    bool m_close = false;
    bool m_askKeepAlive = false;
    bool m_continue = false;
};

} // namespace bridge::http
