// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/http/socketcalls.h"

#ifdef Q_OS_WIN
#include <winsock2.h>
#else
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#endif

#ifdef Q_OS_LINUX
#ifndef POLLRDHUP
#define POLLRDHUP 0x2000 // only declared with _GNU_SOURCE
#endif
#endif

namespace bridge::http {

#ifdef Q_OS_LINUX

PeerState peerState(qintptr descriptor)
{
    pollfd entry{int(descriptor), POLLRDHUP, 0};
    if (::poll(&entry, 1, 0) <= 0)
        return PeerState::Open;
    if (entry.revents & (POLLERR | POLLHUP | POLLNVAL))
        return PeerState::Gone;
    return entry.revents & POLLRDHUP ? PeerState::SendingEnded : PeerState::Open;
}

#else

PeerState peerState(qintptr descriptor)
{
    char byte = 0;
#ifdef Q_OS_WIN
    const int got = ::recv(SOCKET(descriptor), &byte, 1, MSG_PEEK);
    const bool later = got < 0 && ::WSAGetLastError() == WSAEWOULDBLOCK;
#else
    const ssize_t got = ::recv(int(descriptor), &byte, 1, MSG_PEEK);
    const bool later = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
#endif
    if (got > 0 || later)
        return PeerState::Open;
    return got == 0 ? PeerState::SendingEnded : PeerState::Gone;
}

#endif

void endSending(qintptr descriptor)
{
#ifdef Q_OS_WIN
    ::shutdown(SOCKET(descriptor), SD_SEND);
#else
    ::shutdown(int(descriptor), SHUT_WR);
#endif
}

} // namespace bridge::http
