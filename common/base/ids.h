// SPDX-License-Identifier: GPL-3.0-or-later
// Random identifiers. All of them come from the operating system's generator.
#pragma once

#include <QtCore/QByteArray>
#include <QtCore/QString>

namespace bridge {

/// \a bytes random bytes as unpadded base64url text (RFC 4648 §5); 16 bytes = 128 bits.
QString randomToken(int bytes = 16);
/// \a bytes random bytes as lower-case hexadecimal, e.g. a W3C trace id (16) or span id (8).
QString randomHex(int bytes);
/// What a log may say of a secret: `len=<n> sha256=<first 12 hex>`, `<empty>` if there is none.
QString fingerprint(const QString &secret);
/// Compares without telling by its duration where the texts differ.
bool equalInConstantTime(const QByteArray &a, const QByteArray &b);

} // namespace bridge
