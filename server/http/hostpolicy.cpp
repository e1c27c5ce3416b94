// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/http/hostpolicy.h"

#include <QtCore/QRegularExpression>

using namespace Qt::StringLiterals;

namespace bridge::http {

namespace {

/// What a page may read of an answer besides what it always may (Fetch "CORS-safelisted response-
/// header name"). Named one by one, as `*` is a plain name to a browser that sends credentials.
constexpr char kExposed[] = "Mcp-Session-Id, MCP-Protocol-Version, X-Request-Id, "
                            "X-Session-Restarted, Retry-After, WWW-Authenticate";
/// What MCP clients send sooner or later: told at once, one preflight does for all of a path.
constexpr char kUsual[] = "Authorization, Content-Type, Last-Event-ID, Mcp-Method, Mcp-Name, "
                          "MCP-Protocol-Version, Mcp-Session-Id, Mcp-Bridge-Session";

/// Host of `host`, `host:port`, `[v6]` or `[v6]:port`, in lower case without brackets.
QByteArray hostName(const QByteArray &authority)
{
    const QByteArray lower = authority.toLower();
    if (lower.startsWith('[')) {
        const qsizetype end = lower.indexOf(']');
        return end < 0 ? lower : lower.sliced(1, end - 1);
    }
    const qsizetype colon = lower.indexOf(':');
    QByteArray name = colon < 0 ? lower : lower.first(colon);
    if (name.endsWith('.'))
        name.chop(1); // a fully qualified name
    return name;
}

bool isLoopbackName(const QByteArray &name)
{
    if (name == "localhost")
        return true;
    QHostAddress address;
    // Only the four-part form: `2130706433` and `127.1` are tricks in a Host header.
    if (!name.contains(':') && name.count('.') != 3)
        return false;
    return address.setAddress(QString::fromLatin1(name)) && address.isLoopback();
}

bool globMatches(const QString &glob, const QByteArray &text)
{
    if (!glob.contains(u'*') && !glob.contains(u'?'))
        return glob.compare(QLatin1StringView(text), Qt::CaseInsensitive) == 0;
    QString pattern = QRegularExpression::escape(glob);
    pattern.replace("\\*"_L1, ".*"_L1).replace("\\?"_L1, "."_L1);
    static const auto options = QRegularExpression::CaseInsensitiveOption;
    return QRegularExpression(QRegularExpression::anchoredPattern(pattern), options)
        .match(QString::fromLatin1(text))
        .hasMatch();
}

bool anyMatches(const QStringList &globs, const QByteArray &text)
{
    return std::any_of(globs.cbegin(), globs.cend(),
                       [&text](const QString &glob) { return globMatches(glob, text); });
}

/// Authority of an origin with the default port of its scheme left out.
QByteArray originAuthority(const QByteArray &origin)
{
    const qsizetype scheme = origin.indexOf("://");
    return scheme < 0 ? QByteArray() : origin.sliced(scheme + 3).toLower();
}

QByteArray withoutDefaultPort(QByteArray authority)
{
    if (authority.endsWith(":80") || authority.endsWith(":443"))
        authority.truncate(authority.lastIndexOf(':'));
    return authority;
}

} // namespace

HostPolicy::HostPolicy(HostPolicyOptions options)
    : m_options(std::move(options))
    , m_anyHost(m_options.allowedHosts.contains("*"_L1)
                || (m_options.allowedHosts.isEmpty() && !m_options.loopbackOnly))
    , m_anyOrigin(m_options.corsOrigins.contains("*"_L1))
{
}

bool HostPolicy::hostAllowed(const QByteArray &host) const
{
    if (m_anyHost)
        return true;
    const QByteArray name = hostName(host);
    // DNS rebinding brings the attacker's name; a literal loopback name cannot be rebound.
    return isLoopbackName(name) || anyMatches(m_options.allowedHosts, name);
}

bool HostPolicy::originListed(const QByteArray &origin) const
{
    return m_anyOrigin || anyMatches(m_options.corsOrigins, origin);
}

std::optional<Error> HostPolicy::check(const Request &request) const
{
    const QByteArray host = request.host();
    // Only HTTP/1.0 may leave Host out, as simple health probes do; browsers never do.
    if (!host.isEmpty() && !hostAllowed(host)) {
        // A target like http://user:password@host/ must not have its password repeated.
        const QByteArray name = host.sliced(host.lastIndexOf('@') + 1).left(255);
        return Error(ErrorCode::Forbidden,
                     u"This server does not answer to the host name `%1`. Add it to ALLOWED_HOSTS "
                     u"to use it."_s.arg(QString::fromLatin1(name)));
    }
    const QByteArray origin = request.header("origin");
    if (origin.isEmpty() || originListed(origin))
        return {};
    const QByteArray own = originAuthority(origin);
    if (!own.isEmpty() && withoutDefaultPort(own) == withoutDefaultPort(host))
        return {};
    return Error(ErrorCode::Forbidden,
                 u"Pages of the origin `%1` may not use this server. Add it to CORS_ORIGINS to "
                 u"allow it."_s.arg(
                     QString::fromLatin1(origin.first(std::min<qsizetype>(origin.size(), 255)))));
}

Headers HostPolicy::corsHeaders(const Request &request) const
{
    if (m_options.corsOrigins.isEmpty())
        return {};
    const QByteArray origin = request.header("origin");
    if (origin.isEmpty() || !originListed(origin))
        return {};
    if (m_anyOrigin) // with credentials a browser refuses `*`, and any site could act for the user
        return {{"Access-Control-Allow-Origin"_ba, "*"_ba},
                {"Access-Control-Expose-Headers"_ba, kExposed + ", *"_ba}};
    Headers fields{{"Access-Control-Allow-Origin"_ba, origin}, {"Vary"_ba, "Origin"_ba}};
    if (m_options.corsCredentials) {
        fields.append({"Access-Control-Allow-Credentials"_ba, "true"_ba});
        fields.append({"Access-Control-Expose-Headers"_ba, kExposed});
    } else {
        fields.append({"Access-Control-Expose-Headers"_ba, kExposed + ", *"_ba});
    }
    return fields;
}

bool HostPolicy::isPreflight(const Request &request)
{
    return request.method == "OPTIONS" && request.hasHeader("origin")
           && request.hasHeader("access-control-request-method");
}

Headers HostPolicy::preflightHeaders(const Request &request, const QByteArray &allow) const
{
    if (corsHeaders(request).isEmpty())
        return {};
    Headers fields{{"Access-Control-Allow-Methods"_ba, allow},
                   {"Access-Control-Max-Age"_ba, "600"_ba}};
    // The rest as asked: `Mcp-Param-*`, SESSION_FIELD_NAME and mapped headers have any name.
    const QByteArray asked = request.header("access-control-request-headers").trimmed();
    fields.append({"Access-Control-Allow-Headers"_ba,
                   asked.isEmpty() ? QByteArray(kUsual) : kUsual + ", "_ba + asked});
    return fields;
}

} // namespace bridge::http
