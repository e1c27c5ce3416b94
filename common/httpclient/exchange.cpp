// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/httpclient/exchange.h"

#include "common/httpclient/requestbody.h"
#include "common/httpclient/tls.h"

#include <QtCore/QCoreApplication>
#include <QtNetwork/QNetworkAccessManager>
#include <QtNetwork/QNetworkRequest>

using namespace Qt::StringLiterals;

namespace bridge::httpclient {

namespace {

bool isRedirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// HTTP statuses that Qt reports as errors are answers all the same.
bool isAnswer(QNetworkReply::NetworkError error)
{
    return error == QNetworkReply::NoError
           || error == QNetworkReply::ProtocolInvalidOperationError    // 400
           || error == QNetworkReply::ProxyAuthenticationRequiredError // 407
           || (error >= QNetworkReply::ContentAccessDenied
               && error <= QNetworkReply::UnknownContentError)
           || (error >= QNetworkReply::InternalServerError
               && error <= QNetworkReply::UnknownServerError);
}

/// Whether nothing listens where the proxy for a tunnel should be. Qt has an error for that, but
/// hands on its text only.
bool isAbsentProxy(const QNetworkReply &reply)
{
    return reply.error() == QNetworkReply::UnknownNetworkError
           && reply.errorString()
                  == QCoreApplication::translate("QHttpSocketEngine", "Proxy connection refused");
}

/// Makes \a out connect to \a address while the server is asked and checked for the URL's host.
void pin(QNetworkRequest &out, const QHostAddress &address)
{
    QUrl url = out.url();
    const QString host = url.host(QUrl::FullyEncoded);
    QByteArray field = (host.contains(u':') ? u'[' + host + u']' : host).toLatin1();
    if (url.port() > 0)
        field += ':' + QByteArray::number(url.port());
    out.setRawHeader("Host", field);
    out.setPeerVerifyName(host);
    url.setHost(address.toString());
    out.setUrl(url);
}

/// For plain http. A proxy that asks is no help, as bodies are sent once only; tunnels have none.
void showUser(QNetworkRequest &out, const QNetworkProxy &proxy)
{
    if (proxy.user().isEmpty() || out.url().scheme() != "http"_L1)
        return;
    const QString pair = proxy.user() + u':' + proxy.password();
    out.setRawHeader("Proxy-Authorization", "Basic " + pair.toUtf8().toBase64());
}

QNetworkRequest prepared(const Request &request, const QSslConfiguration &tls,
                         const QNetworkProxy &proxy)
{
    QNetworkRequest out(request.url);
    // Else Qt says that it is a browser.
    out.setRawHeader("User-Agent", userAgent());
    for (const Header &header : request.headers)
        out.setRawHeader(header.first, header.second);
    if (!request.address.isNull())
        pin(out, request.address);
    const auto set = [&out](QNetworkRequest::Attribute attribute, const QVariant &value) {
        out.setAttribute(attribute, value);
    };
    set(QNetworkRequest::RedirectPolicyAttribute, QNetworkRequest::ManualRedirectPolicy);
    set(QNetworkRequest::CacheLoadControlAttribute, QNetworkRequest::AlwaysNetwork);
    set(QNetworkRequest::CacheSaveControlAttribute, false);
    set(QNetworkRequest::CookieLoadControlAttribute, QNetworkRequest::Manual);
    set(QNetworkRequest::CookieSaveControlAttribute, QNetworkRequest::Manual);
    set(QNetworkRequest::AuthenticationReuseAttribute, QNetworkRequest::Manual);
    set(QNetworkRequest::Http2AllowedAttribute, false);
    out.setSslConfiguration(tls);
    showUser(out, proxy);
    if (!request.body.isEmpty()) {
        set(QNetworkRequest::DoNotBufferUploadDataAttribute, true);
        out.setHeader(QNetworkRequest::ContentLengthHeader, request.body.size());
    }
    return out;
}

} // namespace

Exchange::Exchange(const ClientOptions &options, Request request, Hooks hooks,
                   Handler<Response> handler)
    : m_options(options)
    , m_request(std::move(request))
    , m_proxy(m_options.proxies.proxyFor(m_request.url, m_request.address))
    , m_hooks(std::move(hooks))
    , m_handler(std::move(handler))
{
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &Exchange::onTimeout);
}

Exchange::~Exchange()
{
    release();
}

void Exchange::await()
{
    enter(Phase::Waiting);
}

void Exchange::begin(QNetworkAccessManager *manager, bool isLast)
{
    m_manager = manager;
    if (isLast)
        setHeader(m_request.headers, "Connection", "close");
    post();
}

