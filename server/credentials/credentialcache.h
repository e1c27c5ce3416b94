// SPDX-License-Identifier: GPL-3.0-or-later
// Retrieved credentials in memory, by who they are for: until shortly before they end, one
// retrieval for all who wait, refusals remembered for a moment, never more than a set number. Main
// thread.
#pragma once

#include "server/credentials/credential.h"
#include "server/upstream/singleflight.h"

#include <QtCore/QCache>

#include <map>

namespace bridge::credentials {

class CredentialCache
{
public:
    using Start = std::function<Call(Handler<Credential>)>;

    /// How long refusals are remembered: of the caller, and of a provider that is down.
    static constexpr std::chrono::milliseconds kRefused{5'000};
    static constexpr std::chrono::milliseconds kDown{1'000};
    /// Credentials of which nobody says when they end, e.g. API keys, which may be withdrawn.
    static constexpr std::chrono::milliseconds kEndless{60'000};
    /// After a renewal the next one for the same credential waits this long.
    static constexpr std::chrono::milliseconds kBetweenRenewals{10'000};

    CredentialCache(std::chrono::milliseconds buffer, int maxEntries, Clock clock);

    /// What is remembered and still good.
    std::optional<Result<Credential>> find(const QByteArray &key);
    /// That, or what \a start gives.
    Call get(const QByteArray &key, const Start &start, Handler<Credential> handler);
    /// A credential other than \a rejected: one that was retrieved meanwhile, else what \a start
    /// gives; \a rejected itself when a renewal has just been tried.
    Call renew(const QByteArray &key, const QByteArray &rejected, const Start &start,
               Handler<Credential> handler);
    void remove(const QByteArray &key);
    void clear();
    int size() const { return int(m_entries.size()); }

private:
    struct Entry {
        Result<Credential> outcome;
        qint64 until = 0;
        qint64 renewed = 0;
    };
    Call fly(const QByteArray &key, const Start &start, Handler<Credential> handler);
    void remember(const QByteArray &key, const Result<Credential> &outcome, bool isRenewal);
    qint64 endOf(const Result<Credential> &outcome, qint64 now) const;

    std::chrono::milliseconds m_buffer;
    Clock m_clock;
    QCache<QByteArray, Entry> m_entries;
    std::map<QByteArray, upstream::SingleFlight<Credential>> m_flights;
};

} // namespace bridge::credentials
