// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/jwkscache.h"

#include "server/auth/fetch.h"

using namespace Qt::StringLiterals;

namespace bridge::auth {

JwksCache::JwksCache(Load load, JwksOptions options, Clock clock, Tell tell)
    : m_load(std::move(load))
    , m_options(options)
    , m_clock(std::move(clock))
    , m_tell(std::move(tell))
{
}

bool JwksCache::isFresh() const
{
    return m_fetchedAt && m_clock.steady() - *m_fetchedAt < m_options.lifetime;
}

bool JwksCache::isUsable() const
{
    return m_fetchedAt
           && m_clock.steady() - *m_fetchedAt < m_options.lifetime + m_options.staleIfError;
}

bool JwksCache::isPaused() const
{
    return m_failedAt && m_clock.steady() - *m_failedAt < m_options.failurePause;
}

/// Tokens with made-up key ids must not become requests to the provider.
bool JwksCache::mayAskForUnknown()
{
    const auto now = m_clock.steady();
    if (m_flight.isRunning())
        return true; // costs nothing
    if (m_askedForUnknownAt && now - *m_askedForUnknownAt < m_options.unknownKeyPause)
        return false;
    m_askedForUnknownAt = now;
    return true;
}

std::optional<JwksCache::Keys> JwksCache::candidatesNow(const QString &keyId,
                                                        crypto::Algorithm algorithm)
{
    if (!isFresh()) {
        if (!isPaused())
            return std::nullopt;
        if (!isUsable())
            return Keys(idpUnavailable());
    }
    refreshEarly();
    const QList<KeyPtr> found = m_set.candidates(keyId, algorithm);
    if (!found.isEmpty())
        return Keys(found);
    if (isPaused())
        return Keys(idpUnavailable()); // it may be a new key, and nobody can tell
    if (mayAskForUnknown())
        return std::nullopt;
    return Keys(found);
}

QList<KeyPtr> JwksCache::known(const QString &keyId, crypto::Algorithm algorithm) const
{
    return isUsable() ? m_set.candidates(keyId, algorithm) : QList<KeyPtr>();
}

Call JwksCache::candidates(const QString &keyId, crypto::Algorithm algorithm,
                           Handler<QList<KeyPtr>> handler)
{
    return fetch([this, keyId, algorithm, handler = std::move(handler)](Result<Nothing> outcome) {
        handler(outcome ? lookUp(keyId, algorithm) : Keys(outcome.error()));
    });
}

JwksCache::Keys JwksCache::lookUp(const QString &keyId, crypto::Algorithm algorithm) const
{
    const QList<KeyPtr> found = m_set.candidates(keyId, algorithm);
    if (found.isEmpty() && isPaused())
        return idpUnavailable();
    return found;
}

JwksCache::State JwksCache::stateOf(const VerificationKey &key)
{
    if (key.isWithdrawn)
        return State::Withdrawn;
    if (isFresh()) {
        refreshEarly();
        return State::Trusted;
    }
    return isPaused() && isUsable() ? State::Trusted : State::Unsure;
}

Call JwksCache::fetch(Handler<Nothing> handler)
{
    return m_flight.join(
        [this, handler = std::move(handler)](Result<Nothing> outcome) {
            handler(outcome || isUsable() ? Result<Nothing>(Nothing{}) : outcome);
        },
        [this](Handler<Nothing> done) {
            return m_load([this, done = std::move(done)](Result<QByteArray> document) {
                take(document);
                done(m_failedAt ? Result<Nothing>(idpUnavailable()) : Nothing{});
            });
        });
}

void JwksCache::take(const Result<QByteArray> &document)
{
    Result<KeySet> set = document ? parseJwks(*document) : Result<KeySet>(document.error());
    if (!set) {
        m_failedAt = m_clock.steady();
        if (m_tell)
            m_tell(set.error().message);
        return;
    }
    set->inherit(m_set);
    m_set = std::move(*set);
    m_fetchedAt = m_clock.steady();
    m_failedAt.reset();
    if (m_tell)
        m_tell(std::nullopt);
}

/// In the last fifth of their life, while callers are served with what is there.
void JwksCache::refreshEarly()
{
    if (m_flight.isRunning() || isPaused()
        || m_clock.steady() - *m_fetchedAt < m_options.lifetime * 4 / 5)
        return;
    m_early = fetch([](const Result<Nothing> &) {});
}

} // namespace bridge::auth