void Exchange::post()
{
    const QNetworkRequest request = prepared(m_request, m_options.tls, m_proxy);
    if (m_request.body.isEmpty()) {
        m_reply = m_manager->sendCustomRequest(request, m_request.method);
    } else {
        auto *body = new RequestBody(m_request.body);
        m_reply = m_manager->sendCustomRequest(request, m_request.method, body);
        body->setParent(m_reply);
    }
    connect(m_reply, &QNetworkReply::requestSent, this, &Exchange::onSent);
    connect(m_reply, &QNetworkReply::uploadProgress, this, [this](qint64 sent, qint64) {
        if (sent > 0 && m_phase == Phase::Sending)
            enter(Phase::Sending);
    });
    connect(m_reply, &QNetworkReply::metaDataChanged, this, &Exchange::onHead);
    connect(m_reply, &QNetworkReply::readyRead, this, &Exchange::onBytes);
    connect(m_reply, &QNetworkReply::sslErrors, this,
            [this](const QList<QSslError> &errors) { m_doubts = errors; });
    connect(m_reply, &QNetworkReply::finished, this, &Exchange::onFinished);
    enter(Phase::Sending);
}

void Exchange::enter(Phase phase)
{
    m_phase = phase;
    const auto limit = phase == Phase::Body   ? m_request.idleTimeout
                       : phase == Phase::Head ? m_request.headTimeout
                                              : m_options.connectTimeout;
    if (limit.count() > 0)
        m_timer.start(limit);
    else
        m_timer.stop();
}

void Exchange::onSent()
{
    if (m_phase == Phase::Sending)
        enter(Phase::Head);
    if (!std::exchange(m_wasSent, true) && m_hooks.sent)
        m_hooks.sent();
}

void Exchange::onHead()
{
    const int status = m_reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
    if (status < 200 || m_hasHead)
        return;
    const QByteArray location = m_reply->rawHeader("location");
    if (isRedirect(status) && !location.isEmpty())
        return redirect(location);
    m_hasHead = true;
    if (isRefusedByProxy())
        return; // nobody wants to see the proxy's page
    m_response.status = status;
    m_response.headers = m_reply->rawHeaderPairs();
    enter(Phase::Body);
    if (m_hooks.head) {
        const QPointer guard(this);
        const bool isStreamed = m_hooks.head(status, m_response.headers);
        if (guard)
            m_isStreamed = isStreamed && m_hooks.data;
    }
}

// Only what keeps method and body is followed, so that no message is lost on the way.
void Exchange::redirect(const QByteArray &location)
{
    const int status = m_reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
    const QUrl target = m_request.url.resolved(QUrl::fromEncoded(location));
    const bool keeps = status == 307 || status == 308 || m_request.method == "GET";
    if (!isSameOrigin(target, m_request.url))
        return finish(Error(ErrorCode::UpstreamFailed,
                            u"%1 redirects to another server, which is not followed because it "
                            "would get the credentials. Configure the address it redirects "
                            "to."_s.arg(who())));
    if (!keeps || ++m_redirects > m_options.maxRedirects)
        return finish(Error(ErrorCode::UpstreamFailed,
                            u"%1 answers with redirects that cannot be followed (%2). Configure "
                            "the address they lead to."_s.arg(who())
                                .arg(status)));
    m_request.url = target;
    m_request.url.setUserInfo({});
    QNetworkReply *old = m_reply;
    m_reply = nullptr;
    old->disconnect(this);
    old->abort();
    old->deleteLater();
    post();
}

void Exchange::onBytes()
{
    if (!m_hasHead)
        onHead();
    if (!m_reply || !m_hasHead || m_isOver)
        return;
    const QByteArray chunk = m_reply->readAll();
    if (chunk.isEmpty())
        return;
    enter(Phase::Body);
    if (m_isStreamed)
        return m_hooks.data(chunk);
    if (m_response.body.size() + chunk.size() > m_options.maxBody)
        return finish(
            Error(ErrorCode::UpstreamFailed,
                  u"%1 sent an answer of more than %2 bytes."_s.arg(who()).arg(m_options.maxBody)));
    m_response.body += chunk;
}

void Exchange::onFinished()
{
    const QPointer guard(this);
    const QPointer<QNetworkReply> reply = m_reply;
    onBytes();
    if (!guard || m_isOver || m_reply != reply || !reply)
        return;
    if (m_hasHead && isAnswer(m_reply->error()) && !isRefusedByProxy())
        finish(std::move(m_response));
    else
        finish(networkError());
}

void Exchange::onTimeout()
{
    switch (m_phase) {
    case Phase::Waiting:
        return finish(Error(ErrorCode::Overloaded,
                            u"All connections to %1 are in use. Try again later, or raise "
                            "MCP_REMOTE_MAX_CONNECTIONS."_s.arg(who())));
    case Phase::Sending:
        return finish(Error(ErrorCode::UpstreamTimeout,
                            u"%1 cannot be reached: no connection%2 within the time "
                            "limit."_s.arg(who(), throughText(m_proxy))));
    case Phase::Head:
    case Phase::Body:
        return finish(tooSlow());
    }
}

