// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gate/publicaddress.h"

#include <QtCore/QUrl>

using namespace Qt::StringLiterals;

namespace bridge::gate {

namespace {

/// The entry a chain of proxies begins with.
QByteArray firstOf(const QByteArray &list)
{
    const qsizetype comma = list.indexOf(',');
    return (comma < 0 ? list : list.first(comma)).trimmed().toLower();
}

/// What may stand in a URL as its host and port; anything else could change what the URL means.
bool isAuthority(const QByteArray &text)
{
    return !text.isEmpty() && text.size() <= 255
           && std::all_of(text.cbegin(), text.cend(), [](char c) {
                  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-'
                         || c == ':' || c == '[' || c == ']' || c == '_';
              });
}

} // namespace

PublicAddress::PublicAddress(const QString &url, Networks trustedProxies, bool isHttps,
                             QString basePath)
    : m_url(url)
    , m_proxies(std::move(trustedProxies))
    , m_isHttps(isHttps)
    , m_basePath(std::move(basePath))
{
    while (m_url.endsWith('/'_L1))
        m_url.chop(1);
}

QString PublicAddress::rootFor(const http::Request &request) const
{
    QByteArray scheme = request.secure || m_isHttps ? "https"_ba : "http"_ba;
    QByteArray host = request.host();
    if (m_proxies.contains(request.peer)) {
        const QByteArray proto = firstOf(request.header("x-forwarded-proto"));
        const QByteArray forwarded = firstOf(request.header("x-forwarded-host"));
        if (proto == "https" || proto == "http")
            scheme = proto;
        if (isAuthority(forwarded))
            host = forwarded;
    }
    if (!isAuthority(host))
        host = "localhost"_ba;
    return QString::fromLatin1(scheme + "://" + host);
}

QString PublicAddress::path() const
{
    return m_url.isEmpty() ? m_basePath : QUrl(m_url).path(QUrl::FullyEncoded);
}

QString PublicAddress::baseFor(const http::Request &request) const
{
    return m_url.isEmpty() ? QString(rootFor(request) + m_basePath) : m_url;
}

QString PublicAddress::originFor(const http::Request &request) const
{
    const QString base = baseFor(request);
    return base.chopped(pathFor(request).size());
}

http::Headers PublicAddress::cachingFor(const QByteArray &cacheControl) const
{
    if (m_url.isEmpty())
        return {{"Cache-Control"_ba, "no-store"_ba},
                {"Vary"_ba, "Host, X-Forwarded-Host, X-Forwarded-Proto"_ba}};
    if (cacheControl.isEmpty())
        return {};
    return {{"Cache-Control"_ba, cacheControl}};
}

QString PublicAddress::pathFor(const http::Request &request) const
{
    const QString base = baseFor(request);
    const qsizetype slash = base.indexOf(u'/', base.indexOf("://"_L1) + 3);
    return slash < 0 ? QString() : base.sliced(slash);
}

} // namespace bridge::gate
