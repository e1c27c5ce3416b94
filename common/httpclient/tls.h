// SPDX-License-Identifier: GPL-3.0-or-later
// Whom to believe to be the server.
#pragma once

#include "common/base/result.h"

#include <QtNetwork/QSslConfiguration>

namespace bridge::httpclient {

/// \a verify false accepts any certificate. \a bundle is a PEM file of authorities that are
/// trusted instead of the system's; empty = the system's. Reads the file: for start and reload
/// only. InvalidConfig when it holds no certificate.
Result<QSslConfiguration> tlsConfiguration(bool verify, const QString &bundle);

/// What \a doubts about a server's certificate mean, and what to do about each.
QString doubtsText(const QList<QSslError> &doubts);

} // namespace bridge::httpclient
