// SPDX-License-Identifier: GPL-3.0-or-later
// Random bytes that nobody can guess, from OpenSSL's generator. Any thread.
#pragma once

#include <QtCore/QByteArray>

namespace bridge::crypto {

/// \a count bytes. Ends the process when the system has no randomness left to give: going on
/// with anything weaker would be worse.
QByteArray randomBytes(qsizetype count);

/// \a count random bytes as base64url text without padding (RFC 4648 §5).
QByteArray randomToken(qsizetype count = 32);

/// Gives back what OpenSSL keeps for the calling thread, its generator among it. To be called last
/// in a thread of ours: OpenSSL would do it when the thread is gone, which QThread::wait() does
/// not wait for, so that a process that ends meanwhile loses it (OPENSSL_thread_stop(3)).
void forgetThread();

} // namespace bridge::crypto
