// SPDX-License-Identifier: GPL-3.0-or-later
// upstreamlogin.h: what users do with their accounts themselves.
#include "server/credentials/upstreamlogin.h"
#include "common/base/duration.h"
#include "server/credentials/wire.h"

using namespace Qt::StringLiterals;

namespace bridge::credentials {

namespace {

/// One token at the revocation endpoint (RFC 7009 §2.1).
egress::EgressRequest revocationOf(const Account &account, const QByteArray &token,
                                   const QString &kind, std::chrono::milliseconds timeout)
{
    const ClientAuth client{account.client.id, account.client.secret, account.client.secretInForm};
    const QUrl &url = account.revocationEndpoint;
    const bool isNeighbour = httpclient::isSameOrigin(url, account.tokenEndpoint);
    const egress::Trust trust = account.isTrusted && isNeighbour
                                    ? egress::Trust::Configured
                                    : egress::trustIn(url, account.url, egress::Trust::Configured);
    return clientPost(url, {{u"token"_s, QString::fromUtf8(token)}, {u"token_type_hint"_s, kind}},
                      client, trust, timeout);
}

} // namespace

template <typename T>
Call UpstreamLogin::seeThrough(Task<T> task, Handler<T> handler)
{
    const int number = ++m_lastAfloat;
    const auto kept = std::make_shared<Handler<T>>(std::move(handler));
    const auto isOver = std::make_shared<bool>(false);
    Call call = std::move(task).start([self = Self(this), number, kept, isOver](Result<T> outcome) {
        *isOver = true;
        const Call done = self ? std::exchange(self->m_afloat[number], Call()) : Call();
        if (self)
            self->m_afloat.erase(number);
        if (const auto waiting = std::exchange(*kept, nullptr))
            waiting(std::move(outcome));
    });
    if (!*isOver)
        m_afloat[number] = std::move(call);
    return Call([kept] { *kept = nullptr; });
}

Call UpstreamLogin::accountsOf(const QString &owner, Handler<QList<ConnectedAccount>> handler)
{
    return collect(this, owner).start(std::move(handler));
}

Task<QList<ConnectedAccount>> UpstreamLogin::collect(Self self, QString owner)
{
    const Result<QStringList> servers = co_await answer<QStringList>(
        [&](Handler<QStringList> done) { return self->m_book.servers(owner, std::move(done)); });
    if (!servers)
        co_return servers.error();
    QList<ConnectedAccount> accounts;
    for (const QString &server : *servers) {
        const Result<AccountPtr> account =
            co_await answer<AccountPtr>([&](Handler<AccountPtr> done) {
                return self->m_book.find(owner, server, std::move(done));
            });
        if (!account)
            co_return account.error();
        if (*account)
            accounts.append({server, *account});
    }
    co_return accounts;
}

bool UpstreamLogin::needsLogin(const Account &account, const Ask &ask) const
{
    const bool isRenewable = !account.refresh.isEmpty() && !account.isEnded;
    return !isFor(account, ask.url, ask.auth) || (!isRenewable && !isUsable(account, ask));
}

Call UpstreamLogin::invite(Ask ask, Handler<Invitation> handler)
{
    if (std::optional<Error> objected = objection(ask))
        return failLater(std::move(handler), std::move(*objected));
    return prepare(this, std::move(ask), {})
        .start([self = Self(this), handler = std::move(handler)](Result<PendingLogin> login) {
            if (!login)
                return handler(login.error());
            if (!self)
                return;
            const qint64 end =
                login->since + std::chrono::milliseconds(PendingLogins::kLife).count();
            handler(
                Invitation{self->addressOf(*login), QDateTime::fromMSecsSinceEpoch(end, kUtc)});
        });
}

Call UpstreamLogin::disconnectAccount(const QString &owner, const QString &server,
                                      Handler<Withdrawal> handler, const auth::Origin &origin)
{
    return seeThrough(disconnect(this, owner, server, origin), std::move(handler));
}

Task<Withdrawal> UpstreamLogin::disconnect(Self self, QString owner, QString server,
                                           auth::Origin origin)
{
    const Result<AccountPtr> found = co_await answer<AccountPtr>([&](Handler<AccountPtr> done) {
        return self->m_book.find(owner, server, std::move(done));
    });
    if (!found)
        co_return found.error();
    const AccountPtr account = *found;
    if (!account)
        co_return Error(ErrorCode::NotFound,
                        u"You have no account connected there. GET /accounts lists those you "
                        "have."_s);
    const Result<Nothing> removed = co_await answer<Nothing>(
        [&](Handler<Nothing> done) { return self->m_book.remove(owner, server, std::move(done)); });
    Q_EMIT self->disconnected(owner, server, origin);
    if (!removed)
        co_return removed.error();
    co_return co_await withdraw(self, *account);
}

Task<Withdrawal> UpstreamLogin::withdraw(Self self, Account account)
{
    if (account.revocationEndpoint.isEmpty())
        co_return Withdrawal::NotOffered;
    // The refresh token first: most servers let go of the whole grant then.
    const std::pair<QByteArray, QString> tokens[] = {{account.refresh, u"refresh_token"_s},
                                                     {account.access, u"access_token"_s}};
    bool isDone = true;
    for (const auto &[token, kind] : tokens) {
        if (token.isEmpty())
            continue;
        const egress::EgressRequest request =
            revocationOf(account, token, kind, self->m_settings.timeout);
        const Result<httpclient::Response> outcome =
            co_await answer<httpclient::Response>([&](Handler<httpclient::Response> done) {
                return self->m_fetch(request, std::move(done));
            });
        isDone = isDone && outcome && outcome->status == 200;
    }
    co_return isDone ? Withdrawal::Done : Withdrawal::Failed;
}

void UpstreamLogin::revokeLater(const Account &account)
{
    const Call unheard =
        seeThrough<Withdrawal>(withdraw(this, account), [](const Result<Withdrawal> &) {});
}

} // namespace bridge::credentials
