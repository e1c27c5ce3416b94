// SPDX-License-Identifier: GPL-3.0-or-later
// One HTTP request as a value: complete, copied, independent of any socket (RFC 9110, RFC 9112).
#pragma once

#include <QtCore/QByteArray>
#include <QtCore/QList>
#include <QtCore/QUrlQuery>
#include <QtNetwork/QHostAddress>

#include <utility>

namespace bridge::http {

/// Field name and value in the order they were received; names keep their spelling.
using Headers = QList<std::pair<QByteArray, QByteArray>>;

/// Value of the first field called \a name (any case), empty when there is none.
QByteArray headerValue(const Headers &headers, QByteArrayView name);

struct Request {
    QByteArray method; ///< as received, e.g. `GET`; methods are case-sensitive
    QByteArray target; ///< request target as received, with its query
    QString path;      ///< path of the target, still percent-encoded; the Router decodes segments
    Headers headers;
    QUrlQuery query; ///< still encoded; queryValue() decodes
    QByteArray body; ///< complete, transfer coding removed
    QHostAddress peer;        ///< of the connection: maybe a proxy
    QHostAddress client;      ///< of the client, as far as declared proxies tell; never v4-mapped
    bool isForwarded = false; ///< the peer is a declared proxy
    quint16 peerPort = 0;
    bool secure = false; ///< came over TLS
    int minorVersion = 1;

    /// Value of the first field called \a name in any case; empty when absent.
    QByteArray header(QByteArrayView name) const { return headerValue(headers, name); }
    bool hasHeader(QByteArrayView name) const;
    /// Value of cookie \a name (case-sensitive, RFC 6265 §5.4), quotes removed.
    QByteArray cookie(QByteArrayView name) const;
    /// First value of query item \a name with `%XX` and `+` decoded.
    QString queryValue(const QString &name) const;
    /// Host the client means, in lower case with its port if it gave one: authority of an
    /// absolute target, else `Host`.
    QByteArray host() const;
    /// Raw path bytes of the target without query or fragment.
    QByteArray rawPath() const;
};

} // namespace bridge::http
