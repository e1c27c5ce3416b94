// SPDX-License-Identifier: GPL-3.0-or-later
// What token endpoints and brokers answer with (RFC 6749 §5.1), and what can be read from a token
// without trusting it. Pure functions; any thread.
#pragma once

#include "common/base/result.h"

#include <QtCore/QByteArray>
#include <QtCore/QDateTime>
#include <QtCore/QJsonObject>

#include <optional>

namespace bridge::credentials {

struct TokenSet {
    QByteArray access;
    QByteArray refresh;
    QString type = QStringLiteral("Bearer");
    QString scope;
    QString issuedType;             ///< RFC 8693 `issued_token_type`
    std::optional<qint64> lifetime; ///< `expires_in`, in seconds

    /// The members of \a newer that are there replace these.
    void merge(const TokenSet &newer);
};

/// From JSON, or from a form as some providers send it. Nothing when \a body is neither, or holds a
/// token that cannot stand in a header.
std::optional<TokenSet> tokenSetFrom(const QByteArray &body);

/// Members of a form-encoded text, the last one of a name.
QJsonObject formMembers(const QByteArray &text);

/// The payload of \a token when it is a JSON Web Token, unverified.
std::optional<QJsonObject> peekClaims(const QByteArray &token);
/// `exp` of such a token; nothing for others.
std::optional<QDateTime> peekExpiry(const QByteArray &token);

/// When the access token of \a set ends: by its own claim, else by `expires_in` from \a now
/// (milliseconds since 1970); invalid when nobody says.
QDateTime expiryOf(const TokenSet &set, qint64 now);

} // namespace bridge::credentials
