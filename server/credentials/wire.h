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
/// What the failure of a request to \a who means: that, with why for the log; 502 when the address
/// is one that is not fetched, which no waiting changes.
Error failed(const Error &failure, const QString &who);
/// IdpUnavailable, 502: \a who answered with what makes no sense.
Error unusable(const QString &who);
/// One of the two: \a who answered with \a status, which is nothing the caller could change.
Error troubled(int status, const QString &who);

/// IdpUnavailable, 502: what the bridge is set up to ask for is nothing \a who gives it, for the
/// reason \a word. Otherwise \a refusal.
Error orWrongSetup(Error refusal, const QString &who);

/// \a word as logs may show it: a code (RFC 6749 §4.1.2.1), or that it is none.
QString loggedCode(const QString &word);
/// `error` of a refusal when it is a plain word, else empty (RFC 6749 §5.2).
QString oauthError(const httpclient::Response &response);

/// What a token endpoint means by an answer other than 200: InvalidToken or NotConnected when it is
/// the caller's token or account, IdpUnavailable when it is the provider or the bridge's own
/// client.
Error tokenRefusal(const httpclient::Response &response, const QString &who);

/// The outcome of a request as a token set with an access token.
Result<TokenSet> tokenAnswer(const Result<httpclient::Response> &outcome, const QString &who);

} // namespace bridge::credentials
