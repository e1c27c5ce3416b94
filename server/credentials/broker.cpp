// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/credentials/broker.h"

#include "common/async/later.h"
#include "server/credentials/source.h"
#include "server/upstream/remoteheaders.h"

#include <QtCore/QCryptographicHash>

using namespace Qt::StringLiterals;

namespace bridge::credentials {

namespace {

/// Over REST as contract §1.5, row 8, has it; MCP clients get 401, which makes them log in.
Error missingForEnvironment(const QString &server, const auth::Principal &caller)
{
    Error error = missingToken(u"MCP server \"%1\" needs an access token"_s.arg(server), caller);
    error.status = httpStatus(Error(ErrorCode::BadRequest, {}));
    return error;
}

Error expired()
{
    return {ErrorCode::TokenExpired, u"The access token has ended. Send a new one."_s};
}

QByteArray keyOf(const Plan &plan, const QByteArray &whose)
{
    QCryptographicHash hash(QCryptographicHash::Sha256);
    hash.addData(plan.id);
    hash.addData(whose);
    return hash.result();
}

QByteArray keyOfOwner(const Plan &plan, const QString &owner)
{
    return keyOf(plan, 'o' + owner.toUtf8());
}

QByteArray keyOf(const Plan &plan, const auth::Principal &caller)
{
    const bool isOwners = plan.provider->isPerOwner() || caller.token.isEmpty();
    return isOwners ? keyOfOwner(plan, caller.owner) : keyOf(plan, 't' + caller.token);
}

QString successorKey(const auth::Principal &caller)
{
    QStringList scopes = caller.scopes;
    scopes.sort();
    return caller.owner + u'\n' + caller.clientId + u'\n' + scopes.join(u' ');
}

Ask askFor(const auth::PrincipalPtr &caller, const Plan &plan, const auth::Origin &origin = {})
{
    Ask ask;
    ask.origin = origin;
    ask.caller = caller;
    ask.auth = plan.auth;
    ask.server = plan.server;
    ask.url = plan.url;
    return ask;
}

bool hasEnded(const auth::Principal &caller, qint64 now)
{
    return caller.expires.isValid() && caller.expires.toMSecsSinceEpoch() <= now;
}

} // namespace

Broker::Broker(BrokerSettings settings, Fetch fetch, QObject *parent)
    : QObject(parent)
    , m_settings(std::move(settings))
    , m_fetch(std::move(fetch))
    , m_cache(m_settings.buffer, m_settings.maxEntries, m_settings.clock)
    , m_callers(m_settings.maxEntries)
{
    m_providers = {{u"keycloak"_s, keycloakBroker(m_settings, m_fetch)},
                   {u"exchange"_s, tokenExchange(m_settings, m_fetch)},
                   {u"entra"_s, onBehalfOf(m_settings, m_fetch)},
                   {u"user-api-key"_s, userApiKey(m_settings, m_fetch)}};
}

Broker::~Broker() = default;

void Broker::setLogin(LoginProviderPtr login)
{
    m_login = std::move(login);
    m_plans.clear();
}

void Broker::note(const auth::PrincipalPtr &caller)
{
    if (caller == m_noted)
        return; // asked for several times in one request
    m_noted = caller;
    // A name nobody vouches for must not put its token into somebody's conversation.
    const bool isKnown = !caller->isAnonymous() && caller->isVerified;
    if (!isKnown || caller->token.isEmpty() || !caller->expires.isValid())
        return;
    const QString key = successorKey(*caller);
    const auth::PrincipalPtr *known = m_callers.object(key);
    if (!known || (*known)->expires < caller->expires)
        m_callers.insert(key, new auth::PrincipalPtr(caller));
}

auth::PrincipalPtr Broker::current(const auth::PrincipalPtr &caller) const
{
    if (!hasEnded(*caller, m_settings.clock()))
        return caller;
    const auth::PrincipalPtr *newer = m_callers.object(successorKey(*caller));
    return newer && (*newer)->expires > caller->expires ? *newer : caller;
}

void Broker::attach(upstream::Identity &identity, const auth::PrincipalPtr &caller,
                    const upstream::ServerDefinition &definition,
                    const httpclient::Headers &headers, const auth::Origin &origin)
{
    auth::PrincipalPtr who = caller;
    if (caller->isAnonymous() && caller->token.isEmpty()) {
        // Nobody looked who it is; the token is passed on as it came.
        QByteArray token = identity.callerToken;
        if (token.isEmpty())
            token = upstream::callerTokenIn(headers);
        if (!token.isEmpty()) {
            auto unknown = std::make_shared<auth::Principal>(*caller);
            unknown->token = token;
            who = unknown;
        }
    }
    note(who);
    identity.source = sourceFor(who, definition, origin);
    const PlanPtr plan = planOf(definition);
    const bool isRefused = plan->way == Plan::Way::None
                           || (plan->way == Plan::Way::Retrieve && !plan->provider->mayFallBack());
    if (isRefused)
        identity.callerToken.clear();
}

upstream::CredentialSourcePtr Broker::sourceFor(const auth::PrincipalPtr &caller,
                                                const upstream::ServerDefinition &definition,
                                                const auth::Origin &origin)
{
    const PlanPtr plan = planOf(definition);
    const bool mayLogIn = plan->account && m_login->serves(*caller);
    const bool isEmpty = caller->isAnonymous() && caller->token.isEmpty();
    switch (plan->way) {
    case Plan::Way::Fail:
        return failingSource(plan->problem);
    case Plan::Way::None:
    case Plan::Way::PassThrough:
        if (!caller->token.isEmpty() && plan->way == Plan::Way::PassThrough)
            break;
        if (mayLogIn)
            break;
        if (!definition.remote && !definition.auth.environment.isEmpty())
            return failingSource(missingForEnvironment(definition.name, *caller));
        return nullptr;
    case Plan::Way::Retrieve:
        if (!isEmpty)
            break;
        if (!definition.remote && !definition.auth.environment.isEmpty())
            return failingSource(missingForEnvironment(definition.name, *caller));
        // Nobody's own credential; what is shared is for those who are nobody, unless the server
        // is meant to be used with one's own only.
        if (plan->provider->mayFallBack())
            return nullptr;
        if (plan->provider == m_login && m_login->serves(*caller))
            break;
        return failingSource(missingToken(
            u"MCP server \"%1\" needs an access token"_s.arg(definition.name), *caller));
    }
    return std::make_shared<Source>(this, caller, plan, origin);
}

Result<Credential> Broker::passedThrough(const auth::PrincipalPtr &caller) const
{
    if (caller->token.isEmpty())
        return missingToken(u"An access token is needed"_s, *caller);
    if (hasEnded(*caller, m_settings.clock()))
        return expired();
    Credential credential;
    credential.token = caller->token;
    credential.expires = caller->expires;
    credential.source = u"passthrough"_s;
    return credential;
}

std::optional<Result<Credential>> Broker::findNow(const auth::PrincipalPtr &caller,
                                                  const Plan &plan)
{
    switch (plan.way) {
    case Plan::Way::None:
        return Result<Credential>(Credential());
    case Plan::Way::Fail:
        return Result<Credential>(plan.problem);
    case Plan::Way::PassThrough:
        return passedThrough(current(caller));
    case Plan::Way::Retrieve:
        break;
    }
    const auth::PrincipalPtr who = current(caller);
    if (std::optional<Error> objection = plan.provider->objection(askFor(who, plan)))
        return Result<Credential>(std::move(*objection));
    if (auto known = m_cache.find(keyOf(plan, *who)))
        return known;
    if (hasEnded(*who, m_settings.clock()) && !plan.provider->isPerOwner())
        return Result<Credential>(expired());
    return std::nullopt;
}

CredentialCache::Start Broker::starter(Ask ask, const PlanPtr &plan)
{
    return [this, ask = std::move(ask), plan](Handler<Credential> done) {
        return plan->provider->retrieve(ask, [guard = QPointer(this), ask, plan,
                                              done = std::move(done)](Result<Credential> outcome) {
            if (guard)
                Q_EMIT guard->retrieved(ask, plan->provider->name(),
                                        outcome ? QString() : codeName(outcome.error().code));
            done(std::move(outcome));
        });
    };
}

Call Broker::get(const auth::PrincipalPtr &caller, const PlanPtr &plan, const auth::Origin &origin,
                 Handler<Credential> handler)
{
    const auth::PrincipalPtr who = current(caller);
    if (plan->way == Plan::Way::Retrieve) {
        const Ask ask = askFor(who, *plan, origin);
        if (const std::optional<Error> objection = plan->provider->objection(ask))
            Q_EMIT refused(ask, plan->provider->name(), codeName(objection->code));
    }
    if (auto known = findNow(caller, *plan))
        return later(
            [outcome = std::move(*known), handler = std::move(handler)] { handler(outcome); });
    return m_cache.get(keyOf(*plan, *who), starter(askFor(who, *plan, origin), plan),
                       std::move(handler));
}

Call Broker::renew(const auth::PrincipalPtr &caller, const PlanPtr &plan,
                   const auth::Origin &origin, const QByteArray &rejected,
                   const httpclient::Headers &refusal, Handler<Credential> handler)
{
    if (plan->way != Plan::Way::Retrieve)
        return get(caller, plan, origin, std::move(handler));
    const auth::PrincipalPtr who = current(caller);
    Ask ask = askFor(who, *plan, origin);
    if (std::optional<Error> objection = plan->provider->objection(ask))
        return failLater(std::move(handler), std::move(*objection));
    ask.rejected = rejected;
    ask.refusal = refusal;
    ask.isForced = true;
    return m_cache.renew(keyOf(*plan, *who), rejected, starter(std::move(ask), plan),
                         std::move(handler));
}

std::optional<Ask> Broker::accountAsk(const auth::PrincipalPtr &caller,
                                      const upstream::ServerDefinition &definition)
{
    const PlanPtr plan = planOf(definition);
    if (plan->account)
        return askFor(caller, *plan->account);
    if (plan->provider && plan->provider == m_login)
        return askFor(caller, *plan);
    return std::nullopt;
}

void Broker::forgetAccount(const QString &owner, const QString &server)
{
    if (const PlanPtr plan = m_plans.value(server))
        m_cache.remove(keyOfOwner(plan->account ? *plan->account : *plan, owner));
}

std::optional<Result<Credential>> Broker::findNow(const auth::PrincipalPtr &caller,
                                                  const upstream::ServerDefinition &definition)
{
    return findNow(caller, *planOf(definition));
}

Call Broker::credentialFor(const auth::PrincipalPtr &caller,
                           const upstream::ServerDefinition &definition,
                           Handler<Credential> handler)
{
    note(caller);
    return get(caller, planOf(definition), {}, std::move(handler));
}

} // namespace bridge::credentials
