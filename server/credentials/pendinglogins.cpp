// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/credentials/pendinglogins.h"

#include "common/crypto/constanttime.h"
#include "common/crypto/random.h"

namespace bridge::credentials {

bool PendingLogin::isFor(const Ask &ask) const
{
    return url == ask.url && (ask.auth.issuer.isEmpty() || ask.auth.issuer == authServer.issuer)
           && (ask.auth.clientId.isEmpty() || ask.auth.clientId == client.id);
}

PendingLogins::PendingLogins(Clock clock, int maxEntries)
    : m_clock(std::move(clock))
    , m_maxEntries(maxEntries)
{
}

void PendingLogins::prune()
{
    const qint64 oldest = m_clock() - std::chrono::milliseconds(kLife).count();
    for (auto it = m_logins.begin(); it != m_logins.end();) {
        if (it->since > oldest) {
            ++it;
            continue;
        }
        m_tickets.remove({it->owner, it->server});
        m_states.remove(it->state);
        it = m_logins.erase(it);
    }
}

const PendingLogin *PendingLogins::offered(const QString &owner, const QString &server)
{
    return byTicket(m_tickets.value({owner, server}));
}

bool PendingLogins::offer(PendingLogin &login)
{
    if (m_logins.size() >= m_maxEntries)
        prune();
    const auto key = std::make_pair(login.owner, login.server);
    if (const QByteArray older = m_tickets.take(key); !older.isEmpty())
        m_states.remove(m_logins.take(older).state);
    if (m_logins.size() >= m_maxEntries)
        return false;
    login.ticket = crypto::randomToken();
    login.since = m_clock();
    m_tickets.insert(key, login.ticket);
    m_logins.insert(login.ticket, login);
    return true;
}

const PendingLogin *PendingLogins::byTicket(const QByteArray &ticket)
{
    const auto found = m_logins.find(ticket);
    if (ticket.isEmpty() || found == m_logins.end())
        return nullptr;
    if (m_clock() - found->since < std::chrono::milliseconds(kLife).count())
        return &*found;
    prune();
    return nullptr;
}

const PendingLogin *PendingLogins::begin(const QByteArray &ticket)
{
    if (!byTicket(ticket))
        return nullptr;
    PendingLogin &login = m_logins[ticket];
    m_states.remove(login.state);
    login.state = crypto::randomToken();
    login.verifier = crypto::randomToken(48);
    login.binding = crypto::randomToken();
    m_states.insert(login.state, ticket);
    return &login;
}

std::optional<PendingLogin> PendingLogins::take(const QByteArray &state, const QByteArray &binding)
{
    const PendingLogin *found = byTicket(m_states.value(state));
    if (state.isEmpty() || !found || binding.isEmpty() || !crypto::isEqual(found->binding, binding))
        return std::nullopt;
    PendingLogin login = *found;
    m_logins.remove(login.ticket);
    m_states.remove(state);
    m_tickets.remove({login.owner, login.server});
    return login;
}

} // namespace bridge::credentials
