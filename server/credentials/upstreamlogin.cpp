// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/credentials/upstreamlogin.h"

#include "common/config/settings.h"
#include "server/credentials/challenge.h"
#include "server/credentials/wire.h"

#include <QtCore/QCryptographicHash>
#include <QtCore/QJsonArray>
#include <QtCore/QJsonObject>
#include <QtCore/QUrlQuery>

using namespace Qt::StringLiterals;

namespace bridge::credentials {

namespace {

Credential credentialOf(const Account &account)
{
    Credential credential;
    credential.token = account.access;
    credential.type = account.type;
    credential.expires = account.expires;
    credential.source = u"oauth"_s;
    return credential;
}

QByteArray challengeFor(const QByteArray &verifier)
{
    return QCryptographicHash::hash(verifier, QCryptographicHash::Sha256)
        .toBase64(QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals);
}

} // namespace

LoginSettings loginSettings(const config::Settings &settings)
{
    LoginSettings login;
    login.isAutomatic = settings.text(u"MCP_REMOTE_OAUTH"_s) != "never"_L1;
    login.servesAnonymous = settings.boolean(u"MCP_REMOTE_OAUTH_ANONYMOUS"_s);
    login.requiresLogin = settings.boolean(u"MCP_REMOTE_OAUTH_REQUIRE_LOGIN"_s);
    login.publicUrl = QUrl(settings.text(u"BRIDGE_PUBLIC_URL"_s));
    login.serviceName = settings.text(u"SERVICE_NAME"_s);
    login.buffer = settings.seconds(u"OAUTH_REFRESH_BUFFER_SECONDS"_s);
    return login;
}

UpstreamLogin::UpstreamLogin(LoginSettings settings, Fetch fetch, Safe safe)
    : m_settings(std::move(settings))
    , m_fetch(fetch)
    , m_book(std::move(safe))
    , m_pending(m_settings.clock)
    , m_metadata(std::move(fetch), m_settings.timeout)
{
}

UpstreamLogin::~UpstreamLogin() = default;

QUrl UpstreamLogin::under(const QString &path) const
{
    QString base = m_settings.publicUrl.toString(QUrl::FullyEncoded);
    while (base.endsWith(u'/'))
        base.chop(1);
    return QUrl(base + path, QUrl::StrictMode);
}

QString UpstreamLogin::placeOf(const QString &issuer)
{
    const QByteArray hash =
        QCryptographicHash::hash(issuer.toUtf8(), QCryptographicHash::Sha256).toHex();
    return QString::fromLatin1(hash.first(32));
}

QUrl UpstreamLogin::redirectUri(const QString &place) const
{
    const QString common = u"/oauth/upstream/callback"_s;
    return under(place.isEmpty() ? common : QString(common + u'/' + place));
}

QUrl UpstreamLogin::clientDocumentUrl(const QString &place) const
{
    return under(place.isEmpty() ? u"/oauth/client-metadata.json"_s
                                 : u"/oauth/client-metadata/%1"_s.arg(place));
}

QJsonObject UpstreamLogin::clientDocument(const QString &place) const
{
    return {{"client_id"_L1, clientDocumentUrl(place).toString(QUrl::FullyEncoded)},
            {"client_name"_L1, m_settings.serviceName},
            {"client_uri"_L1, m_settings.publicUrl.toString(QUrl::FullyEncoded)},
            {"redirect_uris"_L1, QJsonArray{redirectUri(place).toString(QUrl::FullyEncoded)}},
            {"grant_types"_L1, QJsonArray{"authorization_code"_L1, "refresh_token"_L1}},
            {"response_types"_L1, QJsonArray{"code"_L1}},
            {"token_endpoint_auth_method"_L1, "none"_L1}};
}

std::optional<Error> UpstreamLogin::objection(const Ask &ask) const
{
    if (serves(*ask.caller))
        return std::nullopt;
    return Error(ErrorCode::Unauthorized,
                 u"MCP server \"%1\" is used with an account of one's own, and the request does "
                 "not tell whose. Send an access token with the request."_s.arg(ask.server));
}

std::optional<bool> UpstreamLogin::hasNow(const QString &owner, const QString &server) const
{
    const auto known = m_book.findNow(owner, server);
    if (!known)
        return std::nullopt;
    return *known != nullptr;
}

Call UpstreamLogin::has(const QString &owner, const QString &server, Handler<bool> handler)
{
    return m_book.find(owner, server, [handler = std::move(handler)](Result<AccountPtr> outcome) {
        if (outcome)
            handler(*outcome != nullptr);
        else
            handler(outcome.error());
    });
}

bool UpstreamLogin::isLoginWanted(const httpclient::Headers &refusal) const
{
    return httpclient::headerValue(refusal, "WWW-Authenticate").isEmpty()
           || bearerChallenge(refusal);
}

bool UpstreamLogin::isUsable(const Account &account, const Ask &ask) const
{
    if (account.isEnded || (ask.isForced && account.access == ask.rejected))
        return false;
    // Without a refresh token it is used to its very end.
    const qint64 spare = account.refresh.isEmpty() ? 0 : m_settings.buffer.count();
    return !account.expires.isValid()
           || account.expires.toMSecsSinceEpoch() > m_settings.clock() + spare;
}

Error UpstreamLogin::invitation(const PendingLogin &login) const
{
    Error error(
        ErrorCode::NotConnected,
        u"MCP server \"%1\" is used with an account of your own. Open the address in "
        "authorization_url in a browser, sign in there, then call again."_s.arg(login.server));
    error.extra["authorization_url"_L1] = addressOf(login).toString(QUrl::FullyEncoded);
    error.extra["server"_L1] = login.server;
    return error;
}

QUrl UpstreamLogin::addressOf(const PendingLogin &login) const
{
    QUrl url = under(u"/oauth/upstream/connect"_s);
    QUrlQuery query;
    query.addQueryItem(u"ticket"_s, QString::fromLatin1(login.ticket));
    url.setQuery(query);
    return url;
}

Call UpstreamLogin::retrieve(Ask ask, Handler<Credential> handler)
{
    return run(this, std::move(ask)).start(std::move(handler));
}

Task<Credential> UpstreamLogin::run(Self self, Ask ask)
{
    const QString owner = ask.caller->owner;
    Result<AccountPtr> found = co_await answer<AccountPtr>([&](Handler<AccountPtr> done) {
        return self->m_book.find(owner, ask.server, std::move(done));
    });
    if (!found)
        co_return found.error();
    const AccountPtr account = *found && isFor(**found, ask.url, ask.auth) ? *found : nullptr;
    if (account && self->isUsable(*account, ask))
        co_return credentialOf(*account);
    const auto challenge = bearerChallenge(ask.refusal);
    const bool isStepUp = challenge && challenge->error == "insufficient_scope"_L1;
    if (account && ask.isForced && !isStepUp) {
        // The server has moved to another one when it says so. That one gets nothing of the first,
        // and what the first gives is of no use any more.
        const Result<ProtectedResource> resource = co_await resourceOf(self, ask);
        if (resource && !resource->authServers.contains(account->client.issuer))
            ask.leftIssuer = account->client.issuer;
    }
    if (account && !account->isEnded && !isStepUp) {
        Result<Account> fresh = Error(ErrorCode::InvalidToken, QString());
        if (ask.leftIssuer.isEmpty() && !account->refresh.isEmpty())
            fresh = co_await renewed(self, ask, *account);
        if (fresh)
            co_return credentialOf(*fresh);
        if (fresh.error().code == ErrorCode::IdpUnavailable)
            co_return fresh.error();
        if (fresh.error().code == ErrorCode::InvalidToken)
            co_await ended(self, ask, account);
    }
    if (const AccountPtr newer = account ? self->successorOf(*account, ask) : nullptr)
        co_return credentialOf(*newer);
    // What was granted before is asked for again, or it would be lost.
    const QString granted = account && isStepUp ? account->scope : QString();
    const Result<PendingLogin> login = co_await prepare(self, ask, granted);
    if (!login)
        co_return login.error();
    co_return self->invitation(*login);
}

Task<Account> UpstreamLogin::renewed(Self self, Ask ask, Account account)
{
    Form form{{u"grant_type"_s, u"refresh_token"_s},
              {u"refresh_token"_s, QString::fromUtf8(account.refresh)},
              {u"resource"_s, account.resource}};
    const ClientAuth client{account.client.id, account.client.secret, account.client.secretInForm};
    const egress::Trust trust = account.isTrusted ? egress::Trust::Configured
                                                  : egress::trustIn(account.tokenEndpoint, ask.url,
                                                                    egress::Trust::Configured);
    const egress::EgressRequest request =
        clientPost(account.tokenEndpoint, form, client, trust, self->m_settings.timeout);
    const Result<httpclient::Response> outcome =
        co_await answer<httpclient::Response>([&](Handler<httpclient::Response> done) {
            return self->m_fetch(request, std::move(done));
        });
    const Result<TokenSet> set = tokenAnswer(outcome, u"The authorization server"_s);
    if (!set)
        co_return set.error();
    if (!self->isStill(account, ask)) {
        self->dropRenewal(account, *set, ask);
        co_return Error(ErrorCode::NotConnected, u"The account was disconnected."_s);
    }
    account.access = set->access;
    account.type = set->type;
    account.expires = expiryOf(*set, self->m_settings.clock());
    if (!set->refresh.isEmpty())
        account.refresh = set->refresh; // rotated: the old one is worth nothing any more
    const Result<Nothing> kept = co_await answer<Nothing>([&](Handler<Nothing> done) {
        return self->m_book.put(ask.caller->owner, ask.server, account, std::move(done));
    });
    if (!kept)
        co_return kept.error();
    co_return account;
}

// The refresh token alone does not tell two logins apart: it may be the same, or none.
bool UpstreamLogin::isStill(const Account &account, const Ask &ask) const
{
    const auto known = m_book.findNow(ask.caller->owner, ask.server);
    return !known || (*known && **known == account);
}

AccountPtr UpstreamLogin::successorOf(const Account &account, const Ask &ask) const
{
    const auto known = m_book.findNow(ask.caller->owner, ask.server);
    const bool isOther = known && *known && **known != account;
    return isOther && isFor(**known, ask.url, ask.auth) && isUsable(**known, ask) ? *known
                                                                                  : nullptr;
}

void UpstreamLogin::dropRenewal(Account account, const TokenSet &renewed, const Ask &ask)
{
    const auto known = m_book.findNow(ask.caller->owner, ask.server);
    // One refresh token stands for one grant, which would be gone with it.
    const bool isShared =
        known && *known
        && ((*known)->refresh == account.refresh || (*known)->refresh == renewed.refresh);
    if (isShared)
        return;
    account.access = renewed.access;
    account.refresh = renewed.refresh;
    revokeLater(account);
}

/// Remembers that \a account is of no use until the user has signed in again.
Task<> UpstreamLogin::ended(Self self, Ask ask, AccountPtr account)
{
    if (!self->isStill(*account, ask))
        co_return Nothing{};
    Account over = *account;
    over.isEnded = true;
    co_return co_await answer<Nothing>([&](Handler<Nothing> done) {
        return self->m_book.put(ask.caller->owner, ask.server, over, std::move(done));
    });
}

std::optional<UpstreamLogin::Departure> UpstreamLogin::begin(const QByteArray &ticket)
{
    const PendingLogin *login = m_pending.begin(ticket);
    if (!login)
        return std::nullopt;
    QUrl address = login->authServer.authorizationEndpoint;
    QList<std::pair<QString, QString>> items{
        {u"response_type"_s, u"code"_s},
        {u"client_id"_s, login->client.id},
        {u"redirect_uri"_s, login->redirect},
        {u"state"_s, QString::fromLatin1(login->state)},
        {u"code_challenge"_s, QString::fromLatin1(challengeFor(login->verifier))},
        {u"code_challenge_method"_s, u"S256"_s},
        {u"resource"_s, login->resource}};
    if (!login->scope.isEmpty())
        items.append({u"scope"_s, login->scope});
    QByteArray query = address.query(QUrl::FullyEncoded).toLatin1();
    query += (query.isEmpty() ? "" : "&") + formEncoded(items);
    address.setQuery(QString::fromLatin1(query), QUrl::StrictMode);
    return Departure{address, login->binding};
}

Call UpstreamLogin::finish(Arrival arrival, Handler<QString> handler)
{
    std::optional<PendingLogin> login = m_pending.take(arrival.state, arrival.binding);
    if (!login)
        return failLater(std::move(handler),
                         Error(ErrorCode::BadRequest,
                               u"This sign-in was not begun in this browser, or it took too long. "
                               "Call the tool again and open the address it gives."_s));
    return redeem(this, std::move(*login), std::move(arrival)).start(std::move(handler));
}

} // namespace bridge::credentials
