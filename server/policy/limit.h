// SPDX-License-Identifier: GPL-3.0-or-later
// One limit on calls: how many, in which time, counted for whom and what. Immutable; any thread.
#pragma once

#include "server/policy/rule.h"

#include <chrono>

namespace bridge::policy {

/// `100/min`, `5/s`, `1000/day`, `10/30s`.
struct Rate {
    qint64 count = 0;
    std::chrono::seconds window{0};
};
std::optional<Rate> parseRate(const QString &text);

struct Limit {
    QString name; ///< as in the header fields
    Rate rate;
    /// A bucket that holds `burst` calls and is filled all the time; else a quota: a number that is
    /// there again when its time, which begins with the first call, is over.
    bool isBucket = true;
    qint64 burst = 0;
    // Each combination counts for itself; without any, all calls together.
    bool perUser = false;
    bool perTool = false;
    bool perServer = false;
    Rule rule;                              ///< whose calls and calls of what it counts
    QJsonValue json{QJsonValue::Undefined}; ///< as it was read

    qint64 capacity() const { return isBucket ? burst : rate.count; }
};

/// The limits of `bridge.limits`, \a json, before those of the simple settings, \a perUser,
/// \a perTool and \a perServer, which are rates or empty. All problems are in Error::problems.
Result<QList<Limit>> limitsFrom(const QJsonValue &json, const KnownNames &known,
                                const QString &perUser, const QString &perTool,
                                const QString &perServer);

} // namespace bridge::policy
