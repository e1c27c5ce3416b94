// SPDX-License-Identifier: GPL-3.0-or-later
// The one place that keeps secrets out of what people and programs read later: log lines, stored
// stderr, configuration pages. Masks whole secrets, never parts (contract §9.4). All functions are
// thread-safe, and linear in the text; a line without anything suspicious is returned unchanged.
#pragma once

#include <QtCore/QString>
#include <QtCore/QStringView>

namespace bridge::logging {

/// What stands where a secret was.
inline constexpr QLatin1StringView kRedacted("[REDACTED]");

/// \a text without: registered secrets, bearer and basic credentials, JSON Web Tokens, user
/// information in URLs, values of parameters and JSON members named like a secret, and
/// the rest of a line after a header that carries credentials.
QString redact(const QString &text);

/// From now on \a secret is masked wherever it appears. Values under 6 characters are ignored:
/// masking every "on" or "1234" would make the log unreadable and protect nothing.
void registerSecret(const QString &secret);
/// Forgets \a secret, e.g. one that was rotated out.
void forgetSecret(const QString &secret);

/// Whether a variable or field of this name holds a secret: its name contains PASSWORD, SECRET,
/// TOKEN or KEY in any case.
bool isSecretName(QStringView name);

} // namespace bridge::logging
