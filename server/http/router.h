// SPDX-License-Identifier: GPL-3.0-or-later
// One flat table of routes. The same table answers 404, 405 and OPTIONS and feeds the OpenAPI
// document and the metrics' labels.
//
// Paths are matched as received: split at '/', then every segment is percent-decoded once as
// UTF-8, so a `%2F` is data inside a parameter and `..` means nothing. A literal segment beats a
// parameter; a single trailing slash is ignored.
#pragma once

#include "server/http/exchange.h"

#include <QtCore/QHash>
#include <QtCore/QJsonObject>
#include <QtCore/QStringList>

#include <functional>
#include <memory>

namespace bridge::http {

/// Values of the `{name}` segments of a matched route, decoded.
class PathParams
{
public:
    /// Value of \a name; empty when the route has no such parameter.
    QString operator[](QStringView name) const;
    bool contains(QStringView name) const;
    void add(const QString &name, const QString &value) { m_values.append({name, value}); }

private:
    QList<std::pair<QString, QString>> m_values;
};

using RouteHandler = std::function<void(Exchange &, const PathParams &)>;
/// Something that happens before the handler (authentication, limits): it either finishes the
/// exchange or runs \a pass, at once or from something kept in the exchange.
using Stage = std::function<void(Exchange &, std::function<void()> pass)>;

struct Route {
    QByteArray method; ///< `GET`, …, or `*` for every method
    QString pattern;   ///< e.g. `/tools/{tool}/stream`, without the base path
    QString handler;   ///< bounded label for metrics and the access log
    RouteHandler run;
    QStringList stages;  ///< names given to Router::setStage(), run in this order
    QJsonObject openApi; ///< OpenAPI operation object; empty = a generic one
    bool undocumented = false;
    bool anyHost = false;    ///< answers to every Host name: probes call by address
    bool alsoAtRoot = false; ///< reachable without the base path too (docs, health, metrics)
};

class Router
{
public:
    struct Match {
        enum Kind { Found, NotFound, MethodNotAllowed, BadPath };
        Kind kind = NotFound;
        std::shared_ptr<const Route> route;
        PathParams params;
        QByteArray allow; ///< methods of this path, for 405 and OPTIONS
    };

    Router();
    ~Router();
    Router(const Router &) = delete;
    Router &operator=(const Router &) = delete;

    /// Normalised prefix of all routes: leading slash, no trailing one, `/` means none. Set it
    /// before the first request.
    void setBasePath(const QString &path);
    QString basePath() const { return m_basePath; }

    /// Adds \a route; a second route for the same method and path replaces the first.
    void add(Route route);
    const QList<std::shared_ptr<const Route>> &routes() const { return m_routes; }
    void setStage(const QString &name, Stage stage);
    /// Which stages a route runs before those it names itself, asked for each route added from now
    /// on. So a guard of all routes cannot be forgotten on one of them.
    void setGuard(std::function<QStringList(const Route &)> guard);
    /// Called for each request whose route is known, before its stages; for metrics.
    void setObserver(std::function<void(const Exchange &)> observer);

    /// Pure look-up. HEAD falls back to GET.
    Match match(const QByteArray &method, const QByteArray &rawPath) const;
    /// Answers the request of \a exchange: runs stages and handler, or 400, 404, 405, 204.
    void dispatch(Exchange &exchange) const;

private:
    struct Node;
    struct Trail;

    void runFrom(Exchange &exchange, std::shared_ptr<const Trail> trail, qsizetype stage) const;
    const Node *find(const Node &node, const QStringList &segments, qsizetype at) const;

    QString m_basePath;
    QStringList m_baseSegments;
    QList<std::shared_ptr<const Route>> m_routes;
    QHash<QString, Stage> m_stages;
    std::function<QStringList(const Route &)> m_guard;
    std::function<void(const Exchange &)> m_observer;
    std::unique_ptr<Node> m_root; ///< tree of patterns without the base path
};

} // namespace bridge::http
