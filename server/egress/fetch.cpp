// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/egress/fetch.h"

#include "common/async/later.h"
#include "common/logging/categories.h"
#include "common/logging/logger.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace bridge::egress {

namespace {

/// A host with more addresses than this is not tried on all of them.
constexpr int kMaxAddresses = 4;

bool isThisMachine(const QString &host)
{
    return host == "localhost"_L1 || QHostAddress(host).isLoopback();
}

} // namespace

Fetch::Fetch(std::shared_ptr<const EgressOptions> options,
             std::shared_ptr<httpclient::Client> client, EgressRequest request,
             Handler<httpclient::Response> handler)
    : m_options(std::move(options))
    , m_client(std::move(client))
    , m_request(std::move(request))
    , m_handler(std::move(handler))
{
}

void Fetch::begin()
{
    if (const std::optional<Error> error = objection()) {
        m_step = later([this, error] { finish(*error); });
        return;
    }
    m_deadline = after(m_request.timeout, [this] {
        const QString through =
            httpclient::throughText(m_options->proxies.proxyFor(m_request.url, m_asked));
        finish(Error(ErrorCode::UpstreamTimeout,
                     u"%1 did not answer%2 in time."_s.arg(m_request.url.host(), through)));
    });
    if (m_request.trust == Trust::Configured) {
        m_addresses = {QHostAddress()};
        connectToNext();
    } else if (const QHostAddress literal(m_request.url.host()); !literal.isNull()) {
        m_step = later([this, literal] { onResolved(QList{literal}); });
    } else {
        m_step = m_options->resolver(
            m_request.url.host(QUrl::FullyEncoded),
            [this](const Result<QList<QHostAddress>> &addresses) { onResolved(addresses); });
    }
}

std::optional<Error> Fetch::objection() const
{
    const QUrl &url = m_request.url;
    const bool isSecure = url.scheme() == "https"_L1;
    if (!url.isValid() || url.host().isEmpty() || (!isSecure && url.scheme() != "http"_L1))
        return refused(u"it is no http or https address."_s);
    if (!url.userInfo().isEmpty())
        return refused(u"it holds a user or password, which does not belong into an address."_s);
    if (m_request.trust == Trust::Configured)
        return std::nullopt;
    // Plain http is for what never leaves this machine, and only where the operator said so.
    if (!isSecure && m_options->allowedNetworks.isEmpty())
        return refused(isThisMachine(url.host())
                           ? u"it is not https. Whoever runs the bridge can allow plain http to "
                             "this machine, for development, by listing it in "
                             "EGRESS_ALLOWED_NETWORKS."_s
                           : u"it is not https."_s);
    if (!m_options->allowedPorts.contains(quint16(url.port(isSecure ? 443 : 80))))
        return refused(u"its port is not among those in EGRESS_ALLOWED_PORTS."_s);
    return std::nullopt;
}

bool Fetch::isReachable(const QHostAddress &address) const
{
    const bool isListed = isWithin(address, m_options->allowedNetworks);
    if (m_request.url.scheme() == "http"_L1)
        return isListed && address.isLoopback();
    return isListed || isPublic(address);
}

void Fetch::onResolved(const Result<QList<QHostAddress>> &addresses)
{
    if (!addresses)
        return finish(unknownHost());
    // One bad address is enough: a name with public and private ones is made for an attack.
    const bool isFine = std::all_of(addresses->begin(), addresses->end(),
                                    [this](const QHostAddress &one) { return isReachable(one); });
    if (!isFine || addresses->isEmpty()) {
        logging::event(
            logging::lcHttp(), logging::Level::Warning,
            u"Not fetched: the host has an address that is not public",
            {{u"host"_s, m_request.url.host()}, {u"setting"_s, u"EGRESS_ALLOWED_NETWORKS"_s}});
        return finish(unknownHost());
    }
    m_addresses = addresses->mid(0, kMaxAddresses);
    connectToNext();
}

void Fetch::connectToNext()
{
    httpclient::Request request;
    request.method = m_request.method;
    request.url = m_request.url;
    request.url.setFragment({});
    request.headers = m_request.headers;
    // Nothing is unpacked, so nothing small can become large.
    httpclient::setHeader(request.headers, "Accept-Encoding", "identity");
    request.body = m_request.body;
    request.address = m_asked = m_addresses.takeFirst();
    request.headTimeout = m_request.timeout;
    request.idleTimeout = m_request.timeout;
    httpclient::Hooks hooks;
    hooks.sent = [this] { m_wasSent = true; };
    hooks.head = [](int, const httpclient::Headers &) { return true; };
    hooks.data = [this](const QByteArray &chunk) { take(chunk); };
    m_step = m_client->send(
        std::move(request), std::move(hooks),
        [this](Result<httpclient::Response> answer) { onAnswer(std::move(answer)); });
}

void Fetch::onAnswer(Result<httpclient::Response> answer)
{
    // What may have arrived is not repeated.
    if (!answer && !m_wasSent && !m_addresses.isEmpty())
        return connectToNext();
    if (answer)
        answer->body = std::move(m_body);
    finish(std::move(answer));
}

void Fetch::take(const QByteArray &chunk)
{
    if (m_body.size() + chunk.size() > m_request.maxBody)
        return finish(Error(ErrorCode::UpstreamFailed,
                            u"%1 sent an answer of more than %2 bytes."_s.arg(m_request.url.host())
                                .arg(m_request.maxBody)));
    m_body += chunk;
}

void Fetch::drop()
{
    m_handler = nullptr;
    m_deadline.cancel();
    m_step.cancel();
}

void Fetch::finish(Result<httpclient::Response> outcome)
{
    const auto self = shared_from_this(); // the handler may drop the last Call
    const auto handler = std::exchange(m_handler, nullptr);
    drop();
    if (handler)
        handler(std::move(outcome));
}

Error Fetch::refused(const QString &reason) const
{
    const QString host = m_request.url.host();
    return {ErrorCode::Forbidden, u"The address%1 is not fetched: %2"_s.arg(
                                      host.isEmpty() ? QString() : u" at "_s + host, reason)};
}

Error Fetch::unknownHost() const
{
    return {ErrorCode::Forbidden,
            u"The address at %1 is not fetched: there is no such host on the public internet. "
            "Whoever runs the bridge can list private networks in EGRESS_ALLOWED_NETWORKS."_s.arg(
                m_request.url.host())};
}

} // namespace bridge::egress
