// SPDX-License-Identifier: GPL-3.0-or-later
// The one way out for everything the bridge fetches on its own account: documents and keys of
// identity providers, tokens, metadata. It keeps a URL that came from outside from reaching what
// only the bridge can reach (server-side request forgery), and every answer within limits of time
// and size. Main thread.
#pragma once

#include "common/httpclient/client.h"
#include "server/egress/addressrules.h"
#include "server/egress/resolver.h"

#include <memory>

namespace bridge::config {
class Settings;
}

namespace bridge::egress {

/// Who wrote the URL.
enum class Trust {
    Configured, ///< the operator: http, private addresses and any port are fine
    /// Somebody else, also a document that somebody else serves: https only, to public addresses
    /// only, to listed ports only. The name is resolved once, all its addresses are checked, and
    /// exactly they are connected to.
    Foreign
};

/// Trust in a URL that stands in a document of \a origin, which has \a trust.
Trust trustIn(const QUrl &url, const QUrl &origin, Trust trust);

struct EgressRequest {
    QUrl url; ///< absolute; without user, password and, for requests that have none, fragment
    Trust trust = Trust::Foreign;
    QByteArray method = QByteArrayLiteral("GET");
    httpclient::Headers headers;
    QByteArray body;
    std::chrono::milliseconds timeout{10'000}; ///< for everything, from name to last byte
    qsizetype maxBody = 1024 * 1024;           ///< of the answer, in bytes
};

struct EgressOptions {
    Networks allowedNetworks;         ///< not public, but foreign URLs may lead there all the same
    QList<quint16> allowedPorts{443}; ///< for foreign URLs
    int maxConnections = 64;
    QSslConfiguration tls = QSslConfiguration::defaultConfiguration();
    /// The proxy is asked for the address that was checked, so that a foreign URL leads nowhere
    /// else.
    httpclient::Proxies proxies;
    /// False accepts any certificate for Trust::Configured; foreign URLs are always verified.
    bool verifiesConfigured = true;
    Resolver resolver = resolve;
};

/// From the settings EGRESS_* and those of the proxy. Reads the CA bundle: for start and reload
/// only. InvalidConfig has the setting's name as the problem's path.
Result<EgressOptions> egressOptions(const config::Settings &settings);

class GuardedClient
{
public:
    explicit GuardedClient(EgressOptions options = {});
    /// Requests under way go on: they belong to their Calls.
    ~GuardedClient();
    GuardedClient(const GuardedClient &) = delete;
    GuardedClient &operator=(const GuardedClient &) = delete;

    /// Any status is an answer; redirects are followed within the origin only. Errors: Forbidden
    /// (this URL is not fetched), UpstreamTimeout, UpstreamFailed (unreachable, TLS, answer too
    /// large, redirect not followed), Overloaded. Texts name the host, never path or query, and do
    /// not tell apart "no such name" from "not at a public address", so that nobody learns the
    /// names of a private network from them.
    Call send(EgressRequest request, Handler<httpclient::Response> handler);
    /// For requests that come later.
    void setOptions(EgressOptions options);

private:
    std::shared_ptr<const EgressOptions> m_options;
    std::shared_ptr<httpclient::Client> m_configured; ///< for Trust::Configured
    std::shared_ptr<httpclient::Client> m_foreign;
};

} // namespace bridge::egress
