// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/clientauth.h"

using namespace Qt::StringLiterals;

namespace bridge::auth {

namespace {

QByteArray encoded(const QString &text)
{
    return QUrl::toPercentEncoding(text);
}

} // namespace

void addFormField(QByteArray &form, QByteArrayView name, const QString &value)
{
    if (!form.isEmpty())
        form.append('&');
    form.append(name).append('=').append(encoded(value));
}

void authenticate(egress::EgressRequest &request, QByteArray form, const ClientCredentials &client,
                  const QStringList &methods)
{
    const bool isPublic = client.secret.isEmpty();
    const bool inForm = isPublic
                        || (methods.contains("client_secret_post"_L1)
                            && !methods.contains("client_secret_basic"_L1));
    if (inForm) {
        if (!client.id.isEmpty())
            addFormField(form, "client_id", client.id);
        if (!isPublic)
            addFormField(form, "client_secret", client.secret);
    } else {
        // Both sides are form-encoded before they are joined, so that an id may have a colon.
        const QByteArray pair = encoded(client.id) + ':' + encoded(client.secret);
        request.headers.append(
            httpclient::Header("Authorization", QByteArray("Basic " + pair.toBase64())));
    }
    request.method = "POST";
    request.headers.append(httpclient::Header("Content-Type", "application/x-www-form-urlencoded"));
    request.headers.append(httpclient::Header("Accept", "application/json"));
    request.body = form;
}

} // namespace bridge::auth
