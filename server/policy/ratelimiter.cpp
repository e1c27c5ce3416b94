// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/policy/ratelimiter.h"

#include <QtCore/QCryptographicHash>
#include <QtCore/QElapsedTimer>
#include <QtCore/QHash>

#include <algorithm>
#include <array>
#include <cmath>

using namespace Qt::StringLiterals;

namespace bridge::policy {

namespace {

constexpr qsizetype kLongestKey = 256;

qint64 monotonicMs()
{
    static const QElapsedTimer clock = [] {
        QElapsedTimer timer;
        timer.start();
        return timer;
    }();
    return clock.elapsed();
}

qint64 seconds(double milliseconds)
{
    return std::max<qint64>(1, qint64(std::ceil(milliseconds / 1'000)));
}

} // namespace

QString limitKeyOf(const auth::Principal &principal, const QHostAddress &address)
{
    if (!principal.isAnonymous())
        return principal.owner;
    bool isV4 = false;
    const quint32 v4 = address.toIPv4Address(&isV4); // also for IPv4 in IPv6 clothes
    if (isV4)
        return u"address "_s + QHostAddress(v4).toString();
    Q_IPV6ADDR v6 = address.toIPv6Address();
    std::fill(std::begin(v6.c) + 8, std::end(v6.c), quint8(0));
    return u"address "_s + QHostAddress(v6).toString();
}

/// The counts of one limit.
class RateLimiter::Table
{
public:
    struct Entry {
        QString key;
        double left = 0; ///< calls
        qint64 at = 0;   ///< of a bucket: when `left` was true; of a quota: when its time began
    };

    explicit Table(Limit limit) : m_limit(std::move(limit)) {}

    const Limit &limit() const { return m_limit; }
    qsizetype size() const { return m_shelves[0].index.size() + m_shelves[1].index.size(); }

    bool counts(const auth::Principal &principal, const Action &action) const
    {
        return m_limit.rule.mismatch(principal, action).isEmpty();
    }

    QString keyFor(const QString &caller, const Action &action) const
    {
        QString key;
        if (m_limit.perUser)
            key += caller;
        if (m_limit.perServer || m_limit.perTool)
            key += u'\n' + action.server;
        if (m_limit.perTool)
            key += u'\n' + QString::number(int(action.kind)) + action.name;
        if (key.size() <= kLongestKey)
            return key;
        return QString::fromLatin1(
            QCryptographicHash::hash(key.toUtf8(), QCryptographicHash::Sha256).toHex());
    }

    /// The entry of \a key as it is \a now; made when there is none.
    Entry &at(const QString &key, bool isStranger, qint64 now)
    {
        Shelf &shelf = m_shelves[isStranger ? 1 : 0];
        if (const auto known = shelf.index.constFind(key); known != shelf.index.cend()) {
            shelf.entries.splice(shelf.entries.begin(), shelf.entries, *known);
        } else {
            if (shelf.index.size() >= kMaxKeys) {
                shelf.index.remove(shelf.entries.back().key);
                shelf.entries.pop_back();
            }
            shelf.entries.push_front({key, double(m_limit.capacity()), now});
            shelf.index.insert(key, shelf.entries.begin());
        }
        Entry &entry = shelf.entries.front();
        refill(entry, now);
        return entry;
    }

    /// Until a call is possible.
    double waitMs(const Entry &entry, qint64 now) const
    {
        if (entry.left >= 1)
            return 0;
        return m_limit.isBucket ? (1 - entry.left) / perMs() : double(entry.at + windowMs() - now);
    }

    /// Until all calls are there again.
    double resetMs(const Entry &entry, qint64 now) const
    {
        if (m_limit.isBucket)
            return (double(m_limit.burst) - entry.left) / perMs();
        return double(entry.at + windowMs() - now);
    }

private:
    struct Shelf {
        std::list<Entry> entries; ///< used last in front
        QHash<QString, std::list<Entry>::iterator> index;
    };

    qint64 windowMs() const { return m_limit.rate.window.count() * 1'000; }
    double perMs() const { return double(m_limit.rate.count) / double(windowMs()); }

    void refill(Entry &entry, qint64 now) const
    {
        const double full = double(m_limit.capacity());
        if (m_limit.isBucket) {
            entry.left = std::min(full, entry.left + double(now - entry.at) * perMs());
            entry.at = now;
        } else if (entry.left >= full || now - entry.at >= windowMs()) {
            entry.left = full;
            entry.at = now;
        }
    }

    Limit m_limit;
    std::array<Shelf, 2> m_shelves;
};

RateLimiter::RateLimiter(QList<Limit> limits, Clock clock)
    : m_clock(clock ? std::move(clock) : Clock(monotonicMs))
{
    (void)replace(std::move(limits));
}

RateLimiter::~RateLimiter() = default;
RateLimiter::RateLimiter(RateLimiter &&) noexcept = default;
RateLimiter &RateLimiter::operator=(RateLimiter &&) noexcept = default;

bool RateLimiter::isEmpty() const
{
    return m_tables.empty();
}

RateLimiter::Outcome RateLimiter::take(const QString &key, const auth::Principal &principal,
                                       const Action &action)
{
    Outcome outcome;
    const qint64 now = m_clock();
    std::vector<std::pair<const Table *, Table::Entry *>> counting;
    double wait = 0;
    const Limit *usedUp = nullptr;
    for (const auto &table : m_tables) {
        if (!table->counts(principal, action))
            continue;
        Table::Entry &entry = table->at(table->keyFor(key, action), principal.isAnonymous(), now);
        counting.emplace_back(table.get(), &entry);
        if (const double needed = table->waitMs(entry, now); needed > wait) {
            wait = needed;
            usedUp = &table->limit();
        }
    }
    QList<QByteArray> policies;
    QList<QByteArray> states;
    for (const auto &[table, entry] : counting) {
        if (!usedUp)
            entry->left -= 1;
        const QByteArray name = '"' + table->limit().name.toLatin1() + '"';
        policies.append(name + ";q=" + QByteArray::number(table->limit().rate.count)
                        + ";w=" + QByteArray::number(table->limit().rate.window.count()));
        states.append(name + ";r=" + QByteArray::number(qint64(std::max(0.0, entry->left)))
                      + ";t=" + QByteArray::number(seconds(table->resetMs(*entry, now))));
    }
    if (!counting.empty())
        outcome.headers = {{"RateLimit-Policy", policies.join(", ")},
                           {"RateLimit", states.join(", ")}};
    if (usedUp) {
        const qint64 after = seconds(wait);
        outcome.usedUp = usedUp->name;
        outcome.refusal = Error(ErrorCode::TooManyRequests,
                                u"The limit \"%1\" of this bridge is used up. Try again in %2 "
                                "s."_s.arg(usedUp->name)
                                    .arg(after));
        outcome.refusal->extra.insert("retry_after"_L1, after);
        outcome.headers.append({"Retry-After", QByteArray::number(after)});
    }
    return outcome;
}

bool RateLimiter::replace(QList<Limit> limits)
{
    std::vector<std::unique_ptr<Table>> old = std::exchange(m_tables, {});
    bool isOther = old.size() != size_t(limits.size());
    for (qsizetype i = 0; i < limits.size(); ++i) {
        const auto same = std::find_if(old.begin(), old.end(), [&](const auto &table) {
            return table && table->limit().json == limits[i].json;
        });
        if (same != old.end()) {
            m_tables.push_back(std::move(*same));
        } else {
            isOther = true;
            m_tables.push_back(std::make_unique<Table>(std::move(limits[i])));
        }
    }
    return isOther;
}

qsizetype RateLimiter::keyCount() const
{
    qsizetype count = 0;
    for (const auto &table : m_tables)
        count += table->size();
    return count;
}

} // namespace bridge::policy
