// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/dispatcher.h"

#include "common/mcp/revisions.h"
#include "server/gateway/calls.h"
#include "server/gateway/core.h"
#include "server/gateway/errand.h"
#include "server/gateway/listings.h"
#include "server/gateway/metadata.h"
#include "server/gateway/notices.h"
#include "server/gateway/subscriptions.h"
#include "server/gateway/taskforms.h"
#include "server/gateway/tasks.h"
#include "server/gateway/translation.h"
#include "server/gateway/views.h"

using namespace Qt::StringLiterals;

namespace bridge::gateway {

namespace {

Call failLater(const Error &error, Handler<Answer> handler)
{
    return later([error, handler = std::move(handler)] { handler(error); });
}

Call answerLater(const QByteArray &result, Handler<Answer> handler)
{
    return later([result, handler = std::move(handler)] { handler(Answer{result}); });
}

/// \a handler gets errors in the words of the client's revision.
Handler<Answer> translated(const ClientProfile &profile, Handler<Answer> handler)
{
    return [profile, handler = std::move(handler)](Result<Answer> answer) {
        if (answer)
            handler(std::move(answer));
        else
            handler(errorFor(answer.error(), profile));
    };
}

bool mayBeAsked(const Request &request)
{
    const QString &method = request.message.method;
    return method == "tools/call"_L1 || method == "prompts/get"_L1 || method == "resources/read"_L1
           || (method == "tasks/result"_L1 && knowsLegacyTasks(request.profile));
}

Result<Nothing> checkLogLevel(const ClientProfile &profile)
{
    if (profile.logLevel.isEmpty() || isLogLevel(profile.logLevel))
        return Nothing{};
    return Error(ErrorCode::InvalidArguments,
                 u"`%1` must be debug, info, notice, warning, error, critical, alert or "
                 "emergency."_s.arg(mcp::kMetaLogLevel));
}

} // namespace

class Dispatcher::Private
{
public:
    Private(DispatcherOptions options, upstream::Registry *registry,
            sessions::SessionManager *sessions, telemetry::Metrics *metrics)
        : core(std::move(options), registry, sessions, metrics)
    {
    }

    Call errand(Request request, std::shared_ptr<Downstream> downstream, Handler<Answer> handler);
    Call legacy(const Request &request, Handler<Answer> handler);
    Call modern(const Request &request, Handler<Answer> handler);
    std::optional<Error> unknownServer(const Request &request) const;

