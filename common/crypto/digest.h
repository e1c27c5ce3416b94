// SPDX-License-Identifier: GPL-3.0-or-later
// Digests and keyed digests (FIPS 180-4, RFC 2104). Any thread.
#pragma once

#include <QtCore/QByteArray>

namespace bridge::crypto {

constexpr qsizetype kDigestBytes = 32;

/// SHA-256 of \a bytes, kDigestBytes long.
QByteArray sha256(QByteArrayView bytes);
/// HMAC-SHA-256 of \a bytes, kDigestBytes long.
QByteArray hmacSha256(QByteArrayView key, QByteArrayView bytes);

} // namespace bridge::crypto
