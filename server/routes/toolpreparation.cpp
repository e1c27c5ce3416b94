// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/routes/toolpreparation.h"

#include "server/routes/permission.h"
#include "server/upstream/tokenargument.h"

using namespace Qt::StringLiterals;

namespace bridge::routes {

namespace {

Result<Prepared> prepare(const Services &services, http::Exchange *exchange, const ToolRun &run,
                         const upstream::ToolSet &tools)
{
    Permission permission(services, *exchange, *run.address.server);
    Prepared prepared;
    prepared.tool = tools.find(run.tool);
    if (!prepared.tool)
        return toolNotFound();
    // Before the arguments: what is wrong with them would tell that a hidden tool exists.
    if (!permission.shows(*prepared.tool))
        return permission.refusal(*prepared.tool);
    if (run.feedback)
        return prepared;
    prepared.wantsToken = prepared.tool->wantsOauthToken && !run.oauthToken;
    if (prepared.wantsToken)
        return prepared;
    Result<QJsonObject> arguments = upstream::prepareArguments(
        *prepared.tool, callInput(exchange, run), run.address.server->definition());
    if (!arguments)
        return arguments.error();
    if (const auto allowed = permission.check(*prepared.tool, &*arguments); !allowed)
        return allowed.error();
    if (const auto left = permission.count(Permission::Kind::Tool, run.tool); !left)
        return left.error();
    prepared.arguments = std::move(*arguments);
    return prepared;
}

} // namespace

upstream::ToolSetPtr sharedTools(const Address &address)
{
    if (!address.sessionId.isEmpty() && address.server->hasOwnTools())
        return nullptr;
    return address.server->cachedTools(address.identity);
}

upstream::CallInput callInput(const http::Exchange *exchange, const ToolRun &run)
{
    upstream::CallInput input;
    input.arguments = run.arguments;
    input.oauthToken = run.oauthToken.value_or(QString());
    input.header = [request = &exchange->request()](const QByteArray &name) {
        return request->hasHeader(name) ? request->header(name) : QByteArray();
    };
    return input;
}

Task<Prepared> prepareFully(const Services *services, http::Exchange *exchange, ToolRun *run,
                            upstream::ToolSetPtr tools)
{
    Result<Prepared> prepared = prepare(*services, exchange, *run, *tools);
    if (!prepared || !prepared->wantsToken)
        co_return prepared;
    Result<QString> token =
        co_await upstream::tokenArgument(run->address.identity, run->address.server->definition());
    if (!token)
        co_return token.error();
    run->oauthToken = *token;
    co_return prepare(*services, exchange, *run, *tools);
}

} // namespace bridge::routes
