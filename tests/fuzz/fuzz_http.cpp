// SPDX-License-Identifier: GPL-3.0-or-later
// What arrives on a connection before anybody is known: request heads, bodies, chunks. The first
// byte says how large the pieces are in which it arrives, which must make no difference.
#include "server/http/requestframer.h"
#include "tests/fuzz/target.h"

using namespace bridge::http;

namespace {

constexpr int kMostRequests = 64;

ServerLimits limits()
{
    ServerLimits small;
    small.requestLine = 512;
    small.head = 2048;
    small.fields = 16;
    small.body = 4096;
    return small;
}

void check(const Request &request)
{
    promise(!request.method.isEmpty());
    promise(request.body.size() <= limits().body);
    promise(request.headers.size() <= limits().fields);
    for (const auto &[name, value] : request.headers) {
        promise(!name.isEmpty() && !name.contains(' ') && !name.contains(':'));
        for (const char c : value)
            promise(c != '\r' && c != '\n' && c != '\0');
    }
}

/// All requests of \a input, and how it ended.
QByteArray readIn(const QByteArray &input, qsizetype piece)
{
    RequestFramer framer(limits());
    QByteArray told;
    int requests = 0;
    for (qsizetype at = 0; at < input.size(); at += piece) {
        framer.feed(input.mid(at, piece));
        while (framer.state() == RequestFramer::State::Complete) {
            const bool keepsAlive = framer.keepsAlive();
            const Request request = framer.take();
            check(request);
            told += request.method + ' ' + request.body + '\n';
            for (const auto &[name, value] : request.headers)
                told += name + ':' + value + '\n';
            if (!keepsAlive || ++requests == kMostRequests)
                return told;
            framer.feed({});
        }
        promise(framer.bodyBytes() <= limits().body);
        if (framer.state() == RequestFramer::State::Failed)
            return told + framer.error().message.toUtf8();
    }
    return told + QByteArray::number(int(framer.state()));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const QByteArray input(reinterpret_cast<const char *>(data + 1), qsizetype(size - 1));
    const QByteArray whole = readIn(input, std::max<qsizetype>(input.size(), 1));
    promise(whole == readIn(input, 1 + data[0] % 61));
    return 0;
}

std::vector<std::string> seeds()
{
    return {"aGET /tools?a=b%20c HTTP/1.1\r\nHost: b\r\nAccept: */*\r\n\r\nGET / HTTP/1.0\r\n\r\n",
            "bPOST /mcp HTTP/1.1\r\nHost: b:80\r\nContent-Length: 4\r\n\r\nabcdGET / HTTP/1.1\r\n",
            "cPOST / HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n"
            "3;x=\"y\"\r\nabc\r\n0\r\nX: y\r\n\r\n",
            "dPOST / HTTP/1.1\r\nHost: b\r\nExpect: 100-continue\r\nConnection: close\r\n"
            "Content-Length: 0\r\n\r\n",
            "eOPTIONS * HTTP/1.1\r\nhost:b\r\n\r\n",
            "fGET http://b/x HTTP/1.1\r\nHost: b\r\nConnection: keep-alive, x\r\n\r\n"};
}
