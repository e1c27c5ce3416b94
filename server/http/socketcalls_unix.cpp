// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/http/socketcalls.h"

#include <cerrno>
#include <poll.h>
#include <sys/socket.h>

#if defined(Q_OS_LINUX) && !defined(POLLRDHUP)
#define POLLRDHUP 0x2000 // only declared with _GNU_SOURCE
#endif

namespace bridge::http {

PeerState peerState(qintptr descriptor)
{
#ifdef POLLRDHUP
    pollfd entry{int(descriptor), POLLRDHUP, 0};
    if (::poll(&entry, 1, 0) <= 0)
        return PeerState::Open;
    if (entry.revents & (POLLERR | POLLHUP | POLLNVAL))
        return PeerState::Gone;
    return entry.revents & POLLRDHUP ? PeerState::SendingEnded : PeerState::Open;
#else
    char byte = 0;
    const ssize_t got = ::recv(int(descriptor), &byte, 1, MSG_PEEK);
    if (got > 0 || (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)))
        return PeerState::Open;
    return got == 0 ? PeerState::SendingEnded : PeerState::Gone;
#endif
}

void endSending(qintptr descriptor)
{
    ::shutdown(int(descriptor), SHUT_WR);
}

} // namespace bridge::http
