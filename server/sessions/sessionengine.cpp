// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/sessions/sessionengine.h"

#include <QtCore/QPointer>

using namespace Qt::StringLiterals;

namespace bridge::sessions {

namespace {

Error cannotBeRestored()
{
    Error error(ErrorCode::SessionNotFound,
                u"The MCP server of this session ended and its state is lost. Close the session "
                "and start a new one."_s);
    error.status = 410;
    return error;
}

} // namespace

SessionEngine::SessionEngine(std::function<Call(Handler<upstream::InstancePtr>)> start,
                             bool mayRestart)
    : m_start(std::move(start))
    , m_mayRestart(mayRestart)
{
}

SessionEngine::~SessionEngine()
{
    letGo();
}

void SessionEngine::adopt(upstream::InstancePtr instance)
{
    bury(letGo());
    m_instance = std::move(instance);
    connect(m_instance.get(), &upstream::Instance::died, this, &SessionEngine::onDied);
    connect(&m_instance->client(), &mcp::Client::inputRequested, this,
            &SessionEngine::inputRequested);
}

bool SessionEngine::isOutdated() const
{
    return isAlive() && m_instance->credentialEnd().isValid()
           && m_instance->credentialEnd() <= QDateTime::currentDateTimeUtc();
}

void SessionEngine::replace()
{
    bury(letGo());
    m_isReplaced = true;
}

mcp::Client *SessionEngine::readyClient() const
{
    return isAlive() && !m_untold ? &m_instance->client() : nullptr;
}

Call SessionEngine::revive(Handler<bool> handler)
{
    if (m_stopped)
        return failLater(std::move(handler), *m_stopped);
    if (isAlive()) {
        const bool isNews = takeNews();
        return later([handler = std::move(handler), isNews] { handler(isNews); });
    }
    if (!m_mayRestart && !m_isReplaced)
        return failLater(std::move(handler), cannotBeRestored());
    const quint64 number = ++m_waiterNumber;
    m_waiters->append({number, std::move(handler)});
    restart();
    return Call([waiters = m_waiters, number] {
        waiters->removeIf([number](const Waiter &waiter) { return waiter.number == number; });
    });
}

void SessionEngine::restart()
{
    if (std::exchange(m_restarting, true))
        return;
    m_restart = m_start(
        [this](Result<upstream::InstancePtr> instance) { onRestarted(std::move(instance)); });
}

void SessionEngine::onRestarted(Result<upstream::InstancePtr> instance)
{
    m_restarting = false;
    if (!instance) {
        tellWaiters(instance.error());
        return;
    }
    m_isReplaced = false;
    adopt(std::move(instance).value());
    m_untold = m_waiters->isEmpty();
    tellWaiters(true);
}

void SessionEngine::tellWaiters(const Result<bool> &outcome)
{
    // A handler may drop the session and this with it, withdraw others, or ask again: only those
    // who wait now are told, and the list outlives the engine.
    const auto waiters = m_waiters;
    const Result<bool> told = outcome;
    const quint64 last = m_waiterNumber;
    while (!waiters->isEmpty() && waiters->constFirst().number <= last) {
        const Waiter waiter = waiters->takeFirst();
        waiter.handler(told);
    }
}

upstream::InstancePtr SessionEngine::share()
{
    struct Share {
        upstream::InstancePtr instance;
        std::shared_ptr<int> count;
        QPointer<SessionEngine> engine;

        ~Share()
        {
            if (--*count == 0 && engine)
                Q_EMIT engine->idle();
        }
    };
    ++*m_shares;
    const auto share = std::make_shared<Share>();
    share->instance = m_instance;
    share->count = m_shares;
    share->engine = this;
    return {share, m_instance.get()};
}

bool SessionEngine::isInUse() const
{
    return *m_shares > 0 || m_restarting || !m_waiters->isEmpty();
}

void SessionEngine::onDied(const Error &reason)
{
    bury(letGo());
    Q_EMIT died(reason);
}

upstream::InstancePtr SessionEngine::letGo()
{
    if (m_instance) {
        disconnect(m_instance.get(), nullptr, this, nullptr);
        disconnect(&m_instance->client(), nullptr, this, nullptr);
    }
    return std::exchange(m_instance, nullptr);
}

void SessionEngine::bury(upstream::InstancePtr instance)
{
    // Not inside the instance's own signal.
    if (instance)
        m_burial = later([instance = std::move(instance)]() mutable { instance.reset(); });
}

void SessionEngine::stop(const Error &error)
{
    m_stopped = error;
    m_restart.cancel();
    m_restarting = false;
    // Whoever still uses a share must not keep the server: its requests end now.
    if (const auto instance = letGo(); instance && *m_shares > 0)
        instance->client().close(error);
    tellWaiters(error);
}

} // namespace bridge::sessions
