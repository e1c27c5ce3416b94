// SPDX-License-Identifier: GPL-3.0-or-later
// Which Host and Origin values are welcome: defence against DNS rebinding and foreign web pages,
// and the CORS answers (Fetch standard §3.2). Pure: no sockets, no requests kept.
#pragma once

#include "common/base/result.h"
#include "server/http/request.h"

#include <QtCore/QStringList>

#include <optional>

namespace bridge::http {

struct HostPolicyOptions {
    bool loopbackOnly = true;     ///< the server is bound to a loopback address
    QStringList allowedHosts;     ///< ALLOWED_HOSTS: host globs without port, `*` = all
    QStringList corsOrigins;      ///< CORS_ORIGINS: `https://a.example`, globs, `*` = all
    bool corsCredentials = false; ///< CORS_ALLOW_CREDENTIALS; never with `*`
};

class HostPolicy
{
public:
    explicit HostPolicy(HostPolicyOptions options = {});

    /// Error (403) when Host or Origin is not welcome, naming the setting to change.
    std::optional<Error> check(const Request &request) const;
    /// CORS fields of an answer to \a request; empty without an Origin that CORS_ORIGINS admits.
    Headers corsHeaders(const Request &request) const;
    /// True for a CORS preflight (OPTIONS with Origin and Access-Control-Request-Method).
    static bool isPreflight(const Request &request);
    /// Further fields of the answer to a preflight; \a allow lists the methods of the path.
    Headers preflightHeaders(const Request &request, const QByteArray &allow) const;

    bool hostAllowed(const QByteArray &host) const;
    bool originListed(const QByteArray &origin) const;

private:
    HostPolicyOptions m_options;
    bool m_anyHost = false;
    bool m_anyOrigin = false;
};

} // namespace bridge::http
