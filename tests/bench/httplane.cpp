// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/httplane.h"

#include "tests/bench/fail.h"
#include "tests/bench/pattern.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

namespace bridge::bench {

namespace {

int connectTo(uint16_t port)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, reinterpret_cast<sockaddr *>(&address), sizeof address) != 0)
        fail("nothing listens on port " + std::to_string(port));
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setNonBlocking(fd);
    return fd;
}

/// The value of a header, up to the end of \a head; null without it. \a name is "\r\nname:".
const char *field(std::string_view head, std::string_view name)
{
    for (size_t at = 0; (at = head.find("\r\n", at)) != std::string_view::npos; at += 2) {
        if (head.size() - at > name.size()
            && strncasecmp(head.data() + at, name.data(), name.size()) == 0)
            return head.data() + at + name.size();
    }
    return nullptr;
}

/// How many bytes the chunks at the start of \a in take, the last one included; npos as long as
/// that has not come. Texts to look for do not cross chunks, so these stay as they are.
size_t chunkedLength(std::string_view in)
{
    size_t at = 0;
    for (;;) {
        const size_t line = in.find("\r\n", at);
        if (line == std::string_view::npos)
            return line;
        const size_t size = std::strtoul(in.data() + at, nullptr, 16);
        at = line + 2 + size + 2;
        if (at > in.size())
            return std::string_view::npos;
        if (size == 0)
            return at;
    }
}

/// The length of the body at the start of \a in; npos as long as it is not whole.
size_t bodyLength(std::string_view head, std::string_view in)
{
    if (field(head, "\r\ntransfer-encoding:"))
        return chunkedLength(in);
    const char *told = field(head, "\r\ncontent-length:");
    if (!told)
        fail("an answer whose end cannot be known:\n" + std::string(head));
    const size_t length = std::strtoul(told, nullptr, 10);
    return length <= in.size() ? length : std::string_view::npos;
}

} // namespace

HttpLane::HttpLane(HttpPlan plan, Poller &poller)
    : m_plan(std::move(plan))
    , m_varies((m_plan.path + m_plan.body).find("{n}") != std::string::npos)
    , m_request(render(0))
    , m_fd(connectTo(m_plan.port))
{
    poller.add(m_fd, this);
}

HttpLane::~HttpLane()
{
    close(m_fd);
}

std::string HttpLane::render(uint64_t number) const
{
    const std::string body = forRequest(m_plan.body, number);
    std::string request = m_plan.method + " " + forRequest(m_plan.path, number) + " HTTP/1.1\r\n"
                          + "Host: 127.0.0.1:" + std::to_string(m_plan.port) + "\r\n"
                          + m_plan.headers;
    if (m_plan.method != "GET")
        request += "Content-Type: application/json\r\nContent-Length: "
                   + std::to_string(body.size()) + "\r\n";
    return request + "\r\n" + body;
}

void HttpLane::begin(uint64_t number)
{
    writeAll(m_fd, m_varies ? render(number) : m_request);
}

int HttpLane::onReadable()
{
    if (!readAvailable(m_fd, m_in))
        fail("the bridge closed a connection");
    int answers = 0;
    while (takeAnswer())
        ++answers;
    return answers;
}

bool HttpLane::takeAnswer()
{
    const size_t end = m_in.find("\r\n\r\n");
    if (end == std::string::npos)
        return false;
    const std::string_view head = std::string_view(m_in).substr(0, end + 4);
    const size_t length =
        m_plan.headOnly ? 0 : bodyLength(head, std::string_view(m_in).substr(head.size()));
    if (length == std::string_view::npos)
        return false;
    const std::string_view body = std::string_view(m_in).substr(head.size(), length);
    if (!isExpected(head, body))
        fail("unexpected answer to " + m_plan.path + ":\n" + m_in.substr(0, 1000));
    m_in.erase(0, m_plan.headOnly ? std::string::npos : head.size() + length);
    return true;
}

bool HttpLane::isExpected(std::string_view head, std::string_view body) const
{
    const std::string_view searched = m_plan.headOnly ? head : body;
    return head.substr(0, 13) == "HTTP/1.1 200 "
           && searched.find(m_plan.expect) != std::string_view::npos;
}

} // namespace bridge::bench
