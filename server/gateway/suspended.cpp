// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/suspended.h"

#include "common/base/ids.h"

using namespace Qt::StringLiterals;

namespace bridge::gateway {

Result<QString> SuspendedCalls::add(const QString &owner, ErrandPtr call)
{
    if (!m_count.hasRoom(m_limits, owner)) {
        return Error(ErrorCode::TooManyRequests,
                     u"Too many calls wait for answers to their questions. Answer some of them, "
                     "or call again later."_s);
    }
    const QString id = randomToken();
    m_calls.insert(id, {owner, std::move(call)});
    m_count.add(owner);
    return id;
}

ErrandPtr SuspendedCalls::take(const QString &id)
{
    const auto found = m_calls.find(id);
    if (found == m_calls.end())
        return nullptr;
    const Waiting waiting = *found;
    m_calls.erase(found);
    m_count.remove(waiting.owner);
    return waiting.call;
}

void SuspendedCalls::clear()
{
    m_count.clear();
    const auto dropped = std::exchange(m_calls, {}); // what ends may look here
}

} // namespace bridge::gateway
