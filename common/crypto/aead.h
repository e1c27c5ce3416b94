// SPDX-License-Identifier: GPL-3.0-or-later
// AES-256-GCM (NIST SP 800-38D): nobody without the key reads or changes what was sealed.
// Any thread.
#pragma once

#include <QtCore/QByteArray>

#include <optional>

namespace bridge::crypto {

constexpr qsizetype kKeyBytes = 32;

/// Random nonce (12 bytes), ciphertext, tag (16 bytes), as bytes. \a bound is not part of the
/// answer but has to be the same for open(). \a key has kKeyBytes; fewer than 2^32 calls per key.
QByteArray seal(QByteArrayView key, QByteArrayView plain, QByteArrayView bound = {});

/// What was sealed; nothing when it was changed, or sealed with another key or \a bound.
std::optional<QByteArray> open(QByteArrayView key, QByteArrayView sealed,
                               QByteArrayView bound = {});

} // namespace bridge::crypto
