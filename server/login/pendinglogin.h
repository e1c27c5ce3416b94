// SPDX-License-Identifier: GPL-3.0-or-later
// A login between its two requests. It travels with the browser as a sealed cookie, so that
// strangers who begin logins and never end them cost no memory, and only the browser that began
// one can end it. Main thread.
#pragma once

#include "common/base/result.h"

#include <QtCore/QByteArray>
#include <QtCore/QString>

namespace bridge::login {

struct PendingLogin {
    QByteArray state;    ///< comes back in the query (RFC 6749 §10.12)
    QByteArray nonce;    ///< comes back in the ID token (OpenID Connect Core §3.1.2.1)
    QByteArray verifier; ///< of PKCE, RFC 7636
    QString issuer;      ///< whose answer is awaited (RFC 9207)
    QString redirectUri;
    QString returnTo;   ///< path of ours
    qint64 expires = 0; ///< ms since epoch

    /// A new one with random values.
    static PendingLogin begin();
    /// base64url(SHA-256(verifier)), RFC 7636 §4.2.
    QByteArray challenge() const;
};

class PendingSealer
{
public:
    /// With a random key of this process, or of \a key, which has crypto::kKeyBytes.
    explicit PendingSealer(QByteArray key = {});

    /// Base64url text.
    QByteArray seal(const PendingLogin &login) const;
    /// BadRequest when \a text was not sealed here or is older than its time at \a now.
    Result<PendingLogin> open(const QByteArray &text, qint64 now) const;

private:
    QByteArray m_key;
};

} // namespace bridge::login
