// SPDX-License-Identifier: GPL-3.0-or-later
// GET /prompts, POST /prompts/{prompt} (contract §1.2, §1.6, §6).
#include "common/json/scan.h"
#include "common/json/writer.h"
#include "server/http/body.h"
#include "server/routes/address.h"
#include "server/routes/descriptions.h"
#include "server/routes/permission.h"
#include "server/routes/promptbook.h"
#include "server/routes/scope.h"
#include "server/routes/toolview.h"
#include "server/upstream/pipeline.h"

using namespace Qt::StringLiterals;

namespace bridge::routes {

namespace {

using http::Response;

const QStringList kPromptKeys{u"name"_s,      u"title"_s, u"description"_s,
                              u"arguments"_s, u"icons"_s, u"_meta"_s};

/// Those of \a prompts that may be seen.
QList<QByteArray> shown(const QList<QByteArray> &prompts, const Permission &permission)
{
    if (permission.isOpen())
        return prompts;
    QList<QByteArray> some;
    for (const QByteArray &raw : prompts) {
        const QString name = QJsonDocument::fromJson(raw).object().value("name"_L1).toString();
        if (permission.shows(Permission::Kind::Prompt, name))
            some.append(raw);
    }
    return some;
}

Task<Response> listPrompts(Services *services, http::Exchange *exchange, http::PathParams params)
{
    Result<Address> address = addressOf(*services, *exchange, params);
    if (!address)
        co_return address.error();
    Result<Target> target = co_await acquire(services, exchange, *address);
    if (!target)
        co_return target.error();
    Result<QList<QByteArray>> listed =
        co_await answer<QList<QByteArray>>([&target](Handler<QList<QByteArray>> done) {
            return target->client().list(u"prompts/list"_s, u"prompts"_s, std::move(done));
        });
    const bool lacking = !listed && listed.error().code == ErrorCode::MethodNotFound;
    if (!listed && !(lacking && !services->prompts->isEmpty()))
        co_return listed.error();
    const Permission permission(*services, *exchange, *address->server);
    const QList<QByteArray> configured = shown(services->prompts->listing(), permission);
    if (lacking)
        co_return Response::jsonBytes(200, "{\"prompts\":" + rawArray(configured) + '}');
    QList<QByteArray> views;
    const QList<QByteArray> own = shown(*listed, permission);
    for (const QByteArray &raw : own)
        views.append(completed(raw, kPromptKeys));
    views += configured;
    co_return Response::jsonBytes(
        200, "{\"_meta\":null,\"nextCursor\":null,\"prompts\":" + rawArray(views) + '}');
}

/// MCP wants every prompt argument to be a string.
Result<Nothing> checkArguments(const QJsonObject &arguments)
{
    Error error(ErrorCode::InvalidArguments, u"Prompt arguments must be strings."_s);
    for (auto it = arguments.begin(); it != arguments.end(); ++it) {
        if (!it->isString())
            error.problems.append({'/'_L1 + it.key(), u"must be a string"_s});
    }
    if (!error.problems.isEmpty())
        return error;
    return Nothing{};
}

/// `{"isError","meta","description","messages"}` from a GetPromptResult, messages byte-true.
Result<QByteArray> promptView(const QByteArray &raw)
{
    Result<QList<json::Member>> members = json::members(raw);
    QByteArrayView meta = "null";
    QByteArrayView description = "null";
    QByteArrayView messages;
    if (members) {
        for (const json::Member &member : std::as_const(*members)) {
            if (member.key == "_meta"_L1)
                meta = member.value;
            else if (member.key == "description"_L1)
                description = member.value;
            else if (member.key == "messages"_L1)
                messages = member.value;
        }
    }
    if (!messages.startsWith('['))
        return Error(ErrorCode::UpstreamFailed,
                     u"The MCP server answered the prompt without a list of messages."_s);
    json::ObjectWriter writer;
    writer.value(u"isError", false);
    writer.raw(u"meta", meta);
    writer.raw(u"description", description);
    writer.raw(u"messages", messages);
    return writer.take();
}

Task<Response> postPrompt(Services *services, http::Exchange *exchange, http::PathParams params)
{
    Result<QJsonObject> body = http::jsonObjectBody(exchange->request());
    if (!body)
        co_return body.error();
    Result<Address> address = addressOf(*services, *exchange, params, &*body);
    if (!address)
        co_return address.error();
    const QString name = params[u"prompt"];
    exchange->fields().more.insert(u"prompt"_s, name);
    Result<Nothing> valid = checkArguments(*body);
    if (!valid)
        co_return valid.error();
    Result<sessions::SessionPtr> session = findSession(*services, *exchange, *address);
    if (!session)
        co_return session.error();
    Permission permission(*services, *exchange, *address->server);
    Result<Nothing> allowed = permission.check(Permission::Kind::Prompt, name);
    if (allowed)
        allowed = permission.count(Permission::Kind::Prompt, name);
    if (!allowed)
        co_return allowed.error();
    if (services->prompts->contains(name)) {
        if (*session)
            (*session)->touch();
        Result<QJsonObject> rendered = services->prompts->render(name, *body);
        if (!rendered)
            co_return rendered.error();
        co_return Response::json(200, *rendered);
    }

    Result<Target> target = co_await acquire(services, exchange, *address);
    if (!target)
        co_return target.error();
    const QByteArray arguments = QJsonDocument(*body).toJson(QJsonDocument::Compact);
    mcp::CallOptions options;
    options.timeout = address->server->definition().requestTimeout;
    Result<QByteArray> raw = co_await answer<QByteArray>([&](Handler<QByteArray> done) {
        return target->client().getPrompt(name, arguments, options, std::move(done));
    });
    if (!raw) {
        Error error = raw.error();
        if (error.code == ErrorCode::MethodNotFound)
            error.code = ErrorCode::PromptNotFound;
        co_return withoutHints(error, permission);
    }
    Result<Nothing> fits =
        upstream::checkSize(*raw, address->server->definition().maxResponseBytes);
    if (!fits)
        co_return fits.error();
    Result<QByteArray> view = promptView(*raw);
    if (!view)
        co_return view.error();
    co_return Response::jsonBytes(200, std::move(*view));
}

} // namespace

void addPromptRoutes(http::Router &router, Services *services)
{
    addOperation(router, services, "GET", u"/prompts"_s, listPrompts, describe::listPrompts());
    addOperation(router, services, "POST", u"/prompts/{prompt}"_s, postPrompt,
                 describe::postPrompt());
}

} // namespace bridge::routes
