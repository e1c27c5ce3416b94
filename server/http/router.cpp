// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/http/router.h"

#include "server/http/grammar.h"

#include <QtCore/QStringDecoder>

using namespace Qt::StringLiterals;

namespace bridge::http {

/// One segment of the tree. Routes of one path sit in `methods`, in the order they were added.
struct Router::Node {
    QHash<QString, std::shared_ptr<Node>> literals;
    std::shared_ptr<Node> parameter;
    QList<std::shared_ptr<const Route>> methods;
};

/// What a matched request needs while its stages run; outlives asynchronous ones.
struct Router::Trail {
    std::shared_ptr<const Route> route;
    PathParams params;
};

namespace {

bool isParameter(const QString &segment)
{
    return segment.size() > 2 && segment.startsWith(u'{') && segment.endsWith(u'}');
}

QStringList patternSegments(const QString &pattern)
{
    return pattern.split(u'/', Qt::SkipEmptyParts);
}

/// Percent-decodes one segment once. False for a broken escape, NUL or text that is not UTF-8.
bool decodeSegment(QByteArrayView raw, QString &out)
{
    QByteArray bytes;
    bytes.reserve(raw.size());
    for (qsizetype i = 0; i < raw.size(); ++i) {
        if (raw[i] != '%') {
            bytes += raw[i];
            continue;
        }
        const int high = i + 2 < raw.size() ? hexValue(raw[i + 1]) : -1;
        const int low = high >= 0 ? hexValue(raw[i + 2]) : -1;
        if (low < 0)
            return false;
        bytes += char(high * 16 + low);
        i += 2;
    }
    QStringDecoder decoder(QStringDecoder::Utf8, QStringDecoder::Flag::Stateless);
    out = decoder(bytes);
    return !decoder.hasError() && !bytes.contains('\0');
}

/// Segments of a path as received; a trailing slash adds none.
bool pathSegments(const QByteArray &rawPath, QStringList &segments)
{
    if (!rawPath.startsWith('/'))
        return false;
    QByteArrayView rest = QByteArrayView(rawPath).sliced(1);
    if (rest.endsWith('/'))
        rest.chop(1);
    else if (rest.isEmpty())
        return true;
    for (;;) {
        const qsizetype slash = rest.indexOf('/');
        QString segment;
        if (!decodeSegment(slash < 0 ? rest : rest.first(slash), segment))
            return false;
        segments.append(segment);
        if (slash < 0)
            return true;
        rest = rest.sliced(slash + 1);
    }
}

} // namespace

QString PathParams::operator[](QStringView name) const
{
    for (const auto &[key, value] : m_values) {
        if (key == name)
            return value;
    }
    return {};
}

bool PathParams::contains(QStringView name) const
{
    return std::any_of(m_values.cbegin(), m_values.cend(),
                       [name](const auto &entry) { return entry.first == name; });
}

Router::Router() : m_root(std::make_unique<Node>())
{
}

Router::~Router() = default;

void Router::setBasePath(const QString &path)
{
    m_baseSegments = patternSegments(path);
    m_basePath = m_baseSegments.isEmpty() ? QString() : u'/' + m_baseSegments.join(u'/');
}

void Router::setGuard(std::function<QStringList(const Route &)> guard)
{
    m_guard = std::move(guard);
}

void Router::add(Route route)
{
    if (m_guard)
        route.stages = m_guard(route) + route.stages;
    Node *node = m_root.get();
    const QStringList segments = patternSegments(route.pattern);
    for (const QString &segment : segments) {
        std::shared_ptr<Node> &next =
            isParameter(segment) ? node->parameter : node->literals[segment];
        if (!next)
            next = std::make_shared<Node>();
        node = next.get();
    }
    const auto sameMethod = [&route](const auto &other) { return other->method == route.method; };
    for (const auto &old : std::as_const(node->methods)) {
        if (sameMethod(old))
            m_routes.removeAll(old);
    }
    node->methods.removeIf(sameMethod);
    m_routes.append(std::make_shared<const Route>(std::move(route)));
    node->methods.append(m_routes.constLast());
}

void Router::setObserver(std::function<void(const Exchange &)> observer)
{
    m_observer = std::move(observer);
}

void Router::setStage(const QString &name, Stage stage)
{
    m_stages.insert(name, std::move(stage));
}

/// Depth first, literal before parameter; a dead end backs up.
const Router::Node *Router::find(const Node &node, const QStringList &segments, qsizetype at) const
{
    if (at == segments.size())
        return node.methods.isEmpty() ? nullptr : &node;
    const auto literal = node.literals.constFind(segments[at]);
    if (literal != node.literals.cend()) {
        if (const Node *found = find(**literal, segments, at + 1))
            return found;
    }
    if (node.parameter && !segments[at].isEmpty())
        return find(*node.parameter, segments, at + 1);
    return nullptr;
}

namespace {

bool startsWith(const QStringList &segments, const QStringList &prefix)
{
    return segments.size() >= prefix.size()
           && std::equal(prefix.cbegin(), prefix.cend(), segments.cbegin());
}

} // namespace

Router::Match Router::match(const QByteArray &method, const QByteArray &rawPath) const
{
    Match match;
    QStringList segments;
    if (!pathSegments(rawPath, segments)) {
        match.kind = Match::BadPath;
        return match;
    }
    const bool inBase = startsWith(segments, m_baseSegments);
    const Node *node = nullptr;
    if (inBase)
        node = find(*m_root, segments.mid(m_baseSegments.size()), 0);
    bool atRoot = false;
    if (!node && !m_baseSegments.isEmpty()) {
        node = find(*m_root, segments, 0);
        atRoot = true;
    }
    if (!node)
        return match;

    std::shared_ptr<const Route> chosen;
    QList<QByteArray> allow;
    for (const auto &route : node->methods) {
        if (atRoot && !route->alsoAtRoot)
            continue;
        const bool fits = route->method == method || route->method == "*"
                          || (method == "HEAD" && route->method == "GET" && !chosen);
        if (fits && (!chosen || route->method == method))
            chosen = route;
        allow.append(route->method);
    }
    if (allow.isEmpty())
        return match;
    if (allow.contains("*"))
        allow = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    if (allow.contains("GET") && !allow.contains("HEAD"))
        allow.append("HEAD");
    if (!allow.contains("OPTIONS"))
        allow.append("OPTIONS");
    match.allow = allow.join(", ");
    match.kind = chosen ? Match::Found : Match::MethodNotAllowed;
    match.route = chosen;
    if (!chosen)
        return match;
    const QStringList pattern = patternSegments(chosen->pattern);
    const qsizetype skip = atRoot ? 0 : m_baseSegments.size();
    for (qsizetype i = 0; i < pattern.size(); ++i) {
        if (isParameter(pattern[i]))
            match.params.add(pattern[i].sliced(1, pattern[i].size() - 2), segments[skip + i]);
    }
    return match;
}

void Router::dispatch(Exchange &exchange) const
{
    const Request &request = exchange.request();
    const bool options = request.method == "OPTIONS";
    if (options && request.target == "*")
        return exchange.finish(Response::noContent());
    Match found = match(request.method, request.rawPath());
    switch (found.kind) {
    case Match::BadPath:
        return exchange.finish(
            Error(ErrorCode::BadRequest,
                  u"The path holds a broken percent-escape, NUL, or text that is not UTF-8."_s));
    case Match::NotFound:
        return exchange.finish(Error(ErrorCode::NotFound, u"Not Found"_s));
    case Match::MethodNotAllowed:
        if (options) {
            Response response = Response::noContent();
            response.setHeader("Allow"_ba, found.allow);
            return exchange.finish(std::move(response));
        }
        return exchange.finish(Error(ErrorCode::MethodNotAllowed, u"Method Not Allowed"_s),
                               {{"Allow"_ba, found.allow}});
    case Match::Found:
        break;
    }
    exchange.fields().route = found.route->pattern;
    exchange.fields().handler = found.route->handler;
    if (m_observer)
        m_observer(exchange);
    if (found.route->stages.isEmpty())
        return found.route->run(exchange, found.params);
    runFrom(exchange,
            std::make_shared<const Trail>(Trail{std::move(found.route), std::move(found.params)}),
            0);
}

void Router::runFrom(Exchange &exchange, std::shared_ptr<const Trail> trail, qsizetype stage) const
{
    if (exchange.isFinished())
        return;
    if (stage == trail->route->stages.size())
        return trail->route->run(exchange, trail->params);
    const QString &name = trail->route->stages[stage];
    const Stage run = m_stages.value(name);
    if (!run) // a stage is a guard: a missing one must not open the door
        return exchange.finish(
            Error(ErrorCode::Internal, u"The stage `%1` of this route is not set up."_s.arg(name)));
    run(exchange, [this, &exchange, trail, stage] { runFrom(exchange, trail, stage + 1); });
}

} // namespace bridge::http
