// SPDX-License-Identifier: GPL-3.0-or-later
// Finds credentials by their shape. Hand-written scanners instead of regular expressions: they are
// linear whatever a child process prints, and cost nothing on a line without their marker.
#pragma once

#include <QtCore/QString>

namespace bridge::logging {

/// `Bearer x`, `Basic x`, any case.
void maskSchemes(QString &text);
/// Three or more base64url parts joined by dots, the first beginning with `eyJ` (RFC 7519).
void maskJsonWebTokens(QString &text);
/// `scheme://user:password@host` (RFC 3986 §3.2.1).
void maskUserInfo(QString &text);
/// `access_token=x`, `?code=x`, `"password": "x"`, `X-Api-Key: x`.
void maskNamedValues(QString &text);

} // namespace bridge::logging
