// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/apikeystrategy.h"

#include "common/async/later.h"

using namespace Qt::StringLiterals;

namespace bridge::auth {

Strategy::Outcome ApiKeyStrategy::findNow(const AuthRequest &request)
{
    constexpr QByteArrayView header("X-API-Key");
    Outcome outcome;
    const int count = request.count(header);
    if (count == 0)
        return outcome;
    outcome.finding = Finding::Known;
    if (count > 1) {
        outcome.error =
            Error(ErrorCode::InvalidToken, u"X-API-Key was sent more than once. Send one."_s);
        return outcome;
    }
    auto found = m_store->find(request.header(header).trimmed());
    if (found)
        outcome.principal = std::move(*found);
    else
        outcome.error = std::move(found).error();
    return outcome;
}

Call ApiKeyStrategy::find(const AuthRequest &request, Handler<PrincipalPtr> handler)
{
    auto outcome = std::make_shared<Outcome>(findNow(request));
    return later([outcome, handler = std::move(handler)] {
        if (outcome->principal)
            handler(outcome->principal);
        else
            handler(outcome->error.value_or(
                Error(ErrorCode::Unauthorized, u"X-API-Key is missing."_s)));
    });
}

} // namespace bridge::auth
