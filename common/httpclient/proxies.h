// SPDX-License-Identifier: GPL-3.0-or-later
// Which proxy a request goes through, told by the usual variables HTTPS_PROXY, HTTP_PROXY and
// NO_PROXY. https goes through a tunnel (CONNECT, RFC 9110 §9.3.6), so that the proxy sees the host
// and nothing else; http is handed to the proxy as it is. A plain value; any thread.
#pragma once

#include "common/base/result.h"

#include <QtCore/QStringList>
#include <QtCore/QUrl>
#include <QtNetwork/QHostAddress>
#include <QtNetwork/QNetworkProxy>

namespace bridge::httpclient {

class Proxies
{
public:
    /// None.
    Proxies() = default;

    /// \a https and \a http: `http://[user:password@]host[:port]`, empty = none. Entries of
    /// \a except: a host (and what is below it), `.suffix`, an address, a network like 10.0.0.0/8,
    /// each but the last with `:port` where only that one is meant; `*` = everything. InvalidConfig
    /// has the variable's name as the problem's path and never shows the value. Registers passwords
    /// as secrets.
    static Result<Proxies> parse(const QString &https, const QString &http,
                                 const QStringList &except);

    /// NoProxy for what is to be reached directly: this machine always, and what `except` names.
    /// \a address: what is connected to instead of the URL's host; null = not known.
    QNetworkProxy proxyFor(const QUrl &url, const QHostAddress &address = {}) const;

    friend bool operator==(const Proxies &, const Proxies &) = default;

private:
    struct Exception {
        QString host; ///< with its subdomains; `*` = every host
        QHostAddress network;
        int prefix = -1; ///< of `network`
        int port = -1;   ///< -1 = any

        bool covers(const QString &name, const QHostAddress &address, int ofPort) const;
        friend bool operator==(const Exception &, const Exception &) = default;
    };
    static Exception exceptionFrom(QString text);

    QNetworkProxy m_https = QNetworkProxy(QNetworkProxy::NoProxy);
    QNetworkProxy m_http = QNetworkProxy(QNetworkProxy::NoProxy);
    QList<Exception> m_except;
};

/// How messages name \a proxy: host and port, nothing secret.
QString proxyLabel(const QNetworkProxy &proxy);
/// ` through the proxy host:port`, or nothing where there is none.
QString throughText(const QNetworkProxy &proxy);

} // namespace bridge::httpclient
