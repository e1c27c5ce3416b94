// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/poller.h"

#include "tests/bench/fail.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

namespace bridge::bench {

Poller::Poller() : m_fd(epoll_create1(EPOLL_CLOEXEC))
{
    if (m_fd < 0)
        fail("no epoll descriptor");
}

Poller::~Poller()
{
    close(m_fd);
}

void Poller::add(int fd, Lane *lane)
{
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = lane;
    if (epoll_ctl(m_fd, EPOLL_CTL_ADD, fd, &event) != 0)
        fail(std::string("epoll_ctl: ") + std::strerror(errno));
}

const std::vector<Lane *> &Poller::wait(int timeoutMs)
{
    epoll_event events[256];
    int count;
    do
        count = epoll_wait(m_fd, events, 256, timeoutMs);
    while (count < 0 && errno == EINTR);
    m_ready.clear();
    for (int i = 0; i < count; ++i)
        m_ready.push_back(static_cast<Lane *>(events[i].data.ptr));
    return m_ready;
}

void setNonBlocking(int fd)
{
    const int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
        fail("a descriptor cannot be made non-blocking");
}

void writeAll(int fd, std::string_view bytes)
{
    while (!bytes.empty()) {
        const ssize_t written = write(fd, bytes.data(), bytes.size());
        if (written >= 0) {
            bytes.remove_prefix(size_t(written));
        } else if (errno == EAGAIN) {
            pollfd room{fd, POLLOUT, 0};
            if (poll(&room, 1, 30'000) <= 0)
                fail("the peer has read nothing for 30 s");
        } else if (errno != EINTR) {
            fail(std::string("write: ") + std::strerror(errno));
        }
    }
}

bool readAvailable(int fd, std::string &into)
{
    static char chunk[65536];
    for (;;) {
        const ssize_t got = read(fd, chunk, sizeof chunk);
        if (got > 0)
            into.append(chunk, size_t(got));
        if (got == ssize_t(sizeof chunk) || (got < 0 && errno == EINTR))
            continue;
        return got > 0 || (got < 0 && errno == EAGAIN);
    }
}

} // namespace bridge::bench
