// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/httpclient/proxies.h"

#include "common/httpclient/request.h"
#include "common/logging/redaction.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace bridge::httpclient {

namespace {

constexpr quint16 kUsualPort = 80;

Error problem(const QString &variable, const QString &text)
{
    Error error(ErrorCode::InvalidConfig, u"The settings of the proxy are wrong."_s);
    error.problems.append({variable, text});
    return error;
}

Result<QNetworkProxy> proxyFrom(const QString &variable, const QString &given)
{
    const QString text = given.trimmed();
    if (text.isEmpty())
        return QNetworkProxy(QNetworkProxy::NoProxy);
    const QUrl url(text.contains("://"_L1) ? text : u"http://"_s + text, QUrl::StrictMode);
    if (!url.isValid() || url.host().isEmpty())
        return problem(variable, u"must be the URL of a proxy, like http://proxy.example:3128; "
                                 "special characters of a password are written %XX."_s);
    if (url.scheme() != "http"_L1)
        return problem(variable, u"must be a proxy that is spoken to by plain http (http://…): "
                                 "others, such as https:// and socks5://, are not supported."_s);
    if ((!url.path().isEmpty() && url.path() != "/"_L1) || url.hasQuery() || url.hasFragment())
        return problem(variable, u"must be host and port of a proxy, without a path."_s);
    const QString password = url.password(QUrl::FullyDecoded);
    if (!password.isEmpty()) {
        logging::registerSecret(password);
        logging::registerSecret(url.password(QUrl::FullyEncoded));
    }
    QNetworkProxy proxy(QNetworkProxy::HttpProxy, url.host(QUrl::FullyEncoded),
                        quint16(url.port(kUsualPort)), url.userName(QUrl::FullyDecoded), password);
    proxy.setRawHeader("User-Agent", userAgent()); // of the request for a tunnel
    return proxy;
}

bool isThisMachine(const QString &host, const QHostAddress &address)
{
    if (!address.isNull())
        return address.isLoopback();
    return host == "localhost"_L1 || host.endsWith(".localhost"_L1);
}

} // namespace

Proxies::Exception Proxies::exceptionFrom(QString text)
{
    Exception made;
    const auto network = [&made](const QString &part) {
        // parseSubnet() would take "10" for 10.0.0.0/8.
        const QString host = part.section(u'/', 0, 0);
        if (!host.contains(u':') && host.count(u'.') != 3)
            return false;
        const auto parsed = QHostAddress::parseSubnet(part);
        made.network = parsed.first;
        made.prefix = parsed.second;
        return !made.network.isNull();
    };
    if (network(text))
        return made;
    const qsizetype colon = text.lastIndexOf(u':');
    bool isPort = false;
    const quint16 port = QStringView(text).mid(colon + 1).toUShort(&isPort);
    if (colon > 0 && isPort) {
        made.port = port;
        text.truncate(colon);
    }
    if (text.startsWith(u'[') && text.endsWith(u']'))
        text = text.mid(1, text.size() - 2);
    if (network(text))
        return made;
    // `*.example.com` and `.example.com` say the same.
    if (text.startsWith("*."_L1))
        text.remove(0, 2);
    while (text.startsWith(u'.'))
        text.remove(0, 1);
    while (text.endsWith(u'.'))
        text.chop(1);
    made.host = text.toLower();
    return made;
}

bool Proxies::Exception::covers(const QString &name, const QHostAddress &address, int ofPort) const
{
    if (port >= 0 && port != ofPort)
        return false;
    if (prefix >= 0)
        return !address.isNull() && address.isInSubnet(network, prefix);
    return host == "*"_L1
           || (!host.isEmpty() && (name == host || name.endsWith(QString(u'.' + host))));
}

Result<Proxies> Proxies::parse(const QString &https, const QString &http, const QStringList &except)
{
    const auto secure = proxyFrom(u"HTTPS_PROXY"_s, https);
    if (!secure)
        return secure.error();
    const auto plain = proxyFrom(u"HTTP_PROXY"_s, http);
    if (!plain)
        return plain.error();
    Proxies made;
    made.m_https = *secure;
    made.m_http = *plain;
    for (const QString &entry : except) {
        const QStringList words = entry.simplified().split(u' ', Qt::SkipEmptyParts);
        for (const QString &word : words)
            made.m_except.append(exceptionFrom(word));
    }
    return made;
}

QNetworkProxy Proxies::proxyFor(const QUrl &url, const QHostAddress &address) const
{
    const bool isSecure = url.scheme() == "https"_L1;
    const QNetworkProxy &proxy = isSecure ? m_https : m_http;
    const QNetworkProxy direct(QNetworkProxy::NoProxy);
    if (proxy.type() == QNetworkProxy::NoProxy)
        return direct;
    QString host = url.host(QUrl::FullyEncoded).toLower();
    while (host.endsWith(u'.'))
        host.chop(1);
    const QHostAddress target = address.isNull() ? QHostAddress(host) : address;
    const int port = url.port(isSecure ? 443 : 80);
    const bool isExcepted =
        isThisMachine(host, target)
        || std::any_of(m_except.cbegin(), m_except.cend(), [&](const Exception &exception) {
               return exception.covers(host, target, port);
           });
    return isExcepted ? direct : proxy;
}

QString proxyLabel(const QNetworkProxy &proxy)
{
    const QString host = proxy.hostName();
    return (host.contains(u':') ? u'[' + host + u']' : host) + u':' + QString::number(proxy.port());
}

QString throughText(const QNetworkProxy &proxy)
{
    return proxy.type() == QNetworkProxy::NoProxy
               ? QString()
               : QString(u" through the proxy "_s + proxyLabel(proxy));
}

} // namespace bridge::httpclient
