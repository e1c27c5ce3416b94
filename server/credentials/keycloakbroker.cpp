// SPDX-License-Identifier: GPL-3.0-or-later
// Keycloak keeps the tokens of identity providers behind it and hands them out to callers with the
// role read-token (contract §7.6).
#include "common/async/task.h"
#include "server/credentials/provider.h"
#include "server/credentials/wire.h"

using namespace Qt::StringLiterals;

namespace bridge::credentials {

namespace {

constexpr qint64 kMarginMs = 60'000;

QString who()
{
    return u"The identity provider"_s;
}

QUrl under(const BrokerSettings &settings, const QString &tail)
{
    QString base = settings.authBase.toString(QUrl::FullyEncoded);
    while (base.endsWith(u'/'))
        base.chop(1);
    const QString realm = QString::fromLatin1(QUrl::toPercentEncoding(settings.realm));
    return QUrl(base + u"/realms/"_s + realm + tail, QUrl::StrictMode);
}

egress::EgressRequest brokerGet(const BrokerSettings &settings, const Ask &ask, bool fresh)
{
    egress::EgressRequest request;
    const QString alias = QString::fromLatin1(QUrl::toPercentEncoding(ask.auth.alias));
    request.url = under(settings, u"/broker/"_s + alias + u"/token"_s);
    request.trust = egress::Trust::Configured;
    request.headers = {{"Authorization", "Bearer " + ask.caller->token},
                       {"Accept", "application/json"}};
    if (fresh)
        request.headers.append(httpclient::Header("Cache-Control", "no-cache"));
    request.timeout = settings.timeout;
    return request;
}

egress::EgressRequest refreshPost(const BrokerSettings &settings, const Ask &ask,
                                  const TokenSet &set)
{
    return formPost(under(settings, u"/protocol/openid-connect/token"_s),
                    {{u"grant_type"_s, u"refresh_token"_s},
                     {u"client_id"_s, ask.auth.alias},
                     {u"refresh_token"_s, QString::fromUtf8(set.refresh)}},
                    egress::Trust::Configured, settings.timeout);
}

Error refusalOf(const httpclient::Response &response, const Ask &ask)
{
    if (response.status >= 500 || response.status < 400 || response.status == 429)
        return troubled(response.status, who());
    if (response.status == 401)
        return {ErrorCode::InvalidToken,
                u"The identity provider does not accept the access token. Sign in again."_s};
    return {ErrorCode::NotConnected,
            u"No account at \"%1\" is connected, or you may not read its token. Connect the "
            "account at the identity provider, or ask the operator for the role "
            "read-token."_s.arg(ask.auth.alias)};
}

Error brokerRefusal(const httpclient::Response &response, const Ask &ask)
{
    Error error = refusalOf(response, ask);
    error.logged["provider_status"_L1] = response.status;
    if (const QString word = oauthError(response); !word.isEmpty())
        error.logged["provider_error"_L1] = word;
    return error;
}

Result<TokenSet> brokerAnswer(const Result<httpclient::Response> &outcome, const Ask &ask)
{
    if (!outcome)
        return failed(outcome.error(), who());
    if (outcome->status != 200)
        return brokerRefusal(*outcome, ask);
    std::optional<TokenSet> set = tokenSetFrom(outcome->body);
    if (!set)
        return unusable(who());
    return std::move(*set);
}

bool needsRefresh(const TokenSet &set, qint64 now)
{
    if (set.access.isEmpty())
        return true;
    if (!peekClaims(set.access))
        return false; // opaque: nobody can tell
    const auto expiry = peekExpiry(set.access);
    return expiry ? expiry->toMSecsSinceEpoch() <= now + kMarginMs : !set.refresh.isEmpty();
}

Task<TokenSet> ask(Fetch fetch, egress::EgressRequest request, Ask what)
{
    const Result<httpclient::Response> outcome = co_await answer<httpclient::Response>(
        [&](Handler<httpclient::Response> done) { return fetch(request, std::move(done)); });
    co_return brokerAnswer(outcome, what);
}

Task<TokenSet> refresh(Fetch fetch, egress::EgressRequest request, TokenSet old)
{
    const Result<httpclient::Response> outcome = co_await answer<httpclient::Response>(
        [&](Handler<httpclient::Response> done) { return fetch(request, std::move(done)); });
    const Result<TokenSet> newer = tokenAnswer(outcome, who());
    if (!newer && newer.error().code == ErrorCode::InvalidToken) {
        Error error(ErrorCode::NotConnected,
                    u"The connection to the account has ended and cannot be renewed. Connect "
                    "the account at the identity provider again."_s);
        error.logged = newer.error().logged;
        co_return error;
    }
    if (!newer)
        co_return newer.error();
    old.merge(*newer);
    co_return old;
}

Task<Credential> retrieveBrokered(BrokerSettings settings, Fetch fetch, Ask what)
{
    Result<TokenSet> set = co_await ask(fetch, brokerGet(settings, what, false), what);
    if (!set)
        co_return set.error();
    const bool isRejected = !what.rejected.isEmpty() && set->access == what.rejected;
    if (isRejected || needsRefresh(*set, settings.clock())) {
        if (settings.refreshByBroker || set->refresh.isEmpty())
            set = co_await ask(fetch, brokerGet(settings, what, true), what);
        else
            set = co_await refresh(fetch, refreshPost(settings, what, *set), *set);
        if (!set)
            co_return set.error();
    }
    const auto expiry = peekExpiry(set->access);
    const bool isOver = expiry && expiry->toMSecsSinceEpoch() <= settings.clock();
    if (set->access.isEmpty() || isOver)
        co_return Error(ErrorCode::NotConnected,
                        u"The connection to \"%1\" has ended. Connect the account at the identity "
                        "provider again."_s.arg(what.auth.alias));
    co_return credentialFrom(*set, u"keycloak"_s, settings.clock());
}

class KeycloakBroker : public Provider
{
public:
    KeycloakBroker(const BrokerSettings &settings, Fetch fetch)
        : m_settings(settings)
        , m_fetch(std::move(fetch))
    {
    }

    QString name() const override { return u"keycloak"_s; }
    std::optional<Error> objection(const Ask &ask) const override
    {
        return needsOwnToken(m_settings, ask);
    }
    Call retrieve(Ask ask, Handler<Credential> handler) override
    {
        return retrieveBrokered(m_settings, m_fetch, std::move(ask)).start(std::move(handler));
    }

private:
    BrokerSettings m_settings;
    Fetch m_fetch;
};

} // namespace

ProviderPtr keycloakBroker(const BrokerSettings &settings, Fetch fetch)
{
    return std::make_shared<KeycloakBroker>(settings, std::move(fetch));
}

} // namespace bridge::credentials
