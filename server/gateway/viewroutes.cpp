// SPDX-License-Identifier: GPL-3.0-or-later
// Views over HTTP: their MCP endpoints, and what REST tells of them.
#include "common/mcp/revisions.h"
#include "server/gateway/gateway.h"
#include "server/gateway/requestcontext.h"
#include "server/gateway/rpc.h"

#include <QtCore/QJsonArray>
#include <QtCore/QUrl>

using namespace Qt::StringLiterals;

namespace bridge::gateway {

namespace {

/// Nothing to tell on the way of a listing, and nobody to ask.
class NoDownstream : public Downstream
{
public:
    void notify(const QString &, const QByteArray &) override {}
    Call ask(const QString &, const QByteArray &, Handler<QByteArray> handler) override
    {
        return later([handler = std::move(handler)] {
            handler(Error(ErrorCode::MethodNotFound, u"A listing asks nothing."_s));
        });
    }
    bool canAsk() const override { return false; }
};

Error noSuchView()
{
    return Error(ErrorCode::ServerNotFound,
                 u"There is no such view. GET /views lists those there are."_s);
}

QJsonObject answerWith(const QString &description)
{
    const QJsonObject schema{{"type"_L1, u"object"_s}};
    return {
        {"description"_L1, description},
        {"content"_L1, QJsonObject{{"application/json"_L1, QJsonObject{{"schema"_L1, schema}}}}}};
}

/// OpenAPI operation object.
QJsonObject operation(const QString &summary, const QString &description, const QString &answer,
                      bool mayBeMissing)
{
    QJsonObject responses{{"200"_L1, answerWith(answer)}};
    if (mayBeMissing)
        responses.insert("404"_L1, QJsonObject{{"$ref"_L1, u"#/components/responses/NotFound"_s}});
    QJsonObject made{{"tags"_L1, QJsonArray{u"Servers"_s}},
                     {"summary"_L1, summary},
                     {"responses"_L1, responses}};
    if (!description.isEmpty())
        made.insert("description"_L1, description);
    return made;
}

http::Route getRoute(const QString &pattern, const QJsonObject &openApi, http::RouteHandler run)
{
    http::Route route;
    route.method = "GET";
    route.pattern = pattern;
    route.handler = pattern;
    route.openApi = openApi;
    route.run = std::move(run);
    return route;
}

} // namespace

void Gateway::addViewRoutes(http::Router &router)
{
    router.add(getRoute(
        u"/views"_s,
        operation(u"List the views"_s,
                  u"A view is a named subset of what the MCP servers offer, made in `bridge.views` "
                  "of the configuration file. MCP clients reach it at `/views/{view}/mcp`."_s,
                  u"Names, descriptions, servers and addresses"_s, false),
        [this](http::Exchange &exchange, const http::PathParams &) { listViews(exchange); }));
    router.add(getRoute(u"/views/{view}"_s,
                        operation(u"Describe one view"_s, {}, u"Its servers and addresses"_s, true),
                        [this](http::Exchange &exchange, const http::PathParams &params) {
                            describeView(exchange, params[u"view"]);
                        }));
    router.add(getRoute(u"/views/{view}/tools"_s,
                        operation(u"List the tools of a view"_s,
                                  u"As MCP clients of the view see them: a `tools/list` result."_s,
                                  u"`tools`; servers that are left out are in `_meta`"_s, true),
                        [this](http::Exchange &exchange, const http::PathParams &params) {
                            listTools(exchange, params[u"view"]);
                        }));
}

void Gateway::serveView(http::Exchange &exchange, const QString &name)
{
    if (!m_views || !m_views->find(name))
        return refuse(exchange, {}, rpcError(kInvalidRequest, 404, u"There is no such view."_s));
    serveAt(exchange, placeOfView(name));
}

QJsonObject Gateway::viewOf(const http::Exchange &exchange, const View &view) const
{
    QStringList servers = view.servers.keys();
    servers.removeIf([&](const QString &server) { return !shows(exchange, server); });
    if (servers.isEmpty() && !view.servers.isEmpty())
        return {};
    const QString url =
        m_basePath + u"/views/"_s + QString::fromLatin1(QUrl::toPercentEncoding(view.name));
    return {{"name"_L1, view.name},
            {"description"_L1, view.description},
            {"servers"_L1, QJsonArray::fromStringList(servers)},
            {"url"_L1, url},
            {"mcp_url"_L1, QString(url + u"/mcp"_s)},
            {"tools_url"_L1, QString(url + u"/tools"_s)}};
}

void Gateway::listViews(http::Exchange &exchange)
{
    QJsonArray list;
    if (m_views) {
        for (const View &view : m_views->all()) {
            if (const QJsonObject shown = viewOf(exchange, view); !shown.isEmpty())
                list.append(shown);
        }
    }
    exchange.finish(http::Response::json(200, QJsonObject{{"views"_L1, list}}));
}

void Gateway::describeView(http::Exchange &exchange, const QString &name)
{
    const View *view = m_views ? m_views->find(name) : nullptr;
    const QJsonObject shown = view ? viewOf(exchange, *view) : QJsonObject();
    shown.isEmpty() ? exchange.finish(noSuchView())
                    : exchange.finish(http::Response::json(200, shown));
}

void Gateway::listTools(http::Exchange &exchange, const QString &name)
{
    if (!m_views || !m_views->find(name))
        return exchange.finish(noSuchView());
    jsonrpc::Message message;
    message.kind = jsonrpc::Message::Kind::Request;
    message.method = u"tools/list"_s;
    message.params = "{}"_ba;
    Request request = requestFrom(exchange, message);
    request.profile.revision = mcp::kNewestLegacyRevision;
    request.server = placeOfView(name);
    exchange.keep(m_backend.handle(std::move(request), std::make_shared<NoDownstream>(),
                                   [&exchange](const Result<Answer> &answer) {
                                       if (answer)
                                           exchange.finish(
                                               http::Response::jsonBytes(200, answer->result));
                                       else
                                           exchange.finish(answer.error());
                                   }));
}

/// Handles and sessions of another view of that name would be those of another view.
void Gateway::dropView(const QString &name)
{
    m_modern.endHandlesAt(placeOfView(name));
    m_sessions.removeServer(
        placeOfView(name),
        rpcError(kInvalidRequest, 404,
                 u"This view is no longer served: it was taken out of the configuration."_s));
}

} // namespace bridge::gateway
