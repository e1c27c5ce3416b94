// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/http/requestframer.h"

#include "server/http/grammar.h"

using namespace Qt::StringLiterals;

namespace bridge::http {

namespace {

bool isTargetText(QByteArrayView text)
{
    // Bytes beyond ASCII are let through: curl sends what was typed, and the router checks UTF-8.
    return std::all_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) > 0x20 && c != 0x7f && c != '#';
    });
}

bool isHostText(QByteArrayView text)
{
    return std::all_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f
               && c != '/' && c != '@' && c != '?' && c != '#' && c != '\\' && c != ',';
    });
}

bool equals(const QByteArray &value, const char *lower)
{
    return qstricmp(value.constData(), lower) == 0;
}

} // namespace

RequestFramer::State RequestFramer::feed(const QByteArray &bytes)
{
    if (m_state == State::Failed)
        return m_state;
    if (m_bytes.isEmpty())
        m_bytes = bytes;
    else
        m_bytes += bytes;
    advance();
    return m_state;
}

Request RequestFramer::take()
{
    Request taken = std::exchange(m_request, {});
    m_state = State::Idle;
    m_headBytes = 0;
    m_length = -1;
    m_hosts = 0;
    m_haveLine = m_transferCoding = m_close = m_askKeepAlive = m_continue = false;
    m_chunks.reset();
    compact();
    return taken;
}

bool RequestFramer::takeContinue()
{
    return m_state == State::Body && std::exchange(m_continue, false);
}

void RequestFramer::advance()
{
    if (m_state == State::Idle || m_state == State::Head)
        readHead();
    if (m_state == State::Body)
        readBody();
    if (m_state != State::Complete)
        compact();
}

/// Gives memory back: an idle connection keeps no buffer.
void RequestFramer::compact()
{
    if (m_at == m_bytes.size())
        m_bytes = QByteArray();
    else if (m_at > 0)
        m_bytes.remove(0, m_at);
    m_scanned -= std::min(m_scanned, m_at);
    m_at = 0;
}

void RequestFramer::readHead()
{
    if (!m_haveLine && !skipEmptyLines())
        return;
    while (m_state == State::Head) {
        const std::optional<QByteArrayView> line = nextLine();
        if (!line)
            return;
        if (!m_haveLine) {
            m_haveLine = true;
            readRequestLine(*line);
        } else if (line->isEmpty()) {
            headDone();
        } else {
            readField(*line);
        }
    }
}

/// RFC 9112 §2.2: empty lines before a request line are ignored. False = wait or failed.
bool RequestFramer::skipEmptyLines()
{
    while (m_at < m_bytes.size() && m_bytes[m_at] == '\r') {
        if (m_at + 1 == m_bytes.size())
            return false;
        if (m_bytes[m_at + 1] != '\n' || ++m_headBytes > 16)
            return fail(ErrorCode::BadRequest, u"The request does not begin with a method."_s);
        m_at += 2;
    }
    if (m_at == m_bytes.size())
        return false;
    m_scanned = std::max(m_scanned, m_at);
    // Told by its first byte, so that a TLS hello is refused at once and not when time is up.
    if (!isTokenChar(m_bytes[m_at]))
        return fail(ErrorCode::BadRequest,
                    u"The request does not begin with a method. This port speaks plain HTTP/1.1; "
                    u"use an http:// address."_s);
    m_state = State::Head;
    return true;
}

