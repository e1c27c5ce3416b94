// SPDX-License-Identifier: GPL-3.0-or-later
// GET /tools, GET /tools/{tool}, GET /tools/{tool}/schema, POST /tools/{tool}.
#include "server/http/body.h"
#include "server/routes/descriptions.h"
#include "server/routes/permission.h"
#include "server/routes/scope.h"
#include "server/routes/toolrun.h"
#include "server/routes/toolview.h"

using namespace Qt::StringLiterals;

namespace bridge::routes {

namespace {

using http::Response;

QString toolUrl(const Services &services, const http::PathParams &params, const QString &tool)
{
    const QString scope =
        params.contains(u"server") ? u"/servers/"_s + params[u"server"] : QString();
    return services.router->basePath() + scope + u"/tools/"_s
           + QString::fromLatin1(QUrl::toPercentEncoding(tool));
}

Task<Response> listTools(Services *services, http::Exchange *exchange, http::PathParams params)
{
    Result<Address> address = addressOf(*services, *exchange, params);
    if (!address)
        co_return address.error();
    Result<upstream::ToolSetPtr> tools = co_await toolsFor(services, exchange, *address);
    if (!tools)
        co_return tools.error();
    QList<QByteArray> views;
    for (const auto &tool : (*tools)->tools())
        views.append(toolView(*tool, toolUrl(*services, params, tool->name)));
    const QByteArray array = rawArray(views);
    if (exchange->request().queryValue(u"format"_s) == "object"_L1)
        co_return Response::jsonBytes(200, "{\"tools\":" + array + '}');
    co_return Response::jsonBytes(200, array);
}

/// The tool of the path, for the two routes that only describe it.
Task<std::shared_ptr<const upstream::Tool>> findTool(Services *services, http::Exchange *exchange,
                                                     http::PathParams params)
{
    Result<Address> address = addressOf(*services, *exchange, params);
    if (!address)
        co_return address.error();
    exchange->fields().tool = params[u"tool"];
    Result<upstream::ToolSetPtr> tools = co_await toolsFor(services, exchange, *address);
    if (!tools)
        co_return tools.error();
    if (auto tool = (*tools)->find(params[u"tool"]))
        co_return tool;
    co_return toolNotFound();
}

Task<Response> getTool(Services *services, http::Exchange *exchange, http::PathParams params)
{
    Result<std::shared_ptr<const upstream::Tool>> tool =
        co_await findTool(services, exchange, params);
    if (!tool)
        co_return tool.error();
    co_return Response::jsonBytes(200, toolView(**tool, toolUrl(*services, params, (*tool)->name)));
}

Task<Response> getToolSchema(Services *services, http::Exchange *exchange, http::PathParams params)
{
    Result<std::shared_ptr<const upstream::Tool>> tool =
        co_await findTool(services, exchange, params);
    if (!tool)
        co_return tool.error();
    co_return Response::jsonBytes(200, toolSchemaView(**tool));
}

Task<Response> postTool(Services *services, http::Exchange *exchange, http::PathParams params)
{
    Result<ToolRun> run = readToolRun(*services, *exchange, params);
    if (!run)
        co_return run.error();
    // Named, not `{}`: GCC 12 destroys aggregate temporaries of a co_await expression twice.
    sessions::ToolRequest::Hooks none;
    Result<ToolAnswer> answer =
        co_await runTool(services, exchange, std::move(*run), std::move(none));
    if (!answer)
        co_return answer.error();
    if (answer->outcome.suspended)
        co_return sessions::feedbackRequired(answer->outcome.elicitation, answer->sessionId);
    if (!*answer->shaped)
        co_return answer->shaped->error();
    co_return Response::jsonBytes(200, std::move(**answer->shaped));
}

} // namespace

void addToolRoutes(http::Router &router, Services *services)
{
    addOperation(router, services, "GET", u"/tools"_s, listTools, describe::listTools());
    addOperation(router, services, "GET", u"/tools/{tool}"_s, getTool, describe::getTool());
    addOperation(router, services, "GET", u"/tools/{tool}/schema"_s, getToolSchema,
                 describe::getToolSchema());
    addOperation(router, services, "POST", u"/tools/{tool}"_s, postTool, describe::postTool());
}

} // namespace bridge::routes
