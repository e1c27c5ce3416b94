// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gate/challenge.h"

using namespace Qt::StringLiterals;

namespace bridge::gate {

namespace {

/// A quoted-string of the characters RFC 6750 §3 allows in all of its parameters.
QByteArray quoted(const QString &text)
{
    QByteArray out = "\"";
    for (const QChar c : text) {
        if (c < u' ' || c > u'~' || c == u'"' || c == u'\\')
            out += c == u'"' ? '\'' : ' ';
        else
            out += c.toLatin1();
    }
    return out + '"';
}

const char *tokenErrorOf(ErrorCode code)
{
    switch (code) {
    case ErrorCode::InvalidToken:
    case ErrorCode::TokenExpired:
        return "invalid_token";
    case ErrorCode::InsufficientScope:
        return "insufficient_scope";
    default:
        return nullptr; // no credential came: RFC 6750 §3.1 wants no error then
    }
}

} // namespace

QByteArray challengeFor(const Error &error, const ChallengeFacts &facts)
{
    // Another token of the same person opens nothing, so there is no error to act on and no scope
    // to ask for; but who else may come in is found out at the same place (RFC 6750 §3).
    if (error.code == ErrorCode::Forbidden)
        return facts.resourceMetadata.isEmpty()
                   ? QByteArray()
                   : "Bearer resource_metadata=" + quoted(facts.resourceMetadata);
    const bool isAsking = httpStatus(error) == 401 || error.code == ErrorCode::InsufficientScope;
    if (!isAsking || error.code == ErrorCode::UpstreamStatus)
        return {};
    QList<QByteArray> fields;
    const QByteArray claims = error.extra["claims"_L1].toString().toUtf8();
    if (const char *code = tokenErrorOf(error.code)) {
        // What an identity provider wants its user to do, as Microsoft's clients read it.
        fields.append("error=\""_ba + (claims.isEmpty() ? code : "insufficient_claims") + '"');
        if (!claims.isEmpty())
            fields.append("claims=\"" + claims.toBase64() + '"');
        fields.append("error_description=" + quoted(error.message));
    }
    const QString needed = error.extra["scope"_L1].toString(facts.scope);
    if (!needed.isEmpty())
        fields.append("scope=" + quoted(needed));
    if (!facts.resourceMetadata.isEmpty())
        fields.append("resource_metadata=" + quoted(facts.resourceMetadata));
    return fields.isEmpty() ? "Bearer"_ba : "Bearer " + fields.join(", ");
}

} // namespace bridge::gate