/// Next line of the head without its CRLF; none when it is incomplete or the head was refused.
/// Sizes are judged before contents, else the verdict would depend on how the bytes arrive.
std::optional<QByteArrayView> RequestFramer::nextLine()
{
    const qsizetype lf = m_bytes.indexOf('\n', m_scanned);
    const qsizetype size = (lf < 0 ? m_bytes.size() : lf + 1) - m_at;
    m_scanned = m_at + size;
    if (!m_haveLine && size > m_limits.requestLine + 2) {
        fail(ErrorCode::UriTooLong, u"The request line is longer than %1 bytes. Move data from the "
                                    u"address into the body."_s.arg(m_limits.requestLine));
        return {};
    }
    if (m_headBytes + size > m_limits.head) {
        fail(
            ErrorCode::HeadersTooLarge,
            u"The header fields are larger than %1 bytes in all. Send fewer or shorter ones."_s.arg(
                m_limits.head));
        return {};
    }
    if (lf < 0)
        return {};
    m_headBytes += size;
    const QByteArrayView line(m_bytes.constData() + m_at, size);
    m_at += size;
    if (size < 2 || line[size - 2] != '\r') {
        fail(ErrorCode::BadRequest, u"A header line does not end with CR LF."_s);
        return {};
    }
    return line.chopped(2);
}

bool RequestFramer::readRequestLine(QByteArrayView line)
{
    const qsizetype first = line.indexOf(' ');
    const qsizetype last = line.lastIndexOf(' ');
    if (first <= 0 || first == last || !isToken(line.first(first)))
        return fail(ErrorCode::BadRequest,
                    u"The request line is not of the form `METHOD /path HTTP/1.1`."_s);
    m_request.method = line.first(first).toByteArray();
    return readVersion(line.sliced(last + 1))
           && readTarget(line.sliced(first + 1, last - first - 1));
}

bool RequestFramer::readVersion(QByteArrayView version)
{
    const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
    if (version.size() != 8 || !version.startsWith("HTTP/") || !isDigit(version[5])
        || version[6] != '.' || !isDigit(version[7]))
        return fail(ErrorCode::BadRequest, u"The request line does not end with HTTP/1.1."_s);
    if (version[5] != '1' || (version[7] != '0' && version[7] != '1'))
        return fail(ErrorCode::BadRequest,
                    u"This server speaks HTTP/1.1 and HTTP/1.0 only. Use one of them."_s, 505);
    m_request.minorVersion = version[7] - '0';
    return true;
}

bool RequestFramer::readTarget(QByteArrayView target)
{
    const bool absolute = target.startsWith("http://") || target.startsWith("https://");
    const bool special = target == QByteArrayView("*") || m_request.method == "CONNECT";
    if (!isTargetText(target) || !(target.startsWith('/') || absolute || special))
        return fail(ErrorCode::BadRequest, u"The address in the request line is malformed. It "
                                           u"begins with `/` and has no spaces or controls."_s);
    m_request.target = target.toByteArray();
    m_request.path = QString::fromUtf8(m_request.rawPath());
    const qsizetype question = target.indexOf('?');
    if (question >= 0)
        m_request.query = QUrlQuery(QString::fromUtf8(target.sliced(question + 1)));
    return true;
}

bool RequestFramer::readField(QByteArrayView line)
{
    if (line[0] == ' ' || line[0] == '\t')
        return fail(ErrorCode::BadRequest, u"A header line is folded. Write it on one line."_s);
    const qsizetype colon = line.indexOf(':');
    // The token check covers a space before the colon, which proxies read differently.
    if (colon <= 0 || !isToken(line.first(colon)) || !isFieldText(line.sliced(colon + 1)))
        return fail(ErrorCode::BadRequest, u"A header line is not of the form `Name: value`."_s);
    if (m_request.headers.size() >= m_limits.fields)
        return fail(
            ErrorCode::HeadersTooLarge,
            u"The request has more than %1 header fields. Send fewer."_s.arg(m_limits.fields));
    m_request.headers.append(
        {line.first(colon).toByteArray(), line.sliced(colon + 1).trimmed().toByteArray()});
    return noteField(m_request.headers.constLast().first, m_request.headers.constLast().second);
}

