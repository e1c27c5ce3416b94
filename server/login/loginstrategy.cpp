// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/login/loginstrategy.h"

using namespace Qt::StringLiterals;

namespace bridge::login {

QByteArray sessionCookieName(bool secure)
{
    return secure ? "__Host-mcp-bridge"_ba : "mcp-bridge"_ba;
}

QByteArray pendingCookieName(bool secure)
{
    return secure ? "__Host-mcp-bridge-login"_ba : "mcp-bridge-login"_ba;
}

LoginStrategy::LoginStrategy(WebSessions *sessions, bool secure)
    : m_sessions(sessions)
    , m_cookie(sessionCookieName(secure))
{
}

auth::Strategy::Outcome LoginStrategy::findNow(const auth::AuthRequest &request)
{
    const QByteArray id = request.cookie(m_cookie);
    if (id.isEmpty())
        return {};
    Outcome outcome;
    switch (m_sessions->look(id, outcome.principal)) {
    case WebSessions::State::Good:
        outcome.finding = Finding::Known;
        break;
    case WebSessions::State::Stale:
        outcome.finding = Finding::Ask;
        break;
    case WebSessions::State::Unknown:
        // As if there were none: public pages go on working after the login has ended.
        break;
    }
    return outcome;
}

Call LoginStrategy::find(const auth::AuthRequest &request, Handler<auth::PrincipalPtr> handler)
{
    return m_sessions->renewed(request.cookie(m_cookie), std::move(handler));
}

} // namespace bridge::login
