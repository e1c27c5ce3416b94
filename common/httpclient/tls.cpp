// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/httpclient/tls.h"

#include <QtCore/QFile>
#include <QtNetwork/QSslCertificate>
#include <QtNetwork/QSslError>

using namespace Qt::StringLiterals;

namespace bridge::httpclient {

namespace {

QString meaning(const QSslError &doubt)
{
    switch (doubt.error()) {
    case QSslError::HostNameMismatch:
        return u"its certificate is for another host name. Configure the name it is for, or have "
               "one made for this name."_s;
    case QSslError::CertificateExpired:
        return u"its certificate has expired. Whoever runs the server has to renew it."_s;
    case QSslError::CertificateNotYetValid:
        return u"its certificate is not valid yet. Compare the clocks of both machines."_s;
    case QSslError::CertificateRevoked:
    case QSslError::CertificateBlacklisted:
        return u"its certificate has been revoked. Whoever runs the server has to replace it."_s;
    case QSslError::SelfSignedCertificate:
    case QSslError::SelfSignedCertificateInChain:
    case QSslError::UnableToGetIssuerCertificate:
    case QSslError::UnableToGetLocalIssuerCertificate:
    case QSslError::UnableToVerifyFirstCertificate:
    case QSslError::CertificateUntrusted:
        return u"nobody the bridge trusts has signed its certificate. If it is the right server, "
               "put the certificate of its authority into a PEM file and name that in the setting "
               "MCP_REMOTE_CA_BUNDLE when it is an MCP server, in EGRESS_CA_BUNDLE when it is an "
               "identity provider."_s;
    default:
        return doubt.errorString() + u'.';
    }
}

} // namespace

QString doubtsText(const QList<QSslError> &doubts)
{
    QStringList texts;
    for (const QSslError &doubt : doubts)
        texts.append(meaning(doubt));
    texts.removeDuplicates();
    return texts.join(u" Also, "_s);
}

Result<QSslConfiguration> tlsConfiguration(bool verify, const QString &bundle)
{
    QSslConfiguration tls = QSslConfiguration::defaultConfiguration();
    tls.setProtocol(QSsl::TlsV1_2OrLater);
    tls.setPeerVerifyMode(verify ? QSslSocket::VerifyPeer : QSslSocket::VerifyNone);
    if (bundle.isEmpty())
        return tls;
    QFile file(bundle);
    if (!file.open(QIODevice::ReadOnly))
        return Error(ErrorCode::InvalidConfig,
                     u"names a file that cannot be read: %1."_s.arg(file.errorString()));
    const QList<QSslCertificate> authorities = QSslCertificate::fromDevice(&file, QSsl::Pem);
    if (authorities.isEmpty())
        return Error(ErrorCode::InvalidConfig, u"must name a PEM file with certificates."_s);
    tls.setCaCertificates(authorities);
    return tls;
}

} // namespace bridge::httpclient
