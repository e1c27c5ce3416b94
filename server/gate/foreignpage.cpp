// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gate/foreignpage.h"

#include <QtCore/QUrl>
#include <QtNetwork/QHostAddress>

using namespace Qt::StringLiterals;

namespace bridge::gate {

namespace {

bool isSafe(const QByteArray &method)
{
    return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

QByteArray withoutDefaultPort(QByteArray origin)
{
    if (origin.startsWith("http://") && origin.endsWith(":80"))
        origin.chop(3);
    else if (origin.startsWith("https://") && origin.endsWith(":443"))
        origin.chop(4);
    return origin;
}

bool isOwn(const QByteArray &origin, const http::Request &request)
{
    const QByteArray given = withoutDefaultPort(origin.toLower());
    return given == withoutDefaultPort("http://" + request.host())
           || given == withoutDefaultPort("https://" + request.host());
}

Error foreignPage()
{
    return Error(ErrorCode::Forbidden,
                 u"This request was made by a page of another site, with the login of whoever "
                 "looks at it. Use the bridge's own pages, or name that site in CORS_ORIGINS."_s);
}

/// The client means this machine: a name somebody else's name server has made to point here is no
/// such thing (DNS rebinding), and a page under that name is its own origin.
bool meansThisMachine(const http::Request &request)
{
    const QUrl url(u"http://"_s + QString::fromLatin1(request.host()), QUrl::StrictMode);
    const QString host = url.host();
    if (!url.isValid() || host.isEmpty() || !url.userInfo().isEmpty())
        return false;
    return host == "localhost"_L1 || host.endsWith(".localhost"_L1)
           || QHostAddress(host).isLoopback();
}

} // namespace

std::optional<Error> checkPage(const http::Request &request, const PageRules &rules)
{
    if (const QByteArray origin = request.header("origin"); !origin.isEmpty()) {
        if (isOwn(origin, request) || rules.origins.matches(QString::fromLatin1(origin).toLower()))
            return std::nullopt;
        return foreignPage();
    }
    if (const QByteArray site = request.header("sec-fetch-site"); !site.isEmpty()) {
        if (site == "same-origin" || site == "none")
            return std::nullopt;
        // Somebody followed a link: what comes is shown to him, not to the page he came from.
        if (isSafe(request.method) && request.header("sec-fetch-mode") == "navigate")
            return std::nullopt;
        return foreignPage();
    }
    if (!rules.byCookie || isSafe(request.method)
        || request.header("content-type").trimmed().toLower().startsWith("application/json")
        || request.hasHeader("x-requested-with"))
        return std::nullopt;
    return Error(ErrorCode::Forbidden,
                 u"A request that is authenticated by a cookie needs `Content-Type: "
                 "application/json` or the header `X-Requested-With`, so that no form of another "
                 "site can make it."_s);
}

bool isNeighbour(const http::Request &request)
{
    if (!request.peer.isLoopback())
        return false;
    for (const auto &[name, value] : request.headers) {
        const QByteArray lower = name.toLower();
        // A proxy on this machine speaks for callers who are elsewhere.
        if (lower.startsWith("x-forwarded-") || lower == "forwarded" || lower == "via"
            || lower == "x-real-ip" || lower == "x-client-ip" || lower == "cf-connecting-ip"
            || lower == "true-client-ip")
            return false;
    }
    return meansThisMachine(request) && !checkPage(request, {});
}

} // namespace bridge::gate
