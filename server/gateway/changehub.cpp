// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/changehub.h"

#include "common/async/later.h"

using namespace Qt::StringLiterals;

namespace bridge::gateway {

ChangeHub::ChangeHub(upstream::Registry *registry, OfferBook *offers) : m_offers(offers)
{
    const auto servers = registry->servers();
    for (upstream::Server *server : servers)
        follow(server);
}

void ChangeHub::follow(upstream::Server *server)
{
    const QString name = server->definition().name;
    const QString scope = u"server\n%1\n"_s.arg(name);
    const auto forget = [this, scope](OfferKind kind) { m_offers->forgetAll(scope, kind); };
    connect(server, &upstream::Server::toolsChanged, this, [forget] { forget(OfferKind::Tools); });
    connect(server, &upstream::Server::promptsChanged, this,
            [forget] { forget(OfferKind::Prompts); });
    connect(server, &upstream::Server::resourcesChanged, this, [forget] {
        forget(OfferKind::Resources);
        forget(OfferKind::Templates);
    });
    connect(server, &upstream::Server::offersChanged, this,
            [this, name](const QString &what) { note(name, what); });
}

void ChangeHub::replaced(const QString &server)
{
    for (const OfferKind kind :
         {OfferKind::Tools, OfferKind::Prompts, OfferKind::Resources, OfferKind::Templates})
        m_offers->forgetAll(u"server\n%1\n"_s.arg(server), kind);
    for (const auto &what : {u"tools"_s, u"prompts"_s, u"resources"_s})
        note(server, what);
}

void ChangeHub::note(const QString &server, const QString &what)
{
    if (m_pending.isEmpty())
        m_telling = after(kPause, [this] { tell(); });
    if (!m_pending.contains(std::pair(server, what)))
        m_pending.append({server, what});
}

void ChangeHub::tell()
{
    const auto all = std::exchange(m_pending, {});
    for (const auto &[server, what] : all)
        Q_EMIT changed(server, what);
}

} // namespace bridge::gateway
