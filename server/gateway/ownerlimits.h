// SPDX-License-Identifier: GPL-3.0-or-later
// How much of something there may be, of one owner (upstream::Identity::owner) and in all.
#pragma once

#include <QtCore/QHash>
#include <QtCore/QString>

#include <limits>

namespace bridge::gateway {

struct OwnerLimits {
    static constexpr int kNone = std::numeric_limits<int>::max();

    int perOwner = kNone;
    int anonymous = kNone; ///< of all callers nobody identified, who share one owner
    int total = kNone;

    int mostOf(const QString &owner) const
    {
        return owner == QLatin1String("anonymous") ? anonymous : perOwner;
    }
};

/// What there is of it.
class OwnerCount
{
public:
    int total() const { return m_total; }
    bool hasRoom(const OwnerLimits &limits, const QString &owner) const
    {
        return m_total < limits.total && m_byOwner.value(owner) < limits.mostOf(owner);
    }
    void add(const QString &owner)
    {
        ++m_total;
        ++m_byOwner[owner];
    }
    /// One that was added.
    void remove(const QString &owner)
    {
        --m_total;
        const auto found = m_byOwner.find(owner);
        if (--*found == 0)
            m_byOwner.erase(found);
    }
    void clear() { *this = {}; }

private:
    int m_total = 0;
    QHash<QString, int> m_byOwner;
};

} // namespace bridge::gateway
