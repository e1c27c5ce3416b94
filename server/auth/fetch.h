// SPDX-License-Identifier: GPL-3.0-or-later
// How this room reaches identity providers: egress::GuardedClient::send() in the server, whatever a
// test likes in tests.
#pragma once

#include "server/egress/guardedclient.h"

#include <functional>

namespace bridge::auth {

using Fetch = std::function<Call(egress::EgressRequest, Handler<httpclient::Response>)>;

/// \a client must outlive what is made of this.
inline Fetch fetchBy(egress::GuardedClient *client)
{
    return [client](egress::EgressRequest request, Handler<httpclient::Response> handler) {
        return client->send(std::move(request), std::move(handler));
    };
}

/// So long nothing is asked of a provider that failed.
constexpr int kIdpPauseSeconds = 5;

/// The one thing callers hear about a provider that cannot be asked; the log says more.
inline Error idpUnavailable()
{
    Error error(ErrorCode::IdpUnavailable,
                QStringLiteral("The identity provider cannot be asked at the moment, so the access "
                               "token could not be checked. Try again later."));
    error.extra.insert(QStringLiteral("retry_after"), kIdpPauseSeconds);
    return error;
}

} // namespace bridge::auth
