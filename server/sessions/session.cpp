// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/sessions/session.h"

#include "common/base/ids.h"
#include "server/sessions/sessionengine.h"
#include "server/sessions/suspendablecall.h"

#include <QtCore/QElapsedTimer>

#include <algorithm>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace bridge::sessions {

namespace {

Error conflict(ErrorCode code, const QString &message)
{
    Error error(code, message);
    error.detail = QJsonObject{{"error"_L1, codeName(code)}, {"detail"_L1, message}};
    return error;
}

Error credentialEnded()
{
    Error error(ErrorCode::SessionNotFound,
                u"The credential this session was started with has ended. Close the session and "
                "start a new one."_s);
    error.status = 410;
    return error;
}

} // namespace

class Session::Private : public CallOwner
{
public:
    Private(Session *session, Setup given);

    mcp::Client *liveClient() override { return engine.readyClient(); }
    Call revive(Handler<bool> handler) override { return engine.revive(std::move(handler)); }
    Result<Nothing> admitSuspended() const override;
    void callEnded(SuspendableCall *call) override;

    /// Of \a tool, or of any when it is empty.
    std::shared_ptr<SuspendableCall> oldestSuspended(const QString &tool = {}) const;
    /// Does what is to be done when the server's credential has ended and nobody uses it.
    void endOutdated();
    void failAll(const Error &error);
    void onDied(const Error &reason);
    void onInput(const mcp::InputRequestPtr &input);

    Session *q;
    Setup setup;
    upstream::ServerPin pin;
    SessionEngine engine;
    QString logId;
    bool closing = false;
    qint64 totalRequests = 0;
    QElapsedTimer sinceActivity;
    QList<std::shared_ptr<SuspendableCall>> calls; ///< in the order they began
};

Session::Private::Private(Session *session, Setup given)
    : q(session)
    , setup(std::move(given))
    , pin(setup.server->pin())
    , engine(
          [this](Handler<upstream::InstancePtr> handler) {
              return setup.open(*setup.server, setup.identity, std::move(handler));
          },
          setup.limits.restartDead)
    , logId(fingerprint(setup.record.key.id))
{
    sinceActivity.start();
    connect(&engine, &SessionEngine::died, q, [this](const Error &reason) { onDied(reason); });
    connect(&engine, &SessionEngine::idle, q, [this] { q->touch(); });
    connect(&engine, &SessionEngine::inputRequested, q,
            [this](const mcp::InputRequestPtr &input) { onInput(input); });
    engine.adopt(std::exchange(setup.instance, nullptr));
}

Result<Nothing> Session::Private::admitSuspended() const
{
    const auto asking = std::count_if(calls.begin(), calls.end(),
                                      [](const auto &call) { return call->isAsking(); });
    if (asking < setup.limits.maxSuspendedPerSession)
        return Nothing{};
    return Error(ErrorCode::TooManyRequests,
                 u"Too many tools of this session wait for an answer. Answer or cancel one of "
                 "them, then call again."_s);
}

void Session::Private::callEnded(SuspendableCall *call)
{
    const bool wasRunning = !call->isSuspended();
    calls.removeIf([call](const auto &candidate) { return candidate.get() == call; });
    if (wasRunning && !closing)
        q->touch();
}

std::shared_ptr<SuspendableCall> Session::Private::oldestSuspended(const QString &tool) const
{
    std::shared_ptr<SuspendableCall> oldest;
    for (const auto &call : calls) {
        if (!tool.isEmpty() && call->tool() != tool)
            continue;
        if (call->isSuspended() && (!oldest || call->askedBefore(*oldest)))
            oldest = call;
    }
    return oldest;
}

void Session::Private::endOutdated()
{
    if (!engine.isOutdated() || engine.isInUse() || !calls.isEmpty())
        return;
    if (setup.limits.credentialExpiry == CredentialExpiry::Reopen)
        engine.replace();
    else if (setup.limits.credentialExpiry == CredentialExpiry::Close)
        engine.stop(credentialEnded());
}

void Session::Private::failAll(const Error &error)
{
    const auto all = calls; // fail() takes them out, and waiters may do anything
    for (const auto &call : all)
        call->fail(error);
}

void Session::Private::onDied(const Error &reason)
{
    const auto self = q->shared_from_this();
    const auto all = calls;
    for (const auto &call : all) {
        if (call->isSent())
            call->fail(reason);
    }
    Q_EMIT q->broken();
}

void Session::Private::onInput(const mcp::InputRequestPtr &input)
{
    // The server did not say for which call it asks: most likely for the one begun last.
    for (auto call = calls.crbegin(); call != calls.crend(); ++call) {
        if ((*call)->isRunning()) {
            const auto chosen = *call;
            chosen->ask(input);
            return;
        }
    }
    input->refuse(Error(ErrorCode::MethodNotFound, u"No call is under way to ask for."_s));
}

