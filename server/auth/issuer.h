// SPDX-License-Identifier: GPL-3.0-or-later
// One issuer the bridge trusts: where its endpoints are, its keys, and what its tokens have to look
// like. Main thread.
#pragma once

#include "server/auth/claims.h"
#include "server/auth/fetch.h"
#include "server/auth/issuerhealth.h"
#include "server/auth/issuermetadata.h"
#include "server/auth/jwkscache.h"

namespace bridge::auth {

enum class Introspect {
    Never,
    Opaque, ///< tokens that are no JWT
    Always  ///< every token, so that revoked ones are noticed
};

struct IssuerOptions {
    QString issuer;     ///< exactly as in `iss`
    QUrl keycloakRealm; ///< …/realms/name; empty = endpoints come from the metadata document
    QUrl jwksUri;       ///< these two go before the document's
    QUrl introspectionEndpoint;
    QStringList audiences; ///< one of them must be in `aud`; empty = not looked at
    QList<crypto::Algorithm> algorithms;
    Introspect introspect = Introspect::Never;
    QString clientId; ///< who the bridge is to this issuer
    QString clientSecret;
    ClaimRules claims;
    /// Microsoft Graph, where groups are asked for that tokens of Entra leave out; empty = not
    /// Entra, or groups do not matter.
    QUrl graph;
    QUrl entraTokenEndpoint; ///< to get a token for it; empty = the document's
    /// For all but the first issuer, whose groups always count: its groups may make administrators
    /// and satisfy BRIDGE_REQUIRED_GROUPS.
    bool admins = false;
    bool requiredGroups = false;
    /// ID and logout tokens are what is wanted here, as when people log in; else they are refused,
    /// as they are made for clients and not to call anybody with.
    bool takesOtherKinds = false;
    /// Callers may show ID tokens (AUTH_ACCEPT_ID_TOKENS).
    bool takesIdTokens = false;
};

class Issuer
{
public:
    Issuer(IssuerOptions options, Fetch fetch, JwksOptions jwks, Clock clock);

    const IssuerOptions &options() const { return m_options; }
    JwksCache &keys() { return m_keys; }

    /// Where its endpoints are. Fetched once an hour at most; IdpUnavailable when that fails, and
    /// for some seconds afterwards without another try.
    Call metadata(Handler<IssuerMetadata> handler);
    /// Finds out whether the issuer can be asked for what it takes to verify its tokens; health()
    /// tells.
    Call probe(Handler<Nothing> handler);
    const IssuerHealth &health() const { return m_health; }
    /// True once: the first to find that groups are left out and nobody can ask for them says so.
    bool isFirstToMissGroups() { return !std::exchange(m_missesGroups, true); }
    /// True once: the first to refuse an ID token says so.
    bool isFirstIdToken() { return !std::exchange(m_hasIdTokens, true); }
    /// How asking about a token went: what is wrong, a sentence without secrets, or nothing.
    void tellIntrospection(const std::optional<QString> &problem)
    {
        m_health.tell(IssuerHealth::Part::Introspection, problem);
    }
    /// How far a URL from \a metadata is to be trusted.
    static egress::Trust trustIn(const QUrl &url, const IssuerMetadata &metadata);

private:
    Call discover(Handler<IssuerMetadata> handler);
    Call loadKeys(Handler<QByteArray> handler);
    void remember(const Result<IssuerMetadata> &found);
    void tellOfKeys(const std::optional<QString> &problem);

    IssuerOptions m_options;
    Fetch m_fetch;
    Clock m_clock;
    IssuerHealth m_health;
    bool m_hasIdTokens = false;
    bool m_missesGroups = false;
    std::optional<IssuerMetadata> m_metadata;
    std::optional<std::chrono::milliseconds> m_metadataAt;
    std::optional<std::chrono::milliseconds> m_failedAt;
    SingleFlight<IssuerMetadata> m_discovery;
    JwksCache m_keys;
};

} // namespace bridge::auth
