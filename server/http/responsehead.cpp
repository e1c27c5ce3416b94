// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/http/responsehead.h"

#include "common/base/duration.h"

#include <QtCore/QDateTime>
#include <QtCore/QLocale>

using namespace Qt::StringLiterals;

namespace bridge::http {

namespace {

struct Reason {
    int status;
    const char *phrase;
};

constexpr Reason kReasons[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

QByteArrayView reason(int status)
{
    for (const Reason &row : kReasons) {
        if (row.status == status)
            return row.phrase;
    }
    return status < 400 ? "OK" : "Error";
}

/// `Date` value (RFC 9110 §5.6.7), formatted once a second: formatting costs more than the rest.
const QByteArray &httpDate()
{
    thread_local qint64 cachedSecond = -1;
    thread_local QByteArray cached;
    const qint64 now = QDateTime::currentSecsSinceEpoch();
    if (now != cachedSecond) {
        cachedSecond = now;
        const QDateTime utc = QDateTime::fromSecsSinceEpoch(now, kUtc);
        cached = QLocale::c().toString(utc, u"ddd, dd MMM yyyy hh:mm:ss 'GMT'"_s).toLatin1();
    }
    return cached;
}

bool isOurs(const QByteArray &name)
{
    static constexpr const char *kOurs[] = {"content-length", "transfer-encoding", "connection",
                                            "date"};
    return std::any_of(std::begin(kOurs), std::end(kOurs),
                       [&name](const char *own) { return qstricmp(name.constData(), own) == 0; });
}

void appendClean(QByteArray &out, const QByteArray &text)
{
    const auto isControl = [](char c) {
        return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
    };
    if (std::none_of(text.cbegin(), text.cend(), isControl)) {
        out += text;
        return;
    }
    for (char c : text) {
        if (!isControl(c))
            out += c;
    }
}

void appendFields(QByteArray &out, const Headers &fields)
{
    for (const auto &[name, value] : fields) {
        if (isOurs(name))
            continue;
        appendClean(out, name);
        out += ": ";
        appendClean(out, value);
        out += "\r\n";
    }
}

} // namespace

bool isBodyless(int status)
{
    return status < 200 || status == 204 || status == 304;
}

QByteArray responseHead(int status, const Headers &fields, const Headers &common,
                        const Framing &framing)
{
    QByteArray head;
    head.reserve(512);
    head += "HTTP/1.1 ";
    head += QByteArray::number(status);
    head += ' ';
    head += reason(status);
    head += "\r\nDate: ";
    head += httpDate();
    head += "\r\n";
    appendFields(head, fields);
    appendFields(head, common);
    if (framing.contentLength >= 0)
        head += "Content-Length: " + QByteArray::number(framing.contentLength) + "\r\n";
    if (framing.chunked)
        head += "Transfer-Encoding: chunked\r\n";
    if (!framing.keepAlive)
        head += "Connection: close\r\n";
    else if (framing.minorVersion == 0)
        head += "Connection: keep-alive\r\n";
    head += "\r\n";
    return head;
}

QByteArray chunkOf(const QByteArray &data)
{
    QByteArray chunk;
    chunk.reserve(data.size() + 20);
    chunk += QByteArray::number(data.size(), 16);
    chunk += "\r\n";
    chunk += data;
    chunk += "\r\n";
    return chunk;
}

} // namespace bridge::http
