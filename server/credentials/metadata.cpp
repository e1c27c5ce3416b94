// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/credentials/metadata.h"

#include "server/credentials/wire.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>

using namespace Qt::StringLiterals;

namespace bridge::credentials {

namespace {

constexpr std::chrono::hours kKeep{1};
constexpr size_t kMost = 256;

QStringList texts(const QJsonValue &value)
{
    QStringList list;
    for (const QJsonValue one : value.toArray()) {
        if (one.isString() && list.size() < 100)
            list.append(one.toString());
    }
    return list;
}

QUrl address(const QJsonObject &document, QLatin1StringView member)
{
    const QUrl url(document[member].toString(), QUrl::StrictMode);
    const bool isWeb = url.scheme() == "https"_L1 || url.scheme() == "http"_L1;
    return url.isValid() && isWeb && !url.host().isEmpty() && url.userInfo().isEmpty()
                   && !url.hasFragment()
               ? url
               : QUrl();
}

QUrl withPath(QUrl url, const QString &encodedPath)
{
    url.setQuery(QString());
    url.setPath(encodedPath, QUrl::StrictMode);
    return url;
}

/// Without a slash at the end, so that a path can be put before or behind it.
QString plainPath(const QUrl &url)
{
    QString path = url.path(QUrl::FullyEncoded);
    while (path.endsWith(u'/'))
        path.chop(1);
    return path;
}

QString who(const QString &issuer)
{
    return u"The authorization server %1"_s.arg(QUrl(issuer).host());
}

egress::EgressRequest get(const QUrl &url, egress::Trust trust, std::chrono::milliseconds timeout)
{
    egress::EgressRequest request;
    request.url = url;
    request.trust = trust;
    request.headers = {{"Accept", "application/json"}};
    request.timeout = timeout;
    request.maxBody = 256 * 1024;
    return request;
}

Task<AuthServer> look(Fetch fetch, QString issuer, egress::Trust trust,
                      std::chrono::milliseconds timeout)
{
    Error last = unusable(who(issuer));
    const QList<QUrl> places = authServerPlaces(issuer);
    for (const QUrl &place : places) {
        const egress::EgressRequest request = get(place, trust, timeout);
        const Result<httpclient::Response> outcome = co_await answer<httpclient::Response>(
            [&](Handler<httpclient::Response> done) { return fetch(request, std::move(done)); });
        if (!outcome)
            co_return failed(outcome.error(), who(issuer));
        if (outcome->status >= 500 || outcome->status == 429)
            last = unreachable(who(issuer));
        if (outcome->status != 200)
            continue;
        Result<AuthServer> server = authServerFrom(outcome->body, issuer);
        if (server)
            co_return server;
        last = server.error();
    }
    co_return last;
}

Task<ProtectedResource> lookForResource(Fetch fetch, QUrl url, QUrl hint,
                                        std::chrono::milliseconds timeout)
{
    QList<QUrl> places = resourcePlaces(url);
    if (!hint.isEmpty())
        places = {hint};
    Error last(ErrorCode::NotFound, u"The MCP server does not say who authorizes its users."_s);
    for (const QUrl &place : places) {
        const egress::EgressRequest request =
            get(place, egress::trustIn(place, url, egress::Trust::Configured), timeout);
        const Result<httpclient::Response> outcome = co_await answer<httpclient::Response>(
            [&](Handler<httpclient::Response> done) { return fetch(request, std::move(done)); });
        if (!outcome)
            co_return failed(outcome.error(), u"The MCP server %1"_s.arg(url.host()));
        if (outcome->status != 200)
            continue;
        Result<ProtectedResource> resource = resourceFrom(outcome->body, url);
        if (resource)
            co_return resource;
        last = resource.error();
    }
    co_return last;
}

} // namespace

QList<QUrl> authServerPlaces(const QString &issuer)
{
    const QUrl url(issuer, QUrl::StrictMode);
    if (!url.isValid() || url.host().isEmpty() || url.hasQuery() || url.hasFragment()
        || !url.userInfo().isEmpty())
        return {};
    const QString path = plainPath(url);
    QList<QUrl> places{withPath(url, u"/.well-known/oauth-authorization-server"_s + path),
                       withPath(url, u"/.well-known/openid-configuration"_s + path)};
    if (!path.isEmpty())
        places.append(withPath(url, path + u"/.well-known/openid-configuration"_s));
    return places;
}

QList<QUrl> resourcePlaces(const QUrl &url)
{
    const QString root = u"/.well-known/oauth-protected-resource"_s;
    const QString path = plainPath(url);
    QList<QUrl> places{withPath(url, root)};
    if (!path.isEmpty())
        places.prepend(withPath(url, root + path));
    return places;
}

Result<AuthServer> authServerFrom(const QByteArray &body, const QString &issuer)
{
    const auto document = QJsonDocument::fromJson(body);
    if (!document.isObject())
        return unusable(who(issuer));
    const QJsonObject object = document.object();
    // Not normalised: what differs in any way is somebody else.
    if (object["issuer"_L1].toString() != issuer)
        return Error(
            ErrorCode::InvalidConfig,
            u"%1 has a metadata document of somebody else, which is not used."_s.arg(who(issuer)));
    AuthServer server;
    server.issuer = issuer;
    server.authorizationEndpoint = address(object, "authorization_endpoint"_L1);
    server.tokenEndpoint = address(object, "token_endpoint"_L1);
    server.registrationEndpoint = address(object, "registration_endpoint"_L1);
    server.revocationEndpoint = address(object, "revocation_endpoint"_L1);
    server.challengeMethods = texts(object["code_challenge_methods_supported"_L1]);
    server.authMethods = texts(object["token_endpoint_auth_methods_supported"_L1]);
    server.scopes = texts(object["scopes_supported"_L1]);
    server.tellsIssuer = object["authorization_response_iss_parameter_supported"_L1].toBool();
    server.takesDocuments = object["client_id_metadata_document_supported"_L1].toBool();
    if (server.tokenEndpoint.isEmpty())
        return unusable(who(issuer));
    return server;
}

Result<ProtectedResource> resourceFrom(const QByteArray &body, const QUrl &url)
{
    const QJsonObject object = QJsonDocument::fromJson(body).object();
    ProtectedResource resource;
    resource.resource = object["resource"_L1].toString();
    resource.authServers = texts(object["authorization_servers"_L1]);
    resource.scopes = texts(object["scopes_supported"_L1]);
    // Many servers name their origin or a parent path; a token for another origin is never asked
    // for.
    const QUrl named(resource.resource, QUrl::StrictMode);
    const QString below = plainPath(url);
    const QString above = plainPath(named);
    const bool isPart = below == above || below.startsWith(above + u'/');
    if (!named.isValid() || named.hasFragment() || !httpclient::isSameOrigin(named, url) || !isPart)
        return Error(ErrorCode::InvalidConfig,
                     u"The MCP server %1 has a metadata document of another server, which is not "
                     "used."_s.arg(url.host()));
    if (resource.authServers.isEmpty())
        return Error(ErrorCode::InvalidConfig,
                     u"The MCP server %1 does not say who authorizes its users."_s.arg(url.host()));
    return resource;
}

MetadataCache::MetadataCache(Fetch fetch, std::chrono::milliseconds timeout)
    : m_fetch(std::move(fetch))
    , m_timeout(timeout)
{
}

void MetadataCache::prune()
{
    if (m_entries.size() < kMost)
        return;
    std::erase_if(m_entries, [](const auto &item) {
        return item.second.end.hasExpired() && !item.second.flight.isRunning();
    });
}

Call MetadataCache::find(const QString &issuer, egress::Trust trust, Handler<AuthServer> handler)
{
    prune();
    const auto key = std::make_pair(issuer, trust);
    Entry &entry = m_entries[key];
    if (!entry.end.hasExpired())
        return later([server = entry.server, handler = std::move(handler)] { handler(server); });
    if (m_entries.size() > 2 * kMost) {
        return failLater(std::move(handler), unreachable(who(issuer)));
    }
    return entry.flight.join(std::move(handler), [&](Handler<AuthServer> done) {
        return look(m_fetch, issuer, trust, m_timeout)
            .start([this, key, done = std::move(done)](Result<AuthServer> outcome) {
                if (outcome) {
                    m_entries[key].server = *outcome;
                    m_entries[key].end = QDeadlineTimer(kKeep);
                }
                done(std::move(outcome));
            });
    });
}

Call MetadataCache::findResource(const QUrl &url, const QUrl &hint,
                                 Handler<ProtectedResource> handler)
{
    return lookForResource(m_fetch, url, hint, m_timeout).start(std::move(handler));
}

} // namespace bridge::credentials
