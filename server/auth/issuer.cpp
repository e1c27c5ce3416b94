// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/issuer.h"

#include "common/async/later.h"
#include "common/async/task.h"

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace bridge::auth {

namespace {

constexpr auto kMetadataLifetime = 1h;
constexpr auto kFailurePause = std::chrono::seconds(kIdpPauseSeconds);
constexpr qsizetype kMostBytes = 512 * 1024; // of a document or a key set

egress::EgressRequest get(const QUrl &url, egress::Trust trust)
{
    egress::EgressRequest request;
    request.url = url;
    request.trust = trust;
    request.headers = {{"Accept", "application/json"}};
    request.maxBody = kMostBytes;
    return request;
}

/// \a url for the log: without what may be secret in it.
QString plain(const QUrl &url)
{
    return url.toString(QUrl::FullyEncoded | QUrl::RemoveUserInfo | QUrl::RemoveQuery
                        | QUrl::RemoveFragment);
}

/// Tries the places of \a issuer's document one after the other.
Task<IssuerMetadata> discoverAt(Fetch fetch, QString issuer, QList<QUrl> urls)
{
    Error last = idpUnavailable();
    for (const QUrl &url : urls) {
        const auto ask = [&](Handler<httpclient::Response> done) {
            return fetch(get(url, egress::Trust::Configured), std::move(done));
        };
        const auto response = co_await answer<httpclient::Response>(ask);
        if (!response) {
            last = response.error();
            break; // the same host would not answer for another path either
        }
        if (response->status != 200) {
            last = Error(ErrorCode::IdpUnavailable,
                         u"%1 answered with status %2."_s.arg(url.host()).arg(response->status));
            continue;
        }
        auto metadata = parseIssuerMetadata(response->body, issuer);
        if (metadata) {
            metadata->document = url;
            co_return *metadata;
        }
        last = metadata.error();
    }
    co_return last;
}

} // namespace

Issuer::Issuer(IssuerOptions options, Fetch fetch, JwksOptions jwks, Clock clock)
    : m_options(std::move(options))
    , m_fetch(std::move(fetch))
    , m_clock(clock)
    , m_health(m_options.issuer, m_options.introspect != Introspect::Never)
    , m_keys([this](Handler<QByteArray> done) { return loadKeys(std::move(done)); }, jwks,
             std::move(clock), [this](const auto &problem) { tellOfKeys(problem); })
{
    if (!m_options.keycloakRealm.isEmpty()) {
        m_metadata = keycloakMetadata(m_options.issuer, m_options.keycloakRealm);
        m_metadata->document = m_options.keycloakRealm;
    }
}

Call Issuer::metadata(Handler<IssuerMetadata> handler)
{
    const auto now = m_clock.steady();
    const bool isKept = m_metadata && (!m_metadataAt || now - *m_metadataAt < kMetadataLifetime);
    const bool isPaused = m_failedAt && now - *m_failedAt < kFailurePause;
    if (isKept || (isPaused && m_metadata))
        return later([handler = std::move(handler), known = *m_metadata] { handler(known); });
    if (isPaused)
        return failLater(std::move(handler), idpUnavailable());
    return m_discovery.join(std::move(handler), [this](Handler<IssuerMetadata> done) {
        return discover(std::move(done));
    });
}

Call Issuer::discover(Handler<IssuerMetadata> handler)
{
    return discoverAt(m_fetch, m_options.issuer, metadataUrls(m_options.issuer))
        .start([this, handler = std::move(handler)](Result<IssuerMetadata> found) {
            remember(found);
            handler(m_metadata ? Result<IssuerMetadata>(*m_metadata) : idpUnavailable());
        });
}

Call Issuer::probe(Handler<Nothing> handler)
{
    // Who is asked about every token may have no keys.
    if (m_options.introspect == Introspect::Always)
        return metadata([handler = std::move(handler)](const Result<IssuerMetadata> &found) {
            handler(found ? Result<Nothing>(Nothing{}) : found.error());
        });
    return m_keys.fetch(std::move(handler));
}

void Issuer::remember(const Result<IssuerMetadata> &found)
{
    if (!found) {
        m_failedAt = m_clock.steady();
        m_health.tell(IssuerHealth::Part::Document,
                      QString(found.error().message
                              + u" It was asked for its document at %1 and places like it: check "
                                "OAUTH_ISSUER_URL (issuer in AUTH_ISSUERS)."_s.arg(
                                    plain(metadataUrls(m_options.issuer).constFirst()))));
        return;
    }
    m_health.tell(IssuerHealth::Part::Document, std::nullopt);
    m_failedAt.reset();
    m_metadata = *found;
    m_metadataAt = m_clock.steady();
}

/// Whoever runs the bridge wants to know which of his settings leads to what does not answer.
void Issuer::tellOfKeys(const std::optional<QString> &problem)
{
    const QUrl url = !m_options.jwksUri.isEmpty() ? m_options.jwksUri
                     : m_metadata                 ? m_metadata->jwksUri
                                                  : QUrl();
    if (!problem || url.isEmpty())
        return m_health.tell(IssuerHealth::Part::Keys, problem);
    const QString setting = !m_options.jwksUri.isEmpty()
                                ? u"OAUTH_JWKS_URL (jwks_uri in AUTH_ISSUERS)"_s
                            : !m_options.keycloakRealm.isEmpty()
                                ? u"AUTH_BASE_URL and KEYCLOAK_REALM"_s
                                : u"jwks_uri of the issuer's document, or set OAUTH_JWKS_URL"_s;
    m_health.tell(
        IssuerHealth::Part::Keys,
        QString(*problem
                + u" It was asked for its keys at %1: check %2."_s.arg(plain(url), setting)));
}

egress::Trust Issuer::trustIn(const QUrl &url, const IssuerMetadata &metadata)
{
    return egress::trustIn(url, metadata.document, egress::Trust::Configured);
}

namespace {

Task<QByteArray> fetchKeys(Fetch fetch, QUrl url, egress::Trust trust)
{
    if (url.isEmpty())
        co_return Error(ErrorCode::IdpUnavailable, u"The issuer names no jwks_uri."_s);
    const auto ask = [&](Handler<httpclient::Response> done) {
        return fetch(get(url, trust), std::move(done));
    };
    const auto response = co_await answer<httpclient::Response>(ask);
    if (!response)
        co_return response.error();
    if (response->status != 200)
        co_return Error(ErrorCode::IdpUnavailable,
                        u"%1 answered with status %2."_s.arg(url.host()).arg(response->status));
    co_return response->body;
}

Task<QByteArray> discoverAndFetchKeys(std::function<Call(Handler<IssuerMetadata>)> discover,
                                      Fetch fetch)
{
    const auto metadata = co_await answer<IssuerMetadata>(discover);
    if (!metadata)
        co_return metadata.error();
    const QUrl url = metadata->jwksUri;
    co_return co_await fetchKeys(fetch, url, Issuer::trustIn(url, *metadata));
}

} // namespace

Call Issuer::loadKeys(Handler<QByteArray> handler)
{
    if (!m_options.jwksUri.isEmpty())
        return fetchKeys(m_fetch, m_options.jwksUri, egress::Trust::Configured)
            .start(std::move(handler));
    return discoverAndFetchKeys(
               [this](Handler<IssuerMetadata> done) { return metadata(std::move(done)); }, m_fetch)
        .start(std::move(handler));
}

} // namespace bridge::auth
