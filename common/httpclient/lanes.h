// SPDX-License-Identifier: GPL-3.0-or-later
// The connections of one client in groups of those that may stand in for each other. Qt opens up to
// six to a host for each of its managers and keeps them; which of them a request gets cannot be
// told, so a manager serves one partition through one proxy and how many stay open is counted here.
#pragma once

#include <QtCore/QByteArray>
#include <QtNetwork/QNetworkAccessManager>
#include <QtNetwork/QNetworkProxy>

#include <list>
#include <memory>

namespace bridge::httpclient {

class Lanes
{
    struct Lane;

public:
    /// A connection for one request.
    struct Place {
        QNetworkAccessManager *manager = nullptr;
        bool isLast = false; ///< the connection has to end with the request
    private:
        friend class Lanes;
        std::shared_ptr<Lane> lane;
    };

    explicit Lanes(int maxKeepAlive);
    ~Lanes();
    Lanes(const Lanes &) = delete;
    Lanes &operator=(const Lanes &) = delete;

    Place take(const QByteArray &partition, const QNetworkProxy &proxy);
    /// Once for each place. Ends connections of those who have used none for longest when more
    /// than maxKeepAlive would be left unused.
    void giveBack(const Place &place);

private:
    int idle() const { return m_open - m_active; }
    std::shared_ptr<Lane> laneFor(const QByteArray &partition, const QNetworkProxy &proxy);
    void trim();

    int m_maxKeepAlive;
    std::list<std::shared_ptr<Lane>> m_lanes; ///< longest unused first
    int m_active = 0;
    int m_open = 0; ///< at most so many: servers close some unasked
};

} // namespace bridge::httpclient
