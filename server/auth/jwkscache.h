// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps one issuer's keys: fetched when first needed, again after a while and when a token names a
// key that is not there, never more than one fetch at a time. Main thread.
#pragma once

#include "common/async/call.h"
#include "common/async/singleflight.h"
#include "server/auth/clock.h"
#include "server/auth/jwks.h"

#include <optional>

namespace bridge::auth {

struct JwksOptions {
    std::chrono::milliseconds lifetime{300'000}; ///< then the set is fetched again
    /// So much longer it serves while fetching fails.
    std::chrono::milliseconds staleIfError{3'600'000};
    std::chrono::milliseconds unknownKeyPause{10'000}; ///< between fetches for unknown `kid`s
    std::chrono::milliseconds failurePause{5'000};     ///< after a failed fetch
};

class JwksCache
{
public:
    /// Gets the document; errors are IdpUnavailable.
    using Load = std::function<Call(Handler<QByteArray>)>;
    using Tell = std::function<void(const std::optional<QString> &problem)>;
    using Keys = Result<QList<KeyPtr>>;

    /// \a tell hears how each fetch went: what is wrong, or nothing.
    JwksCache(Load load, JwksOptions options, Clock clock, Tell tell = {});

    /// The keys a token may be signed with; an empty list means there is none, for sure. Nothing
    /// when it takes a fetch to tell. IdpUnavailable when that failed moments ago.
    std::optional<Keys> candidatesNow(const QString &keyId, crypto::Algorithm algorithm);
    /// Those among the keys that are there, however old; asks nobody, and never makes anybody ask.
    QList<KeyPtr> known(const QString &keyId, crypto::Algorithm algorithm) const;
    /// Fetches first.
    Call candidates(const QString &keyId, crypto::Algorithm algorithm,
                    Handler<QList<KeyPtr>> handler);

    enum class State { Trusted, Withdrawn, Unsure };
    /// Whether something verified under \a key still stands; Unsure: fetch() and ask again. Cheap.
    State stateOf(const VerificationKey &key);
    /// Fetches the set. Fails only when there is none that may still be used.
    Call fetch(Handler<Nothing> handler);

private:
    bool isFresh() const;
    bool isUsable() const;
    bool isPaused() const;
    bool mayAskForUnknown();
    void take(const Result<QByteArray> &document);
    void refreshEarly();
    Keys lookUp(const QString &keyId, crypto::Algorithm algorithm) const;

    Load m_load;
    JwksOptions m_options;
    Clock m_clock;
    Tell m_tell;
    KeySet m_set;
    std::optional<std::chrono::milliseconds> m_fetchedAt;
    std::optional<std::chrono::milliseconds> m_failedAt;
    std::optional<std::chrono::milliseconds> m_askedForUnknownAt;
    SingleFlight<Nothing> m_flight;
    Call m_early;
};

} // namespace bridge::auth
