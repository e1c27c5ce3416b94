// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/egress/guardedclient.h"

#include "common/config/settings.h"
#include "server/egress/fetch.h"

#include <QtCore/QFile>
#include <QtNetwork/QSslCertificate>

using namespace Qt::StringLiterals;

namespace bridge::egress {

namespace {

/// Long enough for a busy network, short enough to try a second address within the usual limit.
constexpr std::chrono::milliseconds kConnectTime{4'000};

std::shared_ptr<httpclient::Client> clientFor(const EgressOptions &options, Trust trust)
{
    httpclient::ClientOptions client;
    client.connectTimeout = kConnectTime;
    client.maxConnections = options.maxConnections;
    client.tls = options.tls;
    client.proxies = options.proxies;
    if (trust == Trust::Configured && !options.verifiesConfigured)
        client.tls.setPeerVerifyMode(QSslSocket::VerifyNone);
    return std::make_shared<httpclient::Client>(std::move(client));
}

Error problem(const QString &setting, const QString &text)
{
    Error error(ErrorCode::InvalidConfig, u"The settings for outgoing requests are wrong."_s);
    error.problems.append({setting, text});
    return error;
}

/// Besides the system's: identity providers of a company may have its own authority.
Result<QSslConfiguration> tlsWith(const QString &bundle)
{
    QSslConfiguration tls = QSslConfiguration::defaultConfiguration();
    tls.setProtocol(QSsl::TlsV1_2OrLater);
    tls.setPeerVerifyMode(QSslSocket::VerifyPeer);
    if (bundle.isEmpty())
        return tls;
    QFile file(bundle);
    if (!file.open(QIODevice::ReadOnly))
        return problem(u"EGRESS_CA_BUNDLE"_s,
                       u"names a file that cannot be read: %1."_s.arg(file.errorString()));
    const QList<QSslCertificate> authorities = QSslCertificate::fromDevice(&file, QSsl::Pem);
    if (authorities.isEmpty())
        return problem(u"EGRESS_CA_BUNDLE"_s, u"must name a PEM file with certificates."_s);
    tls.addCaCertificates(authorities);
    return tls;
}

} // namespace

Trust trustIn(const QUrl &url, const QUrl &origin, Trust trust)
{
    return httpclient::isSameOrigin(url, origin) ? trust : Trust::Foreign;
}

Result<EgressOptions> egressOptions(const config::Settings &settings)
{
    EgressOptions options;
    auto networks = Networks::from(settings.list(u"EGRESS_ALLOWED_NETWORKS"_s));
    if (!networks)
        return problem(u"EGRESS_ALLOWED_NETWORKS"_s, networks.error().message);
    options.allowedNetworks = std::move(*networks);
    options.allowedPorts.clear();
    for (const QString &text : settings.list(u"EGRESS_ALLOWED_PORTS"_s)) {
        bool isPort = false;
        const quint16 port = text.toUShort(&isPort);
        if (!isPort || port == 0)
            return problem(u"EGRESS_ALLOWED_PORTS"_s,
                           u"\"%1\" is no port. Write numbers from 1 to 65535."_s.arg(text));
        options.allowedPorts.append(port);
    }
    auto tls = tlsWith(settings.text(u"EGRESS_CA_BUNDLE"_s));
    if (!tls)
        return tls.error();
    options.tls = std::move(*tls);
    auto proxies =
        httpclient::Proxies::parse(settings.text(u"HTTPS_PROXY"_s), settings.text(u"HTTP_PROXY"_s),
                                   settings.list(u"NO_PROXY"_s));
    if (!proxies)
        return proxies.error();
    options.proxies = std::move(*proxies);
    return options;
}

GuardedClient::GuardedClient(EgressOptions options)
{
    setOptions(std::move(options));
}

GuardedClient::~GuardedClient() = default;

Call GuardedClient::send(EgressRequest request, Handler<httpclient::Response> handler)
{
    const auto &client = request.trust == Trust::Configured ? m_configured : m_foreign;
    auto fetch = std::make_shared<Fetch>(m_options, client, std::move(request), std::move(handler));
    fetch->begin();
    return Call([fetch] { fetch->drop(); });
}

void GuardedClient::setOptions(EgressOptions options)
{
    m_options = std::make_shared<const EgressOptions>(std::move(options));
    m_configured = clientFor(*m_options, Trust::Configured);
    m_foreign = clientFor(*m_options, Trust::Foreign);
}

} // namespace bridge::egress
