// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auditing.h"

#include "server/gate/access.h"
#include "server/gate/visitor.h"

using namespace Qt::StringLiterals;

namespace bridge {

namespace {

using audit::AuditEvent;
using Kind = AuditEvent::Kind;

constexpr int kClientLeft = 499; ///< see http::ExchangeSummary

void setOrigin(AuditEvent &event, const auth::Origin &origin)
{
    event.requestId = origin.requestId;
    if (!origin.address.isNull())
        event.address = origin.address.toString();
}

void setCaller(AuditEvent &event, const auth::Principal &principal)
{
    event.owner = principal.owner;
    event.strategy = principal.strategy;
}

QString methodOf(policy::Action::Kind kind)
{
    switch (kind) {
    case policy::Action::Kind::Prompt:
        return u"prompts/get"_s;
    case policy::Action::Kind::Resource:
        return u"resources/read"_s;
    case policy::Action::Kind::Tool:
        break;
    }
    return u"tools/call"_s;
}

/// The server has listed the tool; other names are what the caller made up.
QString targetOf(const policy::Action &action)
{
    const bool isTool = action.kind == policy::Action::Kind::Tool && !action.name.isEmpty();
    return isTool ? QString(action.server + '/'_L1 + action.name) : action.server;
}

/// The bridge itself refused the call, for \a reason.
bool hasReachedNobody(const QString &reason)
{
    return reason == codeName(ErrorCode::ToolNotFound)
           || reason == codeName(ErrorCode::InvalidArguments)
           || reason == codeName(ErrorCode::InsufficientScope)
           || reason == codeName(ErrorCode::Forbidden)
           || reason == codeName(ErrorCode::Unauthorized);
}

/// Who is refused as often as he likes, whatever he says of himself.
QString clientAt(const QHostAddress &address)
{
    return policy::limitKeyOf(*auth::anonymous(), address);
}

AuditEvent eventOf(Kind kind, const auth::Origin &origin, const auth::Principal &principal,
                   const policy::Action &action)
{
    AuditEvent event;
    event.kind = kind;
    setOrigin(event, origin);
    setCaller(event, principal);
    event.action = methodOf(action.kind);
    event.target = targetOf(action);
    return event;
}

/// \a error is empty or the code's name.
AuditEvent eventOf(const credentials::Ask &ask, const QString &provider, const QString &error)
{
    AuditEvent event;
    event.kind = Kind::Exchange;
    event.success = error.isEmpty();
    setOrigin(event, ask.origin);
    if (ask.caller)
        setCaller(event, *ask.caller);
    event.action = provider;
    event.target = ask.server;
    event.reason = error;
    return event;
}

/// One of telemetry::refusalReasons().
QString reasonOf(const gate::Incident &incident)
{
    switch (incident.error.code) {
    case ErrorCode::Unauthorized:
        return u"no_credential"_s;
    case ErrorCode::InvalidToken:
        return u"bad_token"_s;
    case ErrorCode::TokenExpired:
        return u"expired"_s;
    case ErrorCode::Forbidden:
        return incident.isNoMember ? u"not_member"_s : u"forbidden"_s;
    case ErrorCode::TooManyRequests:
        return u"rate_limited"_s;
    case ErrorCode::IdpUnavailable:
        return u"provider_down"_s;
    default:
        return u"other"_s;
    }
}

/// \a visitor is null where no gate was reached.
auth::Origin originOf(const http::ExchangeSummary &summary, const gate::Visitor *visitor)
{
    return visitor ? visitor->origin() : auth::Origin{summary.requestId, summary.peer};
}

} // namespace

Auditing::Auditing(std::unique_ptr<audit::AuditLog> log)
    : m_log(std::move(log))
    , m_limited(writing())
    , m_strangers(writing())
    , m_adminRoutes(writing())
    , m_decisions(writing())
    , m_failedLogins(writing())
    , m_barred(writing())
{
}

audit::Damper::Write Auditing::writing()
{
    return [this](AuditEvent event) { m_log->write(std::move(event)); };
}

void Auditing::follow(gate::Gate &gate)
{
    gate.setObserver([this](const gate::Incident &incident) { tellIncident(incident); });
}

void Auditing::follow(policy::Warden &warden)
{
    policy::Warden::Observers observers;
    observers.refused = [this,
                         &warden](const auth::Origin &origin, const auth::Principal &principal,
                                  const policy::Action &action, const policy::Decision &decision) {
        AuditEvent event = eventOf(Kind::Decision, origin, principal, action);
        event.reason = warden.policy().ruleName(decision);
        Q_EMIT refused(u"policy"_s);
        if (principal.isVerified)
            return m_log->write(std::move(event));
        const QString key = event.reason + '\n'_L1 + event.action + '\n'_L1 + event.target;
        m_decisions.take(clientAt(origin.address), key, std::move(event));
    };
    observers.limited = [this](const auth::Origin &origin, const auth::Principal &principal,
                               const policy::Action &action, const QString &limit) {
        tellLimit(origin, principal, action, limit);
    };
    if (m_log->options().toolCalls) {
        observers.called = [this](const auth::Origin &origin, const auth::Principal &principal,
                                  const policy::Action &action, const policy::Ended &ended) {
            tellCall(origin, principal, action, ended);
        };
    }
    warden.setObservers(std::move(observers));
}

void Auditing::follow(http::Server &server)
{
    if (m_log->options().to == audit::AuditOptions::To::Nowhere)
        return;
    connect(&server, &http::Server::exchangeFinished, this,
            [this](const http::ExchangeSummary &summary) {
                tellAdmin(summary);
                tellTooMany(summary);
            });
}

void Auditing::follow(credentials::Broker &broker)
{
    using credentials::Ask;
    connect(&broker, &credentials::Broker::retrieved, this,
            [this](const Ask &ask, const QString &provider, const QString &error) {
                m_log->write(eventOf(ask, provider, error));
            });
    connect(&broker, &credentials::Broker::refused, this,
            [this](const Ask &ask, const QString &provider, const QString &error) {
                const QString key = policy::limitKeyOf(*ask.caller, ask.origin.address) + '\n'_L1
                                    + ask.server + '\n'_L1 + error;
                m_barred.take(clientAt(ask.origin.address), key, eventOf(ask, provider, error));
            });
}

void Auditing::tellCall(const auth::Origin &origin, const auth::Principal &principal,
                        const policy::Action &action, const policy::Ended &ended)
{
    AuditEvent event = eventOf(Kind::Call, origin, principal, action);
    event.success = ended.reason.isEmpty() || ended.reason == "input_required"_L1;
    event.reason = ended.reason;
    event.durationMs = ended.duration.count();
    // These cost the caller nothing, so he may do it as often as he likes.
    if (ended.reason == codeName(ErrorCode::TooManyRequests)) {
        const QString key = policy::limitKeyOf(principal, origin.address) + "\ntool_call"_L1;
        return m_limited.take(clientAt(origin.address), key, std::move(event));
    }
    if (!principal.isVerified && hasReachedNobody(ended.reason)) {
        const QString key = u"tool_call\n"_s + event.reason + '\n'_L1 + event.target;
        return m_decisions.take(clientAt(origin.address), key, std::move(event));
    }
    m_log->write(std::move(event));
}

void Auditing::tellIncident(const gate::Incident &incident)
{
    Q_EMIT refused(reasonOf(incident));
    if (httpStatus(incident.error) == 429)
        return; // there may be a flood of them, see tellTooMany()
    AuditEvent event;
    event.kind = Kind::Refusal;
    if (incident.principal)
        setCaller(event, *incident.principal);
    event.action = QString::fromLatin1(incident.method) + ' '_L1 + incident.route;
    event.reason = codeName(incident.error.code);
    setOrigin(event, {incident.requestId, incident.address});
    event.userAgent = QString::fromUtf8(incident.userAgent);
    if (incident.principal && incident.principal->isVerified)
        return m_log->write(std::move(event));
    const bool isAdmin = gate::accessOf(incident.route) == gate::Access::Admin;
    const QString key = QString(event.reason + '\n'_L1 + event.action);
    (isAdmin ? m_adminRoutes : m_strangers).take(clientAt(incident.address), key, std::move(event));
}

void Auditing::tellLimit(const auth::Origin &origin, const auth::Principal &principal,
                         const policy::Action &action, const QString &limit)
{
    if (origin.isLimitTold)
        *origin.isLimitTold = true;
    Q_EMIT refused(u"rate_limited"_s);
    AuditEvent event = eventOf(Kind::Limited, origin, principal, action);
    event.reason = limit;
    m_limited.take(clientAt(origin.address),
                   QString(policy::limitKeyOf(principal, origin.address) + '\n'_L1 + limit),
                   std::move(event));
}

/// Other limits than those of calls, such as those of sessions.
void Auditing::tellTooMany(const http::ExchangeSummary &summary)
{
    if (summary.status != 429)
        return;
    const auto *visitor = dynamic_cast<const gate::Visitor *>(summary.attachment.get());
    const auth::Origin origin = originOf(summary, visitor);
    if (origin.isLimitTold && *origin.isLimitTold)
        return;
    AuditEvent event;
    event.kind = Kind::Limited;
    setOrigin(event, origin);
    const auth::PrincipalPtr who = visitor ? visitor->caller()->principal() : auth::anonymous();
    setCaller(event, *who);
    event.action = QString::fromLatin1(summary.method) + ' '_L1 + summary.fields.route;
    event.target = summary.fields.server;
    event.reason = codeName(ErrorCode::TooManyRequests);
    m_limited.take(
        clientAt(origin.address),
        QString(policy::limitKeyOf(*who, origin.address) + '\n'_L1 + summary.fields.route),
        std::move(event));
}

/// Told of when it is over, as only then it is known what came of it.
void Auditing::tellAdmin(const http::ExchangeSummary &summary)
{
    const auto *visitor = dynamic_cast<const gate::Visitor *>(summary.attachment.get());
    if (!visitor || !visitor->adminAgent())
        return;
    AuditEvent event;
    event.kind = Kind::Admin;
    // What was begun goes on without who asked for it, as a reload does.
    const bool hasLeft = summary.status == kClientLeft;
    if (hasLeft)
        event.success = std::nullopt;
    else
        event.success = summary.status < 400;
    setCaller(event, *visitor->caller()->principal());
    event.action = QString::fromLatin1(summary.method) + ' '_L1 + summary.fields.route;
    if (hasLeft)
        event.reason = u"cancelled"_s;
    else if (summary.status >= 400)
        event.reason = summary.fields.more.value(u"error"_s).toString();
    setOrigin(event, visitor->origin());
    event.userAgent = QString::fromUtf8(*visitor->adminAgent());
    m_log->write(std::move(event));
}

void Auditing::tellLogin(const QString &event, const auth::PrincipalPtr &who,
                         const http::Exchange &exchange, const QString &reason)
{
    AuditEvent written;
    written.kind = event == "logout"_L1 ? Kind::Logout : Kind::Login;
    const bool hasFailed = event == "login_failed"_L1;
    written.success = !hasFailed;
    written.strategy = u"login"_s;
    written.action = event;
    written.reason = reason;
    if (who)
        written.owner = who->owner;
    const auth::Origin origin = gate::originOf(exchange);
    setOrigin(written, origin);
    written.userAgent = QString::fromUtf8(exchange.request().header("user-agent"));
    if (hasFailed)
        return m_failedLogins.take(clientAt(origin.address), reason, std::move(written));
    m_log->write(std::move(written));
}

void Auditing::tellAccount(const QString &action, const QString &owner, const QString &server,
                           const auth::Origin &origin)
{
    AuditEvent event;
    event.kind = Kind::Exchange;
    event.success = true;
    setOrigin(event, origin);
    event.owner = owner;
    event.action = action;
    event.target = server;
    m_log->write(std::move(event));
}

void Auditing::tellKeys(audit::AuditEvent::Kind kind, const QStringList &ids)
{
    for (const QString &id : ids) {
        AuditEvent event;
        event.kind = kind;
        event.success = true;
        event.target = id;
        m_log->write(std::move(event));
    }
}

} // namespace bridge
