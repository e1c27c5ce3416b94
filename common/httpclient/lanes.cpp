// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/httpclient/lanes.h"

#include <algorithm>
#include <utility>

namespace bridge::httpclient {

namespace {

/// Qt opens no more connections than this to one host from one manager.
constexpr int kPerManager = 6;

} // namespace

struct Lanes::Lane {
    ~Lane()
    {
        // Later: this may be the end of an answer that one of its replies is delivering.
        manager.release()->deleteLater();
    }

    std::unique_ptr<QNetworkAccessManager> manager = std::make_unique<QNetworkAccessManager>();
    QByteArray partition;
    int active = 0;
    int open = 0; ///< the most requests at once that left a connection behind
};

Lanes::Lanes(int maxKeepAlive) : m_maxKeepAlive(maxKeepAlive)
{
}

Lanes::~Lanes() = default;

std::shared_ptr<Lanes::Lane> Lanes::laneFor(const QByteArray &partition, const QNetworkProxy &proxy)
{
    for (const std::shared_ptr<Lane> &lane : m_lanes) {
        if (lane->active < kPerManager && lane->partition == partition
            && lane->manager->proxy() == proxy)
            return lane;
    }
    auto lane = std::make_shared<Lane>();
    lane->partition = partition;
    lane->manager->setProxy(proxy);
    lane->manager->setAutoDeleteReplies(false);
    m_lanes.push_back(lane);
    return lane;
}

Lanes::Place Lanes::take(const QByteArray &partition, const QNetworkProxy &proxy)
{
    Place place;
    place.lane = laneFor(partition, proxy);
    place.manager = place.lane->manager.get();
    Lane &lane = *place.lane;
    // Some lane could not be dropped because of a long request: its spare ones go one by one.
    place.isLast = m_maxKeepAlive == 0 || (lane.open > lane.active && idle() > m_maxKeepAlive);
    ++lane.active;
    ++m_active;
    if (lane.open < lane.active) {
        ++lane.open;
        ++m_open;
    }
    return place;
}

void Lanes::giveBack(const Place &place)
{
    Lane &lane = *place.lane;
    --lane.active;
    --m_active;
    if (place.isLast) {
        --lane.open;
        --m_open;
    }
    if (lane.active > 0)
        return trim();
    const auto at = std::find(m_lanes.begin(), m_lanes.end(), place.lane);
    m_lanes.splice(m_lanes.end(), m_lanes, at);
    trim();
}

void Lanes::trim()
{
    for (auto at = m_lanes.begin(); at != m_lanes.end();) {
        const Lane &lane = **at;
        if (lane.active > 0 || (lane.open > 0 && idle() <= m_maxKeepAlive)) {
            ++at;
            continue;
        }
        m_open -= lane.open;
        at = m_lanes.erase(at);
    }
}

} // namespace bridge::httpclient
