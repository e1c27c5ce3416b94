// SPDX-License-Identifier: GPL-3.0-or-later
// Calls of modern clients that wait for the retry with the answers, within limits.
#pragma once

#include "common/base/result.h"
#include "server/gateway/ownerlimits.h"

#include <QtCore/QHash>

#include <memory>

namespace bridge::gateway {

class Errand;
using ErrandPtr = std::shared_ptr<Errand>;

class SuspendedCalls
{
public:
    explicit SuspendedCalls(const OwnerLimits &limits) : m_limits(limits) {}

    /// A name for the call that now waits. TooManyRequests beyond the limits.
    Result<QString> add(const QString &owner, ErrandPtr call);
    /// Null when there is none.
    ErrandPtr find(const QString &id) const { return m_calls.value(id).call; }
    /// The call that waited; dropping it cancels it.
    ErrandPtr take(const QString &id);
    void clear();
    int count() const { return int(m_calls.size()); }

private:
    struct Waiting {
        QString owner;
        ErrandPtr call;
    };

    OwnerLimits m_limits;
    QHash<QString, Waiting> m_calls;
    OwnerCount m_count;
};

} // namespace bridge::gateway
