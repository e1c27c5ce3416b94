// SPDX-License-Identifier: GPL-3.0-or-later
// base64url without padding (RFC 4648 §5), as JOSE has it (RFC 7515 §2). Any thread.
#pragma once

#include <QtCore/QByteArray>

#include <optional>

namespace bridge::crypto {

/// The bytes of \a text; nothing when it has padding, spaces, other characters, an impossible
/// length or bits left over: one value has one spelling.
std::optional<QByteArray> fromBase64Url(QByteArrayView text);
QByteArray toBase64Url(const QByteArray &bytes);

} // namespace bridge::crypto