Session::Session(Setup setup) : d(std::make_unique<Private>(this, std::move(setup)))
{
}

Session::~Session() = default;

const SessionRecord &Session::record() const
{
    return d->setup.record;
}

Session::State Session::state() const
{
    if (d->closing)
        return State::Closing;
    return d->engine.isAlive() ? State::Active : State::Broken;
}

qint64 Session::totalRequests() const
{
    return d->totalRequests;
}

QString Session::logId() const
{
    return d->logId;
}

upstream::Server &Session::server() const
{
    return *d->setup.server;
}

upstream::Instance *Session::instance() const
{
    return d->engine.instance();
}

Call Session::use(Handler<Use> handler)
{
    if (d->closing)
        return failLater(std::move(handler), closedError());
    d->endOutdated();
    ++d->totalRequests;
    touch();
    return d->engine.revive(
        [weak = weak_from_this(), handler = std::move(handler)](Result<bool> restarted) {
            const auto self = weak.lock();
            if (!restarted)
                handler(restarted.error());
            else if (!self || self->d->closing)
                handler(closedError());
            else if (!self->d->engine.instance()) // ended again since
                handler(Error(ErrorCode::UpstreamFailed, u"The MCP server ended. Try again."_s));
            else
                handler(Use{self->d->engine.share(), *restarted});
        });
}

std::optional<Session::Use> Session::useNow()
{
    d->endOutdated();
    if (d->closing || !d->engine.isAlive())
        return std::nullopt;
    ++d->totalRequests;
    touch();
    const bool isNews = d->engine.takeNews();
    return Use{d->engine.share(), isNews};
}

Call Session::callTool(ToolRequest request, Handler<ToolOutcome> handler)
{
    if (d->closing)
        return failLater(std::move(handler), closedError());
    touch();
    const SuspendableCall::Rules rules{d->setup.limits.elicitationTimeout,
                                       d->setup.limits.rerunElicitation};
    const auto call = std::make_shared<SuspendableCall>(std::move(request), rules, *d);
    d->calls.append(call);
    return call->run(std::move(handler));
}

Call Session::resumeTool(const QString &tool, const QJsonValue &feedback, ToolRequest::Hooks hooks,
                         Handler<ToolOutcome> handler)
{
    if (d->closing)
        return failLater(std::move(handler), closedError());
    touch();
    const auto call = d->oldestSuspended(tool);
    if (!call && !hasSuspendedCall()) {
        return failLater(std::move(handler),
                         conflict(ErrorCode::FeedbackNotExpected,
                                  u"No tool of this session waits for feedback. Call the tool "
                                  "without it."_s));
    }
    if (!call) {
        return failLater(std::move(handler),
                         conflict(ErrorCode::FeedbackToolMismatch,
                                  u"Another tool of this session waits for feedback. Send it to "
                                  "the tool that asked."_s));
    }
    Result<ElicitAnswer> answer = parseFeedback(feedback, call->question());
    if (!answer)
        return failLater(std::move(handler), answer.error());
    return call->resume(*answer, std::move(hooks), std::move(handler));
}

bool Session::hasSuspendedCall() const
{
    return d->oldestSuspended() != nullptr;
}

bool Session::isBusy() const
{
    const bool running = std::any_of(d->calls.begin(), d->calls.end(),
                                     [](const auto &call) { return !call->isSuspended(); });
    return running || d->engine.isInUse();
}

void Session::touch()
{
    if (d->closing)
        return;
    d->sinceActivity.restart();
    SessionRecord &record = d->setup.record;
    record.lastActivity = QDateTime::currentDateTimeUtc();
    if (d->setup.limits.idleTimeout > 0ms)
        record.expiresAt = record.lastActivity.addMSecs(d->setup.limits.idleTimeout.count());
    Q_EMIT touched();
}

void Session::renew(const upstream::Identity &identity)
{
    upstream::Identity &own = d->setup.identity;
    if (identity.owner != own.owner)
        return;
    own.caller = identity.caller;
    own.callerToken = identity.callerToken;
}

std::optional<std::chrono::milliseconds> Session::timeLeft() const
{
    const auto idleTimeout = d->setup.limits.idleTimeout;
    if (idleTimeout <= 0ms)
        return std::nullopt;
    if (isBusy())
        return idleTimeout;
    auto left = idleTimeout - std::chrono::milliseconds(d->sinceActivity.elapsed());
    for (const auto &call : d->calls)
        left = std::max(left, std::chrono::milliseconds(call->patienceEnd().remainingTime()));
    return std::max(left, 0ms);
}

Error Session::closedError()
{
    return Error(ErrorCode::SessionNotFound, u"The session was closed."_s);
}

void Session::close(const QString &reason, const Error &error)
{
    const auto self = shared_from_this();
    d->closing = true;
    d->failAll(error);
    d->engine.stop(error);
    Q_EMIT closed(reason);
}

} // namespace bridge::sessions
