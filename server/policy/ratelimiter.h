// SPDX-License-Identifier: GPL-3.0-or-later
// Counts calls against the limits: token buckets and quotas per caller, tool and server. Bounded:
// whoever called longest ago is forgotten first, strangers apart from those who are known. Clocks
// of the wall do not matter. Main thread.
#pragma once

#include "server/policy/limit.h"

#include <QtNetwork/QHostAddress>

#include <functional>
#include <list>
#include <memory>
#include <vector>

namespace bridge::policy {

/// Who a call is counted for: the owner, or the address of a caller nobody vouches for; of IPv6
/// the network of 64 bits, which is what one subscriber has.
QString limitKeyOf(const auth::Principal &principal, const QHostAddress &address);

class RateLimiter
{
public:
    using Clock = std::function<qint64()>; ///< milliseconds that never go back
    /// Callers that are remembered for one limit; of known and of unknown ones so many each.
    static constexpr qsizetype kMaxKeys = 20'000;

    /// Without \a clock the system's monotonic one.
    explicit RateLimiter(QList<Limit> limits = {}, Clock clock = {});
    ~RateLimiter();
    RateLimiter(RateLimiter &&) noexcept;
    RateLimiter &operator=(RateLimiter &&) noexcept;

    bool isEmpty() const;

    struct Outcome {
        QString usedUp;               ///< name of the limit that refuses
        std::optional<Error> refusal; ///< TooManyRequests; `retry_after` in its extra, in seconds
        /// RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers-10) of the limits
        /// that count this call, and Retry-After when it is refused.
        QList<std::pair<QByteArray, QByteArray>> headers;
    };
    /// Takes one call of \a key, see limitKeyOf(), from every limit that counts it; from none when
    /// one of them is used up.
    Outcome take(const QString &key, const auth::Principal &principal, const Action &action);

    /// From now on; limits that stay the same keep their counts. Whether there is any other.
    bool replace(QList<Limit> limits);
    qsizetype keyCount() const; ///< for tests

private:
    class Table;
    Clock m_clock;
    std::vector<std::unique_ptr<Table>> m_tables;
};

} // namespace bridge::policy