    Core core;
};

Dispatcher::Dispatcher(DispatcherOptions options, upstream::Registry *registry,
                       sessions::SessionManager *sessions, telemetry::Metrics *metrics,
                       QObject *parent)
    : QObject(parent)
    , d(std::make_unique<Private>(std::move(options), registry, sessions, metrics))
{
}

Dispatcher::~Dispatcher()
{
    d->core.suspended.clear();
}

QByteArray Dispatcher::initializeResult(ClientState &state)
{
    return gateway::initializeResult(d->core, state.profile, state.server);
}

Call Dispatcher::Private::errand(Request request, std::shared_ptr<Downstream> downstream,
                                 Handler<Answer> handler)
{
    const bool isRetry = request.profile.era == mcp::Era::Modern
                         && request.message.paramsObject().contains("requestState"_L1);
    if (!isRetry)
        return std::make_shared<Errand>(&core, std::move(request), std::move(downstream))
            ->start(std::move(handler));
    const Result<ErrandPtr> found = Errand::suspendedFor(&core, request);
    if (!found)
        return failLater(errorFor(found.error(), request.profile), std::move(handler));
    return (*found)->resume(request, std::move(downstream), std::move(handler));
}

std::optional<Error> Dispatcher::Private::unknownServer(const Request &request) const
{
    if (request.server.isEmpty() || !core.serversOf(request.server).isEmpty())
        return std::nullopt;
    if (const QString view = viewAt(request.server); !view.isEmpty()) {
        if (core.options.views && core.options.views->find(view))
            return std::nullopt; // all of its servers are disabled
        return Error(ErrorCode::ServerNotFound,
                     u"There is no such view. GET /views lists those there are."_s);
    }
    return Error(ErrorCode::ServerNotFound,
                 u"There is no such MCP server. GET /servers lists those there are."_s);
}

Call Dispatcher::Private::modern(const Request &request, Handler<Answer> handler)
{
    if (request.message.method == "server/discover"_L1) {
        return learn(&core, request,
                     [this, request, handler = std::move(handler)](const Result<Nothing> &) {
                         handler(Answer{discoverResult(core, request.profile, request.server)});
                     });
    }
    return failLater(Error(ErrorCode::MethodNotFound,
                           u"Method not found: %1"_s.arg(request.message.method.left(100))),
                     std::move(handler));
}

Call Dispatcher::Private::legacy(const Request &request, Handler<Answer> handler)
{
    const QString &method = request.message.method;
    if (method == "ping"_L1)
        return answerLater("{}"_ba, std::move(handler));
    if (method == "initialize"_L1) {
        return learn(
            &core, request, [this, request, handler = std::move(handler)](const Result<Nothing> &) {
                handler(Answer{gateway::initializeResult(core, request.profile, request.server)});
            });
    }
    if (method == "logging/setLevel"_L1)
        return setLogLevel(&core, request).start(std::move(handler));
    if (method == "resources/subscribe"_L1)
        return subscribeResource(&core, request).start(std::move(handler));
    if (method == "resources/unsubscribe"_L1)
        return unsubscribeResource(&core, request).start(std::move(handler));
    return failLater(
        Error(ErrorCode::MethodNotFound, u"Method not found: %1"_s.arg(method.left(100))),
        std::move(handler));
}

Call Dispatcher::handle(Request request, std::shared_ptr<Downstream> downstream,
                        Handler<Answer> handler)
{
    handler = translated(request.profile, std::move(handler));
    if (const auto unknown = d->unknownServer(request))
        return failLater(*unknown, std::move(handler));
    if (request.state && request.profile.era == mcp::Era::Legacy)
        d->core.announceTo(request.state);
    if (const Result<Nothing> level = checkLogLevel(request.profile); !level)
        return failLater(level.error(), std::move(handler));
    const QString method = request.message.method;
    if (const auto kind = kindListedBy(method)) {
        if (request.message.paramsObject().contains("cursor"_L1))
            return failLater(Error(ErrorCode::InvalidArguments,
                                   u"There are no further pages: the first one holds the whole "
                                   "list."_s),
                             std::move(handler));
        return list(&d->core, request, *kind, std::move(handler));
    }
    if (isTaskRequest(request))
        return taskRequest(&d->core, std::move(request)).start(std::move(handler));
    if (mayBeAsked(request))
        return d->errand(std::move(request), std::move(downstream), std::move(handler));
    if (method == "completion/complete"_L1)
        return complete(&d->core, std::move(request)).start(std::move(handler));
    return request.profile.era == mcp::Era::Modern ? d->modern(request, std::move(handler))
                                                   : d->legacy(request, std::move(handler));
}

Call Dispatcher::listen(Request request, std::shared_ptr<Downstream> downstream,
                        Handler<Answer> handler)
{
    handler = translated(request.profile, std::move(handler));
    if (const auto unknown = d->unknownServer(request))
        return failLater(*unknown, std::move(handler));
    return gateway::listen(&d->core, request, std::move(downstream), std::move(handler));
}

void Dispatcher::notification(const Request &request)
{
    if (request.message.method != "notifications/roots/list_changed"_L1 || !request.state)
        return;
    const auto sessions = request.state->sessions;
    for (const sessions::SessionPtr &session : sessions) {
        const auto &instance = d->core.seatOf(request.state.get(), &session->server()).watched;
        if (session->state() == sessions::Session::State::Active && instance)
            instance->client().notify(request.message.method);
    }
}

void Dispatcher::setTaskIdle(std::chrono::milliseconds idle)
{
    d->core.tasks.setIdle(idle);
}

void Dispatcher::setSuspendTime(std::chrono::milliseconds time)
{
    d->core.options.suspendTime = time;
}

void Dispatcher::setSubscriptionLimits(const OwnerLimits &limits)
{
    d->core.options.subscriptions = limits;
}

void Dispatcher::dropSuspended()
{
    d->core.suspended.clear();
    d->core.tasks.clear();
    d->core.stopLearning();
}

void Dispatcher::release(const ClientStatePtr &state)
{
    state->released = true;
    d->core.forget(state.get());
    const auto sessions = std::exchange(state->sessions, {});
    for (const sessions::SessionPtr &session : sessions) {
        const sessions::SessionKey key = session->record().key;
        // Gone already is as good.
        (void)d->core.sessions->close(key.owner, key.server, key.id, u"closed"_s);
    }
}

} // namespace bridge::gateway
