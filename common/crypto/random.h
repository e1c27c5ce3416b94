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

} // namespace bridge::crypto
