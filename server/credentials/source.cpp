// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/credentials/source.h"

#include "common/async/later.h"
#include "server/credentials/challenge.h"

#include <QtCore/QCryptographicHash>

using namespace Qt::StringLiterals;

namespace bridge::credentials {

using upstream::HeldCredential;

namespace {

Handler<Credential> narrowed(Handler<HeldCredential> handler)
{
    return [handler = std::move(handler)](Result<Credential> outcome) {
        if (outcome)
            handler(HeldCredential(*outcome));
        else
            handler(outcome.error());
    };
}

/// A server that does not say who authorizes, or not in a way that helps, means what it answered.
Handler<HeldCredential> orNone(Handler<HeldCredential> handler)
{
    return [handler = std::move(handler)](Result<HeldCredential> outcome) {
        if (!outcome && outcome.error().code != ErrorCode::NotConnected)
            handler(HeldCredential());
        else
            handler(std::move(outcome));
    };
}

Error gone()
{
    return {ErrorCode::Overloaded, u"The bridge is shutting down. Try again in a moment."_s};
}

class FailingSource : public upstream::CredentialSource
{
public:
    explicit FailingSource(Error error) : m_error(std::move(error)) {}

    QByteArray scope() const override { return "none"_ba; }
    bool isCallersOwn() const override { return false; }
    std::optional<HeldCredential> now() override { return std::nullopt; }
    Call get(Handler<HeldCredential> handler) override
    {
        return failLater(std::move(handler), m_error);
    }
    Call renew(const QByteArray &, const httpclient::Headers &,
               Handler<HeldCredential> handler) override
    {
        return failLater(std::move(handler), m_error);
    }

private:
    Error m_error;
};

} // namespace

upstream::CredentialSourcePtr failingSource(Error error)
{
    return std::make_shared<FailingSource>(std::move(error));
}

Source::Source(Broker *broker, auth::PrincipalPtr caller, PlanPtr plan, auth::Origin origin)
    : m_broker(broker)
    , m_caller(std::move(caller))
    , m_plan(std::move(plan))
    , m_origin(std::move(origin))
{
}

QByteArray Source::scope() const
{
    // Whom nobody vouches for is who his token says, but it may be anybody's.
    QByteArray scope = m_plan->id + m_caller->owner.toUtf8();
    if (m_caller->isAnonymous() || !m_caller->isVerified)
        scope += '\0' + QCryptographicHash::hash(m_caller->token, QCryptographicHash::Sha256);
    return scope;
}

bool Source::isCallersOwn() const
{
    return m_plan->way == Plan::Way::PassThrough;
}

bool Source::isOptional() const
{
    return m_plan->account || m_plan->way == Plan::Way::None;
}

bool Source::mayFallBack() const
{
    return m_plan->way == Plan::Way::Retrieve && m_plan->auth.mayFallBack
           && m_plan->provider->mayFallBack();
}

std::optional<bool> Source::isConnected() const
{
    if (!m_plan->account || !m_broker || !m_broker->m_login)
        return false;
    if (!m_broker->m_login->serves(*m_caller))
        return false;
    return m_broker->m_login->hasNow(m_caller->owner, m_plan->server);
}

std::optional<HeldCredential> Source::now()
{
    const std::optional<bool> connected = isConnected();
    if (!m_broker || !connected)
        return std::nullopt;
    const Plan &plan = *connected ? *m_plan->account : *m_plan;
    if (plan.way == Plan::Way::PassThrough && m_caller->token.isEmpty())
        return HeldCredential(); // only an account would be one
    const std::optional<Result<Credential>> known = m_broker->findNow(m_caller, plan);
    if (!known || !*known)
        return std::nullopt;
    return HeldCredential(**known);
}

Call Source::get(Handler<HeldCredential> handler)
{
    if (!m_broker)
        return failLater(std::move(handler), gone());
    const std::optional<bool> connected = isConnected();
    if (connected) {
        const bool isNone = !*connected && m_plan->way == Plan::Way::PassThrough
                            && m_caller->token.isEmpty() && m_plan->account;
        if (isNone)
            return later([handler = std::move(handler)] { handler(HeldCredential()); });
        return m_broker->get(m_caller, *connected ? m_plan->account : m_plan, m_origin,
                             narrowed(std::move(handler)));
    }
    // Looks into the vault first; after that it is known.
    struct Step {
        Call call;
    };
    const auto step = std::make_shared<Step>();
    const auto again = std::make_shared<Source>(m_broker, m_caller, m_plan, m_origin);
    step->call = m_broker->m_login->has(
        m_caller->owner, m_plan->server,
        [step = std::weak_ptr(step), again, handler = std::move(handler)](Result<bool> outcome) {
            const auto strong = step.lock();
            if (!outcome)
                return handler(outcome.error());
            if (strong && again->isConnected())
                strong->call = again->get(handler);
            else
                handler(gone());
        });
    return Call([step] { step->call.cancel(); });
}

Call Source::renew(const QByteArray &rejected, const httpclient::Headers &refusal,
                   Handler<HeldCredential> handler)
{
    if (!m_broker)
        return failLater(std::move(handler), gone());
    // More scopes than a token has are a matter of a login only.
    const auto challenge = bearerChallenge(refusal);
    const bool isStepUp = challenge && challenge->error == "insufficient_scope"_L1;
    const bool isConnectedNow = isConnected().value_or(false);
    const bool mayLogIn =
        m_plan->account && m_broker->m_login && m_broker->m_login->serves(*m_caller);
    if (isConnectedNow)
        return m_broker->renew(m_caller, m_plan->account, m_origin, rejected, refusal,
                               narrowed(std::move(handler)));
    if (mayLogIn && m_broker->m_login->isLoginWanted(refusal))
        return m_broker->renew(m_caller, m_plan->account, m_origin, rejected, refusal,
                               narrowed(orNone(std::move(handler))));
    const bool isNone = m_plan->way == Plan::Way::PassThrough && m_caller->token.isEmpty();
    const bool isLogin = m_plan->provider && m_plan->provider == m_broker->m_login;
    if (isNone || (isStepUp && !isLogin))
        return later([handler = std::move(handler)] { handler(HeldCredential()); });
    return m_broker->renew(m_caller, m_plan, m_origin, rejected, refusal,
                           narrowed(std::move(handler)));
}

} // namespace bridge::credentials
