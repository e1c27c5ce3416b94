// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/login/loginflow.h"

#include "common/base/duration.h"
#include "common/crypto/constanttime.h"
#include "common/logging/categories.h"
#include "common/logging/logger.h"
#include "server/login/loginclaims.h"
#include "server/login/providererror.h"

#include <QtCore/QJsonDocument>
#include <QtCore/QUrlQuery>

using namespace Qt::StringLiterals;

namespace bridge::login {

namespace {

using httpclient::Response;
using Form = QList<std::pair<QString, QString>>;

/// An access token that does not tell how long it lives.
constexpr qint64 kUnknownLifeSeconds = 300;

/// application/x-www-form-urlencoded, which percent-encodes what QUrlQuery leaves alone.
QByteArray encoded(const Form &form)
{
    QByteArray text;
    for (const auto &[name, value] : form) {
        if (!text.isEmpty())
            text += '&';
        text += QUrl::toPercentEncoding(name) + '=' + QUrl::toPercentEncoding(value);
    }
    return text;
}

QUrl withQuery(QUrl url, const Form &form)
{
    QByteArray query = url.query(QUrl::FullyEncoded).toLatin1();
    if (!query.isEmpty())
        query += '&';
    url.setQuery(QString::fromLatin1(query + encoded(form)), QUrl::StrictMode);
    return url;
}

bool isJwt(const QByteArray &token)
{
    return token.count('.') == 2;
}

/// For the operator, who cannot see what his users see.
void logFailure(const QString &what, const QString &error, int status = 0)
{
    logging::Fields fields{{u"provider_error"_s, loggedProviderError(error)}};
    if (status != 0)
        fields.append({u"provider_status"_s, status});
    logging::event(logging::lcAuth(), logging::Level::Info, what, fields);
}

/// \a error with what the provider said, also for whoever reads the error's line of the log.
Error withCode(Error error, const QString &said)
{
    if (!said.isEmpty())
        error.logged.insert("provider_error"_L1, loggedProviderError(said));
    return error;
}

Error unavailable(const QString &why)
{
    return Error(ErrorCode::IdpUnavailable, why);
}

} // namespace

LoginFlow::LoginFlow(LoginOptions options, Surroundings surroundings)
    : m_options(std::move(options))
    , m_around(std::move(surroundings))
{
}

Task<LoginFlow::Begun> LoginFlow::begin(QString redirectUri, QString returnTo)
{
    const Result<Provider> provider = co_await answer<Provider>(m_around.provider);
    if (!provider)
        co_return provider.error();
    PendingLogin login = PendingLogin::begin();
    login.issuer = provider->issuer;
    login.redirectUri = m_options.redirectUri.isEmpty() ? redirectUri : m_options.redirectUri;
    login.returnTo = returnTo;
    login.expires = QDateTime::currentMSecsSinceEpoch()
                    + std::chrono::milliseconds(m_options.pendingTime).count();
    Form form{{u"response_type"_s, u"code"_s},
              {u"client_id"_s, m_options.clientId},
              {u"redirect_uri"_s, login.redirectUri},
              {u"scope"_s, m_options.scope},
              {u"state"_s, QString::fromLatin1(login.state)},
              {u"nonce"_s, QString::fromLatin1(login.nonce)},
              {u"code_challenge"_s, QString::fromLatin1(login.challenge())},
              {u"code_challenge_method"_s, u"S256"_s}};
    if (!m_options.resource.isEmpty())
        form.append({u"resource"_s, m_options.resource});
    co_return Begun{withQuery(provider->authorization, form), m_sealer.seal(login)};
}

Task<LoginFlow::Ended> LoginFlow::finish(Callback callback, QByteArray cookie)
{
    const Result<PendingLogin> login = m_sealer.open(cookie, QDateTime::currentMSecsSinceEpoch());
    if (!login)
        co_return login.error();
    if (!crypto::isEqual(callback.state.toUtf8(), login->state))
        co_return Error(ErrorCode::BadRequest,
                        u"This answer belongs to another login. Begin again at /oauth/login."_s);
    const Result<Provider> provider = co_await answer<Provider>(m_around.provider);
    if (!provider)
        co_return provider.error();
    // RFC 9207 §2.4: another provider's answer must not be redeemed at this one.
    const bool isNamed = callback.namesIssuer || provider->namesItself;
    if (provider->issuer != login->issuer || (isNamed && callback.issuer != login->issuer))
        co_return Error(ErrorCode::BadRequest,
                        u"This answer comes from another identity provider than the one that was "
                        "asked. Begin again at /oauth/login."_s);
    if (!callback.error.isEmpty()) {
        logFailure(u"A login failed at the identity provider"_s, callback.error);
        co_return withCode(Error(ErrorCode::Forbidden,
                                 u"The identity provider did not log you in. Begin again at "
                                 "/oauth/login, or ask whoever runs it for access."_s),
                           callback.error);
    }
    const Form form{{u"grant_type"_s, u"authorization_code"_s},
                    {u"code"_s, callback.code},
                    {u"redirect_uri"_s, login->redirectUri},
                    {u"code_verifier"_s, QString::fromLatin1(login->verifier)}};
    const Result<Tokens> tokens = co_await redeem(*provider, form);
    if (!tokens)
        co_return tokens.error();
    if (tokens->id.isEmpty())
        co_return unavailable(u"The identity provider gave no ID token. Does OAUTH_SCOPE hold "
                              "\"openid\"?"_s);
    const Result<Arrival> arrival = co_await arrive(*tokens, login->nonce, Arrival{});
    if (!arrival)
        co_return arrival.error();
    co_return Ended{*arrival, login->returnTo};
}

Task<Arrival> LoginFlow::refresh(Arrival arrival)
{
    if (arrival.refreshToken.isEmpty())
        co_return Error(ErrorCode::TokenExpired,
                        u"Your login has ended. Log in again at /oauth/login."_s);
    const Result<Provider> provider = co_await answer<Provider>(m_around.provider);
    if (!provider)
        co_return provider.error();
    const Form form{{u"grant_type"_s, u"refresh_token"_s},
                    {u"refresh_token"_s, QString::fromUtf8(arrival.refreshToken)}};
    const Result<Tokens> tokens = co_await redeem(*provider, form);
    if (!tokens)
        co_return tokens.error();
    co_return co_await arrive(*tokens, QByteArray(), arrival);
}

Task<Arrival> LoginFlow::arrive(Tokens tokens, QByteArray nonce, Arrival before)
{
    QJsonObject idClaims = before.idClaims;
    if (!tokens.id.isEmpty()) {
        const Result<QJsonObject> said = co_await answer<QJsonObject>([&](auto done) {
            return m_around.verify(tokens.id, m_options.clientId, std::move(done));
        });
        if (!said)
            co_return said.error();
        idClaims = *said;
        if (!nonce.isEmpty() && !crypto::isEqual(idClaims["nonce"_L1].toString().toUtf8(), nonce))
            co_return Error(ErrorCode::InvalidToken,
                            u"The identity provider's answer belongs to another login. Begin "
                            "again at /oauth/login."_s);
    }
    if (before.principal
        && (idClaims["sub"_L1].toString() != before.principal->subject
            || idClaims["iss"_L1].toString() != before.principal->issuer))
        co_return Error(ErrorCode::InvalidToken,
                        u"The identity provider renewed somebody else's login. Log in again at "
                        "/oauth/login."_s);
    LoginClaims claims(idClaims, tokens.id.isEmpty() ? before.told : QStringList());
    qint64 endOfToken = 0;
    if (isJwt(tokens.access)) {
        // Roles often stand here only. A token meant for somebody else alone tells us nothing.
        const Result<QJsonObject> said = co_await answer<QJsonObject>(
            [&](auto done) { return m_around.verify(tokens.access, QString(), std::move(done)); });
        if (said) {
            endOfToken = qint64((*said)["exp"_L1].toDouble());
            claims.add(*said);
        }
    }
    Arrival arrival;
    arrival.hasUserinfo = before.hasUserinfo;
    const Result<Provider> provider = co_await answer<Provider>(m_around.provider);
    if (provider && !provider->userinfo.isEmpty()) {
        egress::EgressRequest request;
        request.url = provider->userinfo;
        request.trust =
            egress::trustIn(request.url, QUrl(provider->issuer), egress::Trust::Configured);
        request.headers = {{"Authorization", "Bearer " + tokens.access},
                           {"Accept", "application/json"}};
        const Result<Response> said = co_await answer<Response>(
            [&](auto done) { return m_around.send(std::move(request), std::move(done)); });
        if (said && said->status == 401 && before.hasUserinfo)
            co_return Error(ErrorCode::TokenExpired,
                            u"The identity provider does not accept this login any more. Log in "
                            "again at /oauth/login."_s);
        if (said && said->status == 200) {
            arrival.hasUserinfo = true;
            claims.add(QJsonDocument::fromJson(said->body).object());
        }
    }
    arrival.expires = tokens.expires;
    if (!arrival.expires.isValid())
        arrival.expires = endOfToken > 0
                              ? QDateTime::fromSecsSinceEpoch(endOfToken, kUtc)
                              : QDateTime::currentDateTimeUtc().addSecs(kUnknownLifeSeconds);
    const Result<auth::PrincipalPtr> principal =
        m_around.principal(claims.all(), tokens.access, arrival.expires);
    if (!principal)
        co_return principal.error();
    arrival.principal = *principal;
    arrival.idClaims = idClaims;
    arrival.told = before.told + claims.told();
    arrival.told.removeDuplicates();
    // A provider that does not rotate refresh tokens does not repeat them (RFC 6749 §6).
    arrival.refreshToken = tokens.refresh.isEmpty() ? before.refreshToken : tokens.refresh;
    arrival.idToken = tokens.id.isEmpty() ? before.idToken : tokens.id;
    co_return arrival;
}

Task<Tokens> LoginFlow::redeem(Provider provider, Form form)
{
    egress::EgressRequest request = formRequest(provider, provider.token, std::move(form));
    const Result<Response> response = co_await answer<Response>(
        [&](auto done) { return m_around.send(std::move(request), std::move(done)); });
    if (!response)
        co_return unavailable(u"The identity provider cannot be reached. Try again later."_s);
    QString said;
    if (response->status != 200) {
        said = QJsonDocument::fromJson(response->body).object()["error"_L1].toString();
        logFailure(u"The identity provider gave no token for a login"_s, said, response->status);
    }
    const Result<Tokens> tokens =
        readTokenAnswer(response->status, response->body, QDateTime::currentDateTimeUtc());
    if (!tokens)
        co_return withCode(tokens.error(), said);
    co_return *tokens;
}

Task<QUrl> LoginFlow::farewell(Arrival arrival, QString back)
{
    const Result<Provider> provider = co_await answer<Provider>(m_around.provider);
    if (!provider)
        co_return provider.error();
    if (provider->endSession.isEmpty())
        co_return QUrl();
    Form form{{u"client_id"_s, m_options.clientId}, {u"post_logout_redirect_uri"_s, back}};
    if (!arrival.idToken.isEmpty())
        form.append({u"id_token_hint"_s, QString::fromUtf8(arrival.idToken)});
    co_return withQuery(provider->endSession, form);
}

Task<Nothing> LoginFlow::revoke(Arrival arrival)
{
    const Result<Provider> provider = co_await answer<Provider>(m_around.provider);
    if (!provider || provider->revocation.isEmpty() || arrival.refreshToken.isEmpty())
        co_return Nothing{};
    const Form form{{u"token"_s, QString::fromUtf8(arrival.refreshToken)},
                    {u"token_type_hint"_s, u"refresh_token"_s}};
    egress::EgressRequest request = formRequest(*provider, provider->revocation, form);
    co_await answer<Response>(
        [&](auto done) { return m_around.send(std::move(request), std::move(done)); });
    co_return Nothing{};
}

egress::EgressRequest LoginFlow::formRequest(const Provider &provider, const QUrl &url,
                                             Form form) const
{
    egress::EgressRequest request;
    request.url = url;
    request.trust = egress::trustIn(url, QUrl(provider.issuer), egress::Trust::Configured);
    request.method = "POST";
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                       {"Accept", "application/json"}};
    // RFC 6749 §2.3.1: both are form-encoded before they become Basic credentials.
    if (!m_options.clientSecret.isEmpty() && provider.takesBasic) {
        const QByteArray login =
            QUrl::toPercentEncoding(m_options.clientId) + ':'
            + QUrl::toPercentEncoding(QString::fromUtf8(m_options.clientSecret));
        request.headers.append({"Authorization", "Basic " + login.toBase64()});
    } else {
        form.append({u"client_id"_s, m_options.clientId});
        if (!m_options.clientSecret.isEmpty())
            form.append({u"client_secret"_s, QString::fromUtf8(m_options.clientSecret)});
    }
    request.body = encoded(form);
    return request;
}

} // namespace bridge::login
