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

/// The length of the body after \a head.
size_t contentLength(std::string_view head)
{
    constexpr std::string_view name = "\r\ncontent-length:";
    for (size_t at = 0; (at = head.find("\r\n", at)) != std::string_view::npos; at += 2) {
        if (head.size() - at > name.size()
            && strncasecmp(head.data() + at, name.data(), name.size()) == 0)
            return std::strtoul(head.data() + at + name.size(), nullptr, 10);
    }
    fail("an answer without Content-Length:\n" + std::string(head));
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
                          + "Host: 127.0.0.1:" + std::to_string(m_plan.port) + "\r\n";
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
    const size_t length = m_plan.headOnly ? 0 : contentLength(head);
    if (m_in.size() < head.size() + length)
        return false;
    const std::string_view body = std::string_view(m_in).substr(head.size(), length);
    if (!isExpected(head, body))
        fail("unexpected answer to " + m_plan.path + ":\n" + m_in.substr(0, 1000));
    m_in.erase(0, m_plan.headOnly ? std::string::npos : head.size() + length);
    return true;
}

bool HttpLane::isExpected(std::string_view head, std::string_view body) const
{
    return head.substr(0, 13) == "HTTP/1.1 200 "
           && (m_plan.headOnly || body.find(m_plan.expect) != std::string_view::npos);
}

} // namespace bridge::bench
