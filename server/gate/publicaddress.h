// SPDX-License-Identifier: GPL-3.0-or-later
// Under which address clients know the bridge. What proxies say is believed only of those that
// are listed (weakness S22).
#pragma once

#include "common/base/networks.h"
#include "server/http/request.h"

namespace bridge::gate {

class PublicAddress
{
public:
    PublicAddress() = default;
    /// \a url is BRIDGE_PUBLIC_URL, which has the base path; empty when clients reach the bridge in
    /// several ways, so that each request says how.
    PublicAddress(const QString &url, Networks trustedProxies, bool isHttps, QString basePath);

    /// Path of BRIDGE_PUBLIC_URL, else the base path: empty or with a slash in front.
    QString path() const;
    /// `https://mcp.example.com/base`, without a slash at the end.
    QString baseFor(const http::Request &request) const;
    /// The same without its path.
    QString originFor(const http::Request &request) const;
    /// And only the path, empty or with a slash in front.
    QString pathFor(const http::Request &request) const;

    /// For answers that name an address: without BRIDGE_PUBLIC_URL it is what the request said, so
    /// a cache must not give it to anybody else (RFC 9111 §3, §4.1). \a cacheControl is for an
    /// address that is always the same; empty = none.
    http::Headers cachingFor(const QByteArray &cacheControl) const;

private:
    QString rootFor(const http::Request &request) const;

    QString m_url;
    Networks m_proxies;
    bool m_isHttps = false;
    QString m_basePath;
};

} // namespace bridge::gate
