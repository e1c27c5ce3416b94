// SPDX-License-Identifier: GPL-3.0-or-later
// The credential of one caller for one MCP server, as it is whenever somebody needs it. What comes
// from whom is decided elsewhere (server/credentials); here it is only used. Main thread.
#pragma once

#include "common/async/call.h"
#include "common/httpclient/request.h"

#include <QtCore/QDateTime>

namespace bridge::upstream {

/// Never logged.
struct HeldCredential {
    QByteArray token;
    QString type = QStringLiteral("Bearer");
    QDateTime expires; ///< UTC; invalid = nobody said
};

class CredentialSource
{
public:
    virtual ~CredentialSource() = default;
    CredentialSource() = default;
    CredentialSource(const CredentialSource &) = delete;
    CredentialSource &operator=(const CredentialSource &) = delete;

    /// Caller and server, without any token: the same for the next token of the same caller.
    virtual QByteArray scope() const = 0;
    /// It is the token the caller came with, not one retrieved for him.
    virtual bool isCallersOwn() const = 0;
    /// Without a credential the server is asked all the same: it may not want one of this caller.
    /// now() then has one only where it was wanted before.
    virtual bool isOptional() const { return false; }
    /// When nobody can be asked, the shared or the caller's token will do.
    virtual bool mayFallBack() const { return false; }

    /// What is good for some time, when nobody has to be asked. An optional one may be known to be
    /// empty: then `token` is.
    virtual std::optional<HeldCredential> now() = 0;
    /// The same, after asking. Errors say what the caller can do: Unauthorized, InvalidToken,
    /// TokenExpired, NotConnected, Forbidden, IdpUnavailable.
    virtual Call get(Handler<HeldCredential> handler) = 0;
    /// The server did not accept \a rejected and answered with \a refusal. Gives another
    /// credential, or the same when there is none; errors as get().
    virtual Call renew(const QByteArray &rejected, const httpclient::Headers &refusal,
                       Handler<HeldCredential> handler) = 0;
};
using CredentialSourcePtr = std::shared_ptr<CredentialSource>;

} // namespace bridge::upstream
