// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/credentials/credentialcache.h"

#include "common/async/later.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace bridge::credentials {

CredentialCache::CredentialCache(std::chrono::milliseconds buffer, int maxEntries, Clock clock)
    : m_buffer(buffer)
    , m_clock(std::move(clock))
    , m_entries(maxEntries)
{
}

std::optional<Result<Credential>> CredentialCache::find(const QByteArray &key)
{
    const Entry *entry = m_entries.object(key);
    if (!entry)
        return std::nullopt;
    if (m_clock() < entry->until)
        return entry->outcome;
    return std::nullopt;
}

Call CredentialCache::get(const QByteArray &key, const Start &start, Handler<Credential> handler)
{
    if (std::optional<Result<Credential>> known = find(key))
        return later(
            [outcome = std::move(*known), handler = std::move(handler)] { handler(outcome); });
    return fly(
        key,
        [this, key, &start](Handler<Credential> done) {
            return start([this, key, done = std::move(done)](Result<Credential> outcome) {
                remember(key, outcome, false);
                done(std::move(outcome));
            });
        },
        std::move(handler));
}

Call CredentialCache::renew(const QByteArray &key, const QByteArray &rejected, const Start &start,
                            Handler<Credential> handler)
{
    const Entry *entry = m_entries.object(key);
    const qint64 now = m_clock();
    if (entry && entry->outcome) {
        const bool isOther = entry->outcome->token != rejected && now < entry->until;
        const bool isFresh = now - entry->renewed < kBetweenRenewals.count();
        if (isOther || isFresh)
            return later(
                [outcome = entry->outcome, handler = std::move(handler)] { handler(outcome); });
    }
    return fly(
        key,
        [this, key, &start](Handler<Credential> done) {
            return start([this, key, done = std::move(done)](Result<Credential> outcome) {
                remember(key, outcome, true);
                done(std::move(outcome));
            });
        },
        std::move(handler));
}

Call CredentialCache::fly(const QByteArray &key, const Start &start, Handler<Credential> handler)
{
    std::erase_if(m_flights, [](const auto &item) { return !item.second.isRunning(); });
    return m_flights[key].join(std::move(handler), start);
}

void CredentialCache::remember(const QByteArray &key, const Result<Credential> &outcome,
                               bool isRenewal)
{
    const qint64 now = m_clock();
    m_entries.insert(key, new Entry{outcome, endOf(outcome, now), isRenewal ? now : 0});
}

qint64 CredentialCache::endOf(const Result<Credential> &outcome, qint64 now) const
{
    // Ends the moment the user has signed in.
    if (!outcome && outcome.error().extra.contains("authorization_url"_L1))
        return now;
    if (!outcome)
        return now + (outcome.error().code == ErrorCode::IdpUnavailable ? kDown : kRefused).count();
    if (!outcome->expires.isValid())
        return now + kEndless.count();
    const qint64 left = std::max<qint64>(0, outcome->expires.toMSecsSinceEpoch() - now);
    // Short-lived ones would never be remembered otherwise.
    return now + left - std::min<qint64>(m_buffer.count(), left / 2);
}

void CredentialCache::remove(const QByteArray &key)
{
    m_entries.remove(key);
}

void CredentialCache::clear()
{
    m_entries.clear();
}

} // namespace bridge::credentials