Error Exchange::tooSlow() const
{
    return {ErrorCode::UpstreamTimeout,
            u"%1 did not answer%2 in time."_s.arg(who(), throughText(m_proxy))};
}

/// A server never answers with this status, a proxy does (RFC 9110 §15.5.8).
bool Exchange::isRefusedByProxy() const
{
    return m_proxy.type() != QNetworkProxy::NoProxy
           && m_reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt() == 407;
}

std::optional<Error> Exchange::proxyError() const
{
    if (m_proxy.type() == QNetworkProxy::NoProxy)
        return std::nullopt;
    const bool isSecure = m_request.url.scheme() == "https"_L1;
    const QString variable = isSecure ? u"HTTPS_PROXY"_s : u"HTTP_PROXY"_s;
    const auto because = [&](const QString &why) {
        return Error(ErrorCode::UpstreamFailed, u"%1 cannot be reached: the proxy %2 %3"_s.arg(
                                                    who(), proxyLabel(m_proxy), why));
    };
    const QString absent =
        u"does not answer. Check %1, or list the host in NO_PROXY."_s.arg(variable);
    switch (m_reply->error()) {
    case QNetworkReply::ProxyAuthenticationRequiredError:
        return because(m_proxy.user().isEmpty()
                           ? u"wants to know who is asking (407). Put user and password into the "
                             "URL in %1."_s.arg(variable)
                           : u"does not accept the user or password in %1 (407)."_s.arg(variable));
    case QNetworkReply::ProxyConnectionRefusedError:
    case QNetworkReply::ProxyConnectionClosedError:
    case QNetworkReply::ProxyNotFoundError:
    case QNetworkReply::ProxyTimeoutError:
        return because(absent);
    default:
        if (isAbsentProxy(*m_reply))
            return because(absent);
        break;
    }
    if (m_wasSent || m_hasHead || !m_doubts.isEmpty()
        || m_reply->error() == QNetworkReply::SslHandshakeFailedError)
        return std::nullopt;
    if (!isSecure) // nobody but the proxy was connected to
        return because(absent);
    // What a proxy says to CONNECT is not to be had from Qt, only that it did not say yes.
    return because(u"refuses to connect to it, or cannot. Allow it there, or list the host in "
                   "NO_PROXY if it is to be reached without a proxy."_s);
}

Error Exchange::networkError() const
{
    if (const auto error = proxyError())
        return *error;
    switch (m_reply->error()) {
    case QNetworkReply::ConnectionRefusedError:
        return {ErrorCode::UpstreamFailed,
                u"%1 cannot be reached: it refuses connections."_s.arg(who())};
    case QNetworkReply::HostNotFoundError:
        return {ErrorCode::UpstreamFailed,
                u"%1 cannot be reached: there is no such host."_s.arg(who())};
    case QNetworkReply::SslHandshakeFailedError:
        return {ErrorCode::UpstreamFailed,
                m_doubts.isEmpty()
                    ? u"%1 and the bridge cannot agree on a secure connection (%2). Does it speak "
                      "https at this port?"_s.arg(who(), m_reply->errorString())
                    : u"%1 is not trusted: %2"_s.arg(who(), doubtsText(m_doubts))};
    case QNetworkReply::TimeoutError:
        return tooSlow();
    default:
        break;
    }
    if (!m_wasSent && !m_hasHead)
        return {ErrorCode::UpstreamFailed, u"%1 cannot be reached."_s.arg(who())};
    const bool isDirect = m_proxy.type() == QNetworkProxy::NoProxy;
    return {ErrorCode::UpstreamFailed,
            u"%1 closed the connection before its answer was complete."_s.arg(
                isDirect ? who() : u"%1, or the proxy %2,"_s.arg(who(), proxyLabel(m_proxy)))};
}

/// Without path and query, which may hold secrets.
QString Exchange::who() const
{
    QString name = u"The server "_s + m_request.url.host();
    if (m_request.url.port() > 0)
        name += u':' + QString::number(m_request.url.port());
    return name;
}

void Exchange::failLater(const Error &error)
{
    release();
    m_failing = later([this, error] { finish(error); });
}

void Exchange::drop()
{
    m_handler = nullptr;
    m_failing.cancel();
    finish(Error());
}

void Exchange::release()
{
    m_timer.stop();
    QNetworkReply *reply = m_reply;
    m_reply = nullptr;
    if (!reply)
        return;
    reply->disconnect(this);
    reply->abort();
    reply->deleteLater();
}

void Exchange::finish(Result<Response> outcome)
{
    if (std::exchange(m_isOver, true))
        return;
    release();
    const auto handler = std::exchange(m_handler, nullptr);
    Q_EMIT ended(); // only the client listens, which destroys this object later
    if (handler)
        handler(std::move(outcome));
}

} // namespace bridge::httpclient
