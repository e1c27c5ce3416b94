// SPDX-License-Identifier: GPL-3.0-or-later
// How the bridge shows an authorization server who it is (RFC 6749 §2.3.1). Pure functions.
#pragma once

#include "server/egress/guardedclient.h"

namespace bridge::auth {

struct ClientCredentials {
    QString id;
    QString secret; ///< empty = public client
};

/// Appends \a value, form-encoded.
void addFormField(QByteArray &form, QByteArrayView name, const QString &value);

/// Turns \a request into a POST of \a form with \a client's credentials: in the header, or in the
/// form where \a methods (`…_auth_methods_supported`, empty = unknown) leave no other way.
void authenticate(egress::EgressRequest &request, QByteArray form, const ClientCredentials &client,
                  const QStringList &methods);

} // namespace bridge::auth
