// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/credentials/wire.h"

#include <QtCore/QJsonDocument>
#include <QtCore/QRegularExpression>

using namespace Qt::StringLiterals;

namespace bridge::credentials {

namespace {

/// Failures are remembered for a second, see CredentialCache; seconds.
constexpr int kRetryAfter = 2;

Error ofOperator(const QString &text)
{
    Error error(ErrorCode::IdpUnavailable, text);
    error.status = 502;
    return error;
}

bool isCode(const QString &word)
{
    // Letters alone: what a server sends back as its "error" may be anything, a code or token of
    // ours among it, which have digits.
    static const QRegularExpression code(u"^[A-Za-z_]{1,40}$"_s);
    return code.match(word).hasMatch();
}

Error refusalOf(int status, const QString &word, const QString &who)
{
    const QString reason = word.isEmpty() ? QString::number(status) : word;
    if (word == "temporarily_unavailable"_L1)
        return unreachable(who);
    if (status >= 500 || status < 400 || status == 429)
        return troubled(status, who);
    if (word == "invalid_client"_L1 || word == "unsupported_grant_type"_L1)
        return ofOperator(u"%1 does not accept the bridge itself (%2). Tell the operator to check "
                          "its client settings."_s.arg(who, reason));
    if (word == "invalid_grant"_L1 || word == "invalid_token"_L1 || status == 401)
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

Error failed(const Error &failure, const QString &who)
{
    Error error =
        failure.code == ErrorCode::Forbidden ? ofOperator(failure.message) : unreachable(who);
    error.logged["cause"_L1] = failure.message;
    return error;
}

Error unusable(const QString &who)
{
    return ofOperator(
        u"%1 answered in a way that makes no sense. Tell the operator of the bridge."_s.arg(who));
}

Error troubled(int status, const QString &who)
{
    const bool isPassing = status == 429 || (status >= 502 && status <= 504);
    Error error = isPassing ? unreachable(who)
                            : ofOperator(u"%1 answered with status %2. Tell the operator of the "
                                         "bridge."_s.arg(who)
                                             .arg(status));
    error.logged["provider_status"_L1] = status;
    return error;
}

QString loggedCode(const QString &word)
{
    return isCode(word) ? word : u"not a code"_s;
}

QString oauthError(const httpclient::Response &response)
{
    const QString text =
        QJsonDocument::fromJson(response.body).object().value("error"_L1).toString();
    return isCode(text) ? text : QString();
}

Error tokenRefusal(const httpclient::Response &response, const QString &who)
{
    const QString word = oauthError(response);
    Error error = refusalOf(response.status, word, who);
    error.logged["provider_status"_L1] = response.status;
    if (!word.isEmpty())
        error.logged["provider_error"_L1] = word;
    return error;
}

Error orWrongSetup(Error refusal, const QString &who)
{
    const QString word = refusal.logged.value("provider_error"_L1).toString();
    if (refusal.code != ErrorCode::NotConnected)
        return refusal;
    Error error;
    if (word == "unauthorized_client"_L1)
        error = ofOperator(
            u"%1 does not accept the bridge itself (%2): its client may not ask for "
            "tokens in this way. Tell the operator to allow that there."_s.arg(who, word));
    else if (word == "invalid_target"_L1 || word == "invalid_scope"_L1
             || word == "invalid_resource"_L1)
        error =
            ofOperator(u"%1 does not give tokens for what the bridge is set up to ask for (%2). "
                       "Tell the operator to check OAUTH_TOKEN_EXCHANGE_AUDIENCE and "
                       "OAUTH_TOKEN_EXCHANGE_SCOPE."_s.arg(who, word));
    else
        return refusal;
    error.logged = refusal.logged;
    return error;
}

Result<TokenSet> tokenAnswer(const Result<httpclient::Response> &outcome, const QString &who)
{
    if (!outcome)
        return failed(outcome.error(), who);
    if (outcome->status != 200)
        return tokenRefusal(*outcome, who);
    std::optional<TokenSet> set = tokenSetFrom(outcome->body);
    if (!set || set->access.isEmpty())
        return unusable(who);
    return std::move(*set);
}

} // namespace bridge::credentials