bool RequestFramer::noteField(const QByteArray &name, const QByteArray &value)
{
    switch (name.size()) { // most fields are none of ours; their length tells cheaply
    case 4:
        if (equals(name, "host") && (++m_hosts > 1 || !isHostText(value)))
            return fail(ErrorCode::BadRequest,
                        u"The request must have one Host header naming one host."_s);
        return true;
    case 10:
        if (equals(name, "connection"))
            noteConnection(value);
        return true;
    case 14:
        return !equals(name, "content-length") || noteLength(value);
    case 17:
        if (!equals(name, "transfer-encoding"))
            return true;
        if (m_transferCoding || !equals(value, "chunked") || m_request.minorVersion == 0)
            return fail(ErrorCode::BadRequest,
                        u"`Transfer-Encoding: chunked` is the only transfer coding known here, in "
                        u"HTTP/1.1 and once."_s);
        m_transferCoding = true;
        return true;
    default:
        return true;
    }
}

bool RequestFramer::noteLength(const QByteArray &value)
{
    const bool digits =
        !value.isEmpty() && value.size() <= 18
        && std::all_of(value.cbegin(), value.cend(), [](char c) { return c >= '0' && c <= '9'; });
    const qint64 length = digits ? value.toLongLong() : -1;
    if (!digits || (m_length >= 0 && m_length != length))
        return fail(ErrorCode::BadRequest,
                    u"Content-Length must be one decimal number of bytes."_s);
    m_length = length;
    return true;
}

void RequestFramer::noteConnection(const QByteArray &value)
{
    for (const QByteArray &option : value.split(',')) {
        const QByteArray trimmed = option.trimmed();
        m_close = m_close || equals(trimmed, "close");
        m_askKeepAlive = m_askKeepAlive || equals(trimmed, "keep-alive");
    }
}

void RequestFramer::headDone()
{
    m_keepAlive = !m_close && (m_request.minorVersion == 1 || m_askKeepAlive);
    if (m_request.minorVersion == 1 && m_hosts == 0) {
        fail(ErrorCode::BadRequest, u"An HTTP/1.1 request needs a Host header."_s);
    } else if (m_transferCoding && m_length >= 0) {
        fail(ErrorCode::BadRequest,
             u"Content-Length and Transfer-Encoding contradict each other. Send one."_s);
    } else if (m_length > m_limits.body) {
        fail(ErrorCode::PayloadTooLarge,
             u"The body is larger than %1 bytes (MAX_REQUEST_BODY_BYTES)."_s.arg(m_limits.body));
    } else if (checkExpect()) {
        m_state = m_transferCoding || m_length > 0 ? State::Body : State::Complete;
    }
}

bool RequestFramer::checkExpect()
{
    const QByteArray expect = m_request.header("expect");
    if (expect.isEmpty() || m_request.minorVersion == 0)
        return true;
    if (!equals(expect, "100-continue"))
        return fail(ErrorCode::BadRequest,
                    u"Only `Expect: 100-continue` can be met. Leave the header out."_s, 417);
    m_continue = true;
    return true;
}

void RequestFramer::readBody()
{
    if (!m_transferCoding) {
        const qsizetype part =
            std::min<qint64>(m_length - m_request.body.size(), m_bytes.size() - m_at);
        m_request.body.append(m_bytes.constData() + m_at, part);
        m_at += part;
        if (m_request.body.size() == m_length)
            m_state = State::Complete;
        return;
    }
    switch (m_chunks.decode(m_bytes, m_at, m_request.body, m_limits.body)) {
    case ChunkDecoder::Outcome::More:
        return;
    case ChunkDecoder::Outcome::Done:
        m_state = State::Complete;
        return;
    case ChunkDecoder::Outcome::Bad:
        fail(ErrorCode::BadRequest, u"The chunked body is malformed."_s);
        return;
    case ChunkDecoder::Outcome::TooLarge:
        fail(ErrorCode::PayloadTooLarge,
             u"The body is larger than %1 bytes (MAX_REQUEST_BODY_BYTES)."_s.arg(m_limits.body));
        return;
    }
}

bool RequestFramer::fail(ErrorCode code, const QString &message, int status)
{
    Error error(code, message);
    error.status = status;
    giveUp(error);
    return false;
}

void RequestFramer::giveUp(const Error &reason)
{
    m_state = State::Failed;
    m_error = reason;
    m_request = {};
    m_bytes = QByteArray();
    m_at = m_scanned = 0;
}

} // namespace bridge::http
