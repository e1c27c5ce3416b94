// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/credentials/wire.h"

#include <QtCore/QJsonDocument>
#include <QtCore/QRegularExpression>

using namespace Qt::StringLiterals;

namespace bridge::credentials {

namespace {

/// Failures are remembered for a second, see CredentialCache; seconds.
constexpr int kRetryAfter = 2;

QByteArray encoded(const QString &text)
{
    return QUrl::toPercentEncoding(text, " ", "~").replace(' ', '+');
}

} // namespace

QByteArray formEncoded(const Form &form)
{
    QByteArray text;
    for (const auto &[name, value] : form) {
        if (!text.isEmpty())
            text += '&';
        text += encoded(name) + '=' + encoded(value);
    }
    return text;
}

egress::EgressRequest formPost(const QUrl &url, const Form &form, egress::Trust trust,
                               std::chrono::milliseconds timeout)
{
    egress::EgressRequest request;
    request.url = url;
    request.trust = trust;
    request.method = "POST"_ba;
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                       {"Accept", "application/json"}};
    request.body = formEncoded(form);
    request.timeout = timeout;
    return request;
}

egress::EgressRequest clientPost(const QUrl &url, Form form, const ClientAuth &client,
                                 egress::Trust trust, std::chrono::milliseconds timeout)
{
    const bool isBasic = !client.secret.isEmpty() && !client.inForm;
    if (!isBasic && !client.id.isEmpty())
        form.append({u"client_id"_s, client.id});
    if (!isBasic && !client.secret.isEmpty())
        form.append({u"client_secret"_s, QString::fromUtf8(client.secret)});
    egress::EgressRequest request = formPost(url, form, trust, timeout);
    if (isBasic) {
        // Each half is form-encoded first, which many forget and no other character notices.
        const QByteArray pair =
            encoded(client.id) + ':' + encoded(QString::fromUtf8(client.secret));
        request.headers.append({"Authorization", "Basic " + pair.toBase64()});
    }
    return request;
}

Error unreachable(const QString &who)
{
    Error error(ErrorCode::IdpUnavailable,
                u"%1 cannot be reached at the moment. Try again later."_s.arg(who));
    error.extra["retry_after"_L1] = kRetryAfter;
    return error;
}

Error unusable(const QString &who)
{
    Error error(
        ErrorCode::IdpUnavailable,
        u"%1 answered in a way that makes no sense. Tell the operator of the bridge."_s.arg(who));
    error.status = 502;
    return error;
}

Error troubled(int status, const QString &who)
{
    const bool isPassing = status == 429 || (status >= 502 && status <= 504);
    return isPassing ? unreachable(who) : unusable(who);
}

QString oauthError(const httpclient::Response &response)
{
    static const QRegularExpression word(u"^[A-Za-z0-9_.-]{1,64}$"_s);
    const QString text =
        QJsonDocument::fromJson(response.body).object().value("error"_L1).toString();
    return word.match(text).hasMatch() ? text : QString();
}

Error tokenRefusal(const httpclient::Response &response, const QString &who)
{
    const QString word = oauthError(response);
    const QString reason = word.isEmpty() ? QString::number(response.status) : word;
    if (word == "temporarily_unavailable"_L1)
        return unreachable(who);
    if (response.status >= 500 || response.status < 400 || response.status == 429)
        return troubled(response.status, who);
    if (word == "invalid_client"_L1 || word == "unsupported_grant_type"_L1) {
        Error error(ErrorCode::IdpUnavailable,
                    u"%1 does not accept the bridge itself (%2). Tell the operator to check its "
                    "client settings."_s.arg(who, reason));
        error.status = 502;
        return error;
    }
    if (word == "invalid_grant"_L1 || word == "invalid_token"_L1 || response.status == 401)
        return {ErrorCode::InvalidToken,
                u"%1 does not accept the access token (%2). Sign in again."_s.arg(who, reason)};
    // OpenID Connect Core §3.1.2.6; some answer so here too.
    if (word == "interaction_required"_L1 || word == "login_required"_L1
        || word == "consent_required"_L1)
        return {ErrorCode::InvalidToken,
                u"%1 wants you to sign in again or to confirm something before it gives a "
                "credential (%2)."_s.arg(who, reason)};
    return {ErrorCode::NotConnected,
            u"%1 gives no credential for this caller (%2). Ask the operator whether the account "
            "may use this MCP server."_s.arg(who, reason)};
}

Result<TokenSet> tokenAnswer(const Result<httpclient::Response> &outcome, const QString &who)
{
    if (!outcome)
        return unreachable(who);
    if (outcome->status != 200)
        return tokenRefusal(*outcome, who);
    std::optional<TokenSet> set = tokenSetFrom(outcome->body);
    if (!set || set->access.isEmpty())
        return unusable(who);
    return std::move(*set);
}

} // namespace bridge::credentials
