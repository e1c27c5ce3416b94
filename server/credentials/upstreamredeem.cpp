// SPDX-License-Identifier: GPL-3.0-or-later
// upstreamlogin.h: what the browser brought back for tokens.
#include "server/credentials/upstreamlogin.h"
#include "common/base/duration.h"
#include "server/credentials/wire.h"

using namespace Qt::StringLiterals;

namespace bridge::credentials {

Task<QString> UpstreamLogin::redeem(Self self, PendingLogin login, Arrival arrival)
{
    // Before anything of the answer is believed (RFC 9207 §2.4).
    const bool isMissing = login.authServer.tellsIssuer && !arrival.issuer;
    if (arrival.place != login.place || isMissing
        || (arrival.issuer && *arrival.issuer != login.authServer.issuer))
        co_return Error(ErrorCode::BadRequest,
                        u"The answer does not come from the authorization server that was asked. "
                        "Nothing was connected."_s);
    if (!arrival.error.isEmpty() || arrival.code.isEmpty()) {
        Error error(ErrorCode::NotConnected,
                    u"The sign-in was not completed, so nothing was connected. Call the tool "
                    "again to try once more."_s);
        if (!arrival.error.isEmpty())
            error.logged["provider_error"_L1] = loggedCode(arrival.error);
        co_return error;
    }
    Form form{{u"grant_type"_s, u"authorization_code"_s},
              {u"code"_s, arrival.code},
              {u"redirect_uri"_s, login.redirect},
              {u"code_verifier"_s, QString::fromLatin1(login.verifier)},
              {u"resource"_s, login.resource}};
    const QUrl endpoint = login.authServer.tokenEndpoint;
    const ClientAuth client{login.client.id, login.client.secret, login.client.secretInForm};
    const egress::EgressRequest request =
        clientPost(endpoint, form, client,
                   egress::trustIn(endpoint, QUrl(login.authServer.issuer), login.trust),
                   self->m_settings.timeout);
    const Result<httpclient::Response> outcome =
        co_await answer<httpclient::Response>([&](Handler<httpclient::Response> done) {
            return self->m_fetch(request, std::move(done));
        });
    const Result<TokenSet> set = tokenAnswer(outcome, u"The authorization server"_s);
    if (!set && set.error().code == ErrorCode::InvalidToken) {
        Error error(ErrorCode::NotConnected,
                    u"The authorization server did not accept its own answer, perhaps because "
                    "it was too late. Call the tool again to try once more."_s);
        error.logged = set.error().logged;
        co_return error;
    }
    if (!set)
        co_return set.error();
    Account account;
    account.url = login.url;
    account.client = login.client;
    account.tokenEndpoint = endpoint;
    account.revocationEndpoint = login.authServer.revocationEndpoint;
    account.connected = QDateTime::fromMSecsSinceEpoch(self->m_settings.clock(), kUtc);
    account.isTrusted = login.trust == egress::Trust::Configured
                        && httpclient::isSameOrigin(endpoint, QUrl(login.authServer.issuer));
    account.resource = login.resource;
    account.scope = set->scope.isEmpty() ? login.scope : set->scope;
    account.access = set->access;
    account.refresh = set->refresh;
    account.type = set->type;
    account.expires = expiryOf(*set, self->m_settings.clock());
    const Result<Nothing> kept = co_await answer<Nothing>([&](Handler<Nothing> done) {
        return self->m_book.put(login.owner, login.server, account, std::move(done));
    });
    if (!kept)
        co_return kept.error();
    Q_EMIT self->connected(login.owner, login.server, arrival.origin);
    co_return login.server;
}

} // namespace bridge::credentials
