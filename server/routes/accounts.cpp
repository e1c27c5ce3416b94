// SPDX-License-Identifier: GPL-3.0-or-later
// /accounts: the accounts that the caller has connected at remote MCP servers. Everything here is
// his own; what is somebody else's is not there. No token is shown.
#include "server/credentials/upstreamlogin.h"
#include "server/gate/visitor.h"
#include "server/routes/address.h"
#include "server/routes/logindescriptions.h"
#include "server/routes/scope.h"

using namespace Qt::StringLiterals;

namespace bridge::routes {

namespace {

using credentials::Ask;
using credentials::ConnectedAccount;
using credentials::Invitation;
using credentials::Withdrawal;
using http::Response;

Error nobody()
{
    return {ErrorCode::Unauthorized,
            u"Accounts belong to somebody, and the request does not tell to whom. Send an access "
            "token with the request."_s};
}

bool hasAccounts(const Services &services, const auth::Principal &caller)
{
    return services.upstreamLogin && services.upstreamLogin->serves(caller);
}

Response privately(const QJsonObject &body)
{
    Response response = Response::json(200, body);
    response.setHeader("Cache-Control", "no-store");
    return response;
}

QJsonValue timeOrNull(const QDateTime &time)
{
    return time.isValid() ? QJsonValue(time.toUTC().toString(Qt::ISODate)) : QJsonValue();
}

/// A server of \a name that \a caller may use, and where accounts are connected.
std::optional<Ask> askFor(const Services &services, const auth::PrincipalPtr &caller,
                          const QString &name)
{
    const upstream::Server *server = services.registry->find(name);
    if (!server || server->definition().disabled || !isShown(services, *caller, *server))
        return std::nullopt;
    return services.accountAsk(caller, server->definition());
}

QJsonObject viewOf(const Services &services, const auth::PrincipalPtr &caller,
                   const ConnectedAccount &one)
{
    const credentials::Account &account = *one.account;
    const std::optional<Ask> ask = askFor(services, caller, one.server);
    return {
        {"server"_L1, one.server},
        {"issuer"_L1, account.client.issuer},
        {"scopes"_L1, QJsonArray::fromStringList(account.scope.split(u' ', Qt::SkipEmptyParts))},
        {"connected_at"_L1, timeOrNull(account.connected)},
        {"expires_at"_L1, timeOrNull(account.expires)},
        {"renewable"_L1, !account.refresh.isEmpty() && !account.isEnded},
        {"needs_login"_L1, !ask || services.upstreamLogin->needsLogin(account, *ask)}};
}

Task<Response> listAccounts(Services *services, http::Exchange *exchange, http::PathParams)
{
    const auth::PrincipalPtr caller = gate::principalOf(*exchange);
    if (!hasAccounts(*services, *caller))
        co_return nobody();
    const Result<QList<ConnectedAccount>> accounts =
        co_await answer<QList<ConnectedAccount>>([&](Handler<QList<ConnectedAccount>> done) {
            return services->upstreamLogin->accountsOf(caller->owner, std::move(done));
        });
    if (!accounts)
        co_return accounts.error();
    QJsonArray list;
    for (const ConnectedAccount &one : *accounts)
        list.append(viewOf(*services, caller, one));
    co_return privately({{"accounts"_L1, list}});
}

Task<Response> connectAccount(Services *services, http::Exchange *exchange, http::PathParams params)
{
    const auth::PrincipalPtr caller = gate::principalOf(*exchange);
    const QString name = params[u"server"];
    const upstream::Server *server = services->registry->find(name);
    if (!server || server->definition().disabled || !isShown(*services, *caller, *server))
        co_return Error(ErrorCode::ServerNotFound,
                        u"There is no such MCP server. GET /servers lists those there are."_s);
    if (!hasAccounts(*services, *caller))
        co_return nobody();
    const std::optional<Ask> ask = services->accountAsk(caller, server->definition());
    if (!ask)
        co_return Error(ErrorCode::NotFound,
                        u"MCP server \"%1\" is not used with accounts of its callers, so there is "
                        "nothing to connect."_s.arg(name));
    const Result<Invitation> invitation =
        co_await answer<Invitation>([&](Handler<Invitation> done) {
            return services->upstreamLogin->invite(*ask, std::move(done));
        });
    if (!invitation)
        co_return invitation.error();
    co_return privately({{"server"_L1, name},
                         {"authorization_url"_L1, invitation->address.toString(QUrl::FullyEncoded)},
                         {"expires_at"_L1, timeOrNull(invitation->ends)}});
}

QString wordFor(Withdrawal withdrawal)
{
    switch (withdrawal) {
    case Withdrawal::Done:
        return u"revoked"_s;
    case Withdrawal::Failed:
        return u"not_revoked"_s;
    case Withdrawal::NotOffered:
        break;
    }
    return u"not_offered"_s;
}

Task<Response> disconnectAccount(Services *services, http::Exchange *exchange,
                                 http::PathParams params)
{
    const auth::PrincipalPtr caller = gate::principalOf(*exchange);
    if (!hasAccounts(*services, *caller))
        co_return nobody();
    const QString server = params[u"server"];
    const Result<Withdrawal> outcome = co_await answer<Withdrawal>([&](Handler<Withdrawal> done) {
        return services->upstreamLogin->disconnectAccount(caller->owner, server, std::move(done),
                                                          gate::originOf(*exchange));
    });
    if (!outcome)
        co_return outcome.error();
    QJsonObject body{
        {"server"_L1, server}, {"status"_L1, u"disconnected"_s}, {"tokens"_L1, wordFor(*outcome)}};
    if (*outcome != Withdrawal::Done)
        body["detail"_L1] = u"The bridge has forgotten the account. Its tokens were not withdrawn "
                            "at the authorization server; remove the access of the bridge there, "
                            "in the settings of your account."_s;
    co_return privately(body);
}

} // namespace

void addAccountRoutes(http::Router &router, Services *services)
{
    addPlain(router, services, "GET", u"/accounts"_s, listAccounts, describe::listAccounts());
    addPlain(router, services, "POST", u"/accounts/{server}/connect"_s, connectAccount,
             describe::connectAccount());
    addPlain(router, services, "DELETE", u"/accounts/{server}"_s, disconnectAccount,
             describe::disconnectAccount());
}

} // namespace bridge::routes
