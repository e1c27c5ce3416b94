// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/issuerwatch.h"

#include "common/async/later.h"

namespace bridge::auth {

IssuerWatch::IssuerWatch(const QList<Issuer *> &issuers, std::chrono::milliseconds pause)
    : m_pause(pause)
{
    for (Issuer *issuer : issuers)
        m_watched.push_back({issuer, {}, {}});
}

void IssuerWatch::begin()
{
    for (Watched &watched : m_watched)
        ask(watched);
}

void IssuerWatch::ask(Watched &watched)
{
    watched.asking = watched.issuer->probe([this, &watched](const Result<Nothing> &) {
        if (watched.issuer->health().isTroubled())
            watched.again = after(m_pause, [this, &watched] { ask(watched); });
    });
}

QJsonArray IssuerWatch::toJson() const
{
    QJsonArray json;
    for (const Watched &watched : m_watched)
        json.append(watched.issuer->health().toJson());
    return json;
}

} // namespace bridge::auth
