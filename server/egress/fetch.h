// SPDX-License-Identifier: GPL-3.0-or-later
// One guarded request on its way: checks, resolves, tries the addresses, counts bytes and time.
#pragma once

#include "server/egress/guardedclient.h"

namespace bridge::egress {

class Fetch : public std::enable_shared_from_this<Fetch>
{
public:
    Fetch(std::shared_ptr<const EgressOptions> options, std::shared_ptr<httpclient::Client> client,
          EgressRequest request, Handler<httpclient::Response> handler);

    void begin();
    void drop();

private:
    std::optional<Error> objection() const;
    void onResolved(const Result<QList<QHostAddress>> &addresses);
    bool isReachable(const QHostAddress &address) const;
    void connectToNext();
    void onAnswer(Result<httpclient::Response> answer);
    void take(const QByteArray &chunk);
    void finish(Result<httpclient::Response> outcome);
    Error refused(const QString &reason) const;
    Error unknownHost() const;

    std::shared_ptr<const EgressOptions> m_options;
    std::shared_ptr<httpclient::Client> m_client;
    EgressRequest m_request;
    Handler<httpclient::Response> m_handler;
    QList<QHostAddress> m_addresses; ///< still to be tried; a null one = let the client resolve
    QHostAddress m_asked;            ///< last
    QByteArray m_body;
    bool m_wasSent = false;
    Call m_deadline;
    Call m_step; ///< what is being waited for
};

} // namespace bridge::egress
