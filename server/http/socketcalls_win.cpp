// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/http/socketcalls.h"

#include <winsock2.h>

namespace bridge::http {

PeerState peerState(qintptr descriptor)
{
    char byte = 0;
    const int got = ::recv(SOCKET(descriptor), &byte, 1, MSG_PEEK);
    if (got > 0 || (got < 0 && ::WSAGetLastError() == WSAEWOULDBLOCK))
        return PeerState::Open;
    return got == 0 ? PeerState::SendingEnded : PeerState::Gone;
}

void endSending(qintptr descriptor)
{
    ::shutdown(SOCKET(descriptor), SD_SEND);
}

} // namespace bridge::http
