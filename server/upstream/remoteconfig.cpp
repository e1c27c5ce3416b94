// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/remoteconfig.h"

#include "common/config/optiontable.h"
#include "common/httpclient/tls.h"
#include "common/logging/redaction.h"
#include "server/upstream/remoteheaders.h"

#include <QtCore/QJsonArray>

using namespace Qt::StringLiterals;

namespace bridge::upstream {

namespace {

using Transport = RemoteDefinition::Transport;

std::optional<Transport> transportOf(const QString &type)
{
    if (type == "auto"_L1)
        return Transport::Auto;
    if (type == "sse"_L1)
        return Transport::Sse;
    for (const QLatin1StringView name :
         {"http"_L1, "streamable-http"_L1, "streamable_http"_L1, "streamablehttp"_L1}) {
        if (type.compare(name, Qt::CaseInsensitive) == 0)
            return Transport::Http;
    }
    return std::nullopt;
}

/// Credentials of \a url become the header they stand for, so that no message can show them.
void takeUrl(RemoteDefinition &remote, QUrl url)
{
    if (!url.userInfo().isEmpty()) {
        const QString pair =
            url.userName(QUrl::FullyDecoded) + u':' + url.password(QUrl::FullyDecoded);
        logging::registerSecret(url.password(QUrl::FullyDecoded));
        remote.headers.append({"Authorization", "Basic " + pair.toUtf8().toBase64()});
        url.setUserInfo({});
    }
    url.setFragment({});
    if (remote.transport == Transport::Auto && url.path().endsWith("/sse"_L1))
        remote.transport = Transport::Sse;
    remote.url = url;
}

void addHeader(RemoteDefinition &remote, const QString &name, const QString &value)
{
    httpclient::setHeader(remote.headers, name.toLatin1(), value.toLatin1());
    const bool isCredential = logging::isSecretName(name)
                              || name.contains("auth"_L1, Qt::CaseInsensitive)
                              || name.contains("cookie"_L1, Qt::CaseInsensitive);
    if (!isCredential)
        return;
    logging::registerSecret(value);
    if (value.contains(u' '))
        logging::registerSecret(value.section(u' ', 1)); // what follows the scheme
}

QString headerProblem(const QString &name, const QString &value)
{
    if (isHeader(name.toLatin1(), value.toLatin1())
        && QString::fromLatin1(value.toLatin1()) == value)
        return {};
    return u"must be a header name with a value of one line."_s;
}

/// Cookies of logins and sessions, as the rooms above call them, and those that may hold tokens.
QList<QByteArray> privateCookies(const config::Settings &settings)
{
    QList<QByteArray> names{"mcp-bridge", "mcp-bridge-login", "bridge-connect"};
    for (qsizetype i = 0, count = names.size(); i < count; ++i)
        names.append("__Host-" + names[i]);
    for (const QString &name : {u"SESSION_FIELD_NAME"_s, u"TOKEN_COOKIE_NAME"_s}) {
        if (const QByteArray cookie = settings.text(name).toLatin1(); !cookie.isEmpty())
            names.append(cookie);
    }
    return names;
}

} // namespace

RemoteDefinition remoteCommon(const config::Settings &settings, QList<FieldProblem> &problems)
{
    RemoteDefinition remote;
    remote.transport = *transportOf(settings.text(u"MCP_REMOTE_TRANSPORT"_s));
    remote.privateHeaders = {settings.text(u"SESSION_FIELD_NAME"_s).toLower()};
    if (config::optionTable().find(u"TOKEN_NAME"_s))
        remote.privateHeaders.append(settings.text(u"TOKEN_NAME"_s).toLower());
    remote.privateCookies = privateCookies(settings);
    remote.connectTimeout = settings.seconds(u"MCP_REMOTE_CONNECT_TIMEOUT"_s);
    remote.answerTimeout = settings.seconds(u"MCP_REMOTE_TIMEOUT"_s);
    remote.idleTimeout = settings.seconds(u"MCP_REMOTE_IDLE_TIMEOUT"_s);
    remote.teardownTimeout = settings.seconds(u"MCP_REMOTE_TEARDOWN_TIMEOUT_SECONDS"_s);
    remote.maxConnections = int(settings.integer(u"MCP_REMOTE_MAX_CONNECTIONS"_s));
    remote.maxKeepAlive = int(settings.integer(u"MCP_REMOTE_MAX_KEEPALIVE_CONNECTIONS"_s));
    remote.logRequests = settings.boolean(u"MCP_REMOTE_LOG_REQUESTS"_s);
    remote.logResponses = settings.boolean(u"MCP_REMOTE_LOG_RESPONSES"_s);
    remote.groupHeader = settings.text(u"MCP_REMOTE_GROUP_HEADER"_s).toLatin1();
    const auto tls = httpclient::tlsConfiguration(settings.boolean(u"MCP_REMOTE_VERIFY_TLS"_s),
                                                  settings.text(u"MCP_REMOTE_CA_BUNDLE"_s));
    if (tls)
        remote.tls = *tls;
    else
        problems.append({u"MCP_REMOTE_CA_BUNDLE"_s, tls.error().message});
    // What is wrong with them is told where the bridge's own requests are set up.
    if (const auto proxies = httpclient::Proxies::parse(settings.text(u"HTTPS_PROXY"_s),
                                                        settings.text(u"HTTP_PROXY"_s),
                                                        settings.list(u"NO_PROXY"_s)))
        remote.proxies = *proxies;
    return remote;
}

RemoteDefinition remoteServer(const config::Settings &settings, RemoteDefinition common,
                              QList<FieldProblem> &problems)
{
    RemoteDefinition remote = std::move(common);
    takeUrl(remote, QUrl(settings.text(u"MCP_REMOTE_SERVER"_s).trimmed(), QUrl::StrictMode));
    const auto family = settings.family(u"MCP_REMOTE_HEADER_"_s);
    for (auto it = family.begin(); it != family.end(); ++it) {
        if (it.value().isEmpty())
            continue;
        QString name = it.key();
        name.replace(u'_', u'-');
        if (const QString problem = headerProblem(name, it.value()); !problem.isEmpty())
            problems.append({u"MCP_REMOTE_HEADER_"_s + it.key(), problem});
        addHeader(remote, name, it.value());
    }
    const auto token = [&](const QString &name) {
        const QByteArray value = settings.text(name).trimmed().toLatin1();
        if (!isHeader("x", value))
            problems.append({name, u"must be a token of one line."_s});
        return value;
    };
    remote.forward = settings.list(u"MCP_REMOTE_SERVER_FORWARD_HEADERS"_s);
    remote.bearerToken = token(u"MCP_REMOTE_BEARER_TOKEN"_s);
    remote.anonymousToken = token(u"MCP_REMOTE_ANON_BEARER_TOKEN"_s);
    remote.authHeader = settings.text(u"MCP_REMOTE_AUTH_HEADER_NAME"_s).toLatin1();
    remote.authTemplate = settings.text(u"MCP_REMOTE_AUTH_HEADER_VALUE_TEMPLATE"_s);
    return remote;
}

RemoteDefinition remoteEntry(const QString &place, const QJsonObject &entry,
                             RemoteDefinition common, QList<FieldProblem> &problems)
{
    RemoteDefinition remote = std::move(common);
    const auto problem = [&](const QString &key, const QString &text) {
        problems.append({place + u'.' + key, text});
    };
    if (const QJsonValue type = entry["type"_L1]; !type.isUndefined()) {
        if (const auto known = transportOf(type.toString()))
            remote.transport = *known;
        else
            problem(u"type"_s, u"must be \"http\" (also written streamable-http or "
                               "streamableHttp) or \"sse\" for a server with url."_s);
    }
    const QString key = entry.contains("url"_L1) ? u"url"_s : u"serverUrl"_s;
    const QUrl url(entry[key].toString().trimmed(), QUrl::StrictMode);
    const bool isWeb = url.scheme() == "http"_L1 || url.scheme() == "https"_L1;
    if (!url.isValid() || !isWeb || url.host().isEmpty())
        problem(key, u"must be an absolute http or https URL."_s);
    takeUrl(remote, url);
    const QJsonValue headers = entry["headers"_L1];
    if (!headers.isUndefined() && !headers.isObject())
        problem(u"headers"_s, u"must be an object."_s);
    const QJsonObject pairs = headers.toObject();
    for (auto it = pairs.begin(); it != pairs.end(); ++it) {
        const QString text = headerProblem(it.key(), it.value().toString());
        if (!text.isEmpty() || !it.value().isString())
            problem(u"headers.%1"_s.arg(it.key()), u"must be a header name with a value of one "
                                                   "line."_s);
        addHeader(remote, it.key(), it.value().toString());
    }
    for (const QJsonValue name : entry["forwardHeaders"_L1].toArray())
        remote.forward.append(name.toString());
    return remote;
}

} // namespace bridge::upstream
