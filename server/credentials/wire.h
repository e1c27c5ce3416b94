// SPDX-License-Identifier: GPL-3.0-or-later
// Requests to token endpoints and what their refusals mean to the caller (contract §7.10). No text
// of a provider is repeated: it may hold what was sent.
#pragma once

#include "server/credentials/credential.h"
#include "server/credentials/tokenset.h"

namespace bridge::credentials {

using Form = QList<std::pair<QString, QString>>;

/// application/x-www-form-urlencoded (RFC 6749 appendix B).
QByteArray formEncoded(const Form &form);
/// POST of \a form that asks for JSON.
egress::EgressRequest formPost(const QUrl &url, const Form &form, egress::Trust trust,
                               std::chrono::milliseconds timeout);

/// Who the bridge is at a token endpoint.
struct ClientAuth {
    QString id;
    QByteArray secret; ///< empty = a public client
    bool inForm = false;
};
/// \a form sent as \a client (RFC 6749 §2.3.1).
egress::EgressRequest clientPost(const QUrl &url, Form form, const ClientAuth &client,
                                 egress::Trust trust, std::chrono::milliseconds timeout);

/// IdpUnavailable, 503: \a who cannot be reached or is too slow. Says when to try again.
Error unreachable(const QString &who);
/// IdpUnavailable, 502: \a who answered with what makes no sense.
Error unusable(const QString &who);
/// One of the two: \a who answered with \a status, which is nothing the caller could change.
Error troubled(int status, const QString &who);

/// `error` of a refusal when it is a plain word, else empty (RFC 6749 §5.2).
QString oauthError(const httpclient::Response &response);

/// What a token endpoint means by an answer other than 200: InvalidToken or NotConnected when it is
/// the caller's token or account, IdpUnavailable when it is the provider or the bridge's own
/// client.
Error tokenRefusal(const httpclient::Response &response, const QString &who);

/// The outcome of a request as a token set with an access token.
Result<TokenSet> tokenAnswer(const Result<httpclient::Response> &outcome, const QString &who);

} // namespace bridge::credentials
