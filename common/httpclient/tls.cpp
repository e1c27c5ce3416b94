// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/httpclient/tls.h"

#include <QtCore/QFile>
#include <QtNetwork/QSslCertificate>

using namespace Qt::StringLiterals;

namespace bridge::httpclient {

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
