// SPDX-License-Identifier: GPL-3.0-or-later
// The two things about a connected socket that QTcpSocket cannot say or do. Never block.
#pragma once

#include <QtCore/QtGlobal>

namespace bridge::http {

enum class PeerState {
    Open,
    SendingEnded, ///< end of input: it closed its sending side, or left
    Gone,         ///< reset or error
};

/// What the peer of \a descriptor did. On Linux unread bytes do not hide the end of input;
/// elsewhere it shows once they are read.
PeerState peerState(qintptr descriptor);
/// Sends the end of our output; reading goes on.
void endSending(qintptr descriptor);

} // namespace bridge::http
