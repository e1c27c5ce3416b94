// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/modernface.h"

#include "common/mcp/rawjson.h"
#include "common/mcp/revisions.h"
#include "server/gateway/headers.h"
#include "server/gateway/requestcontext.h"
#include "server/gateway/rpc.h"
#include "server/gateway/sessiontools.h"
#include "server/gateway/translation.h"
#include "server/gateway/views.h"

using namespace Qt::StringLiterals;

namespace bridge::gateway {

using jsonrpc::Message;

namespace {

/// Params that are no object have no `_meta`.
QString revisionIn(const QJsonObject &params)
{
    return params["_meta"_L1].toObject()[mcp::kMetaRevision].toString();
}

/// 2026-07-28 "Request Metadata" before "Per-request protocol fields": what a proxy may have acted
/// on is checked first.
std::optional<Error> checkHeaders(const http::Request &request, const Message &message,
                                  const QJsonObject &params)
{
    if (const auto wrong = checkVersionHeader(request, revisionIn(params)))
        return wrong;
    return checkMethodHeaders(request, message);
}

/// The session handle a request gives; empty without one.
Result<QString> handleIn(const http::Request &request, const QJsonObject &params,
                         const QByteArray &sessionField)
{
    const QString inHeader = QString::fromUtf8(request.header(kHandleHeader).trimmed());
    const QJsonValue inMeta = params["_meta"_L1].toObject().value(kMetaHandle);
    if (inMeta.isUndefined())
        return inHeader.isEmpty() ? QString::fromUtf8(request.header(sessionField).trimmed())
                                  : inHeader;
    if (!inMeta.isString() || inMeta.toString().isEmpty())
        return rpcError(mcp::kInvalidParams, 400,
                        u"`%1` in `_meta` must be a session handle."_s.arg(kMetaHandle));
    if (!inHeader.isEmpty() && inHeader != inMeta.toString())
        return rpcError(kHeaderMismatch, 400,
                        u"%1 and `%2` in `_meta` name two sessions; send one."_s.arg(
                            QLatin1String(kHandleHeader), kMetaHandle));
    return inMeta.toString();
}

QByteArray completion(const QByteArray &id)
{
    return "{\"resultType\":\"complete\",\"_meta\":{\"" + QByteArray(mcp::kMetaSubscription.data())
           + "\":" + id + "}}";
}

} // namespace

ModernFace::ModernFace(ModernOptions options, Backend backend, upstream::Registry *registry,
                       sessions::SessionManager *manager, QObject *parent)
    : QObject(parent)
    , m_options(std::move(options))
    , m_backend(std::move(backend))
    , m_registry(registry)
    , m_manager(manager)
    , m_handles(m_options.handles, m_backend.release)
{
}

ModernFace::~ModernFace() = default;

void ModernFace::post(http::Exchange &exchange, const Incoming &incoming, const QString &server)
{
    if (incoming.batch)
        return refuse(exchange, {},
                      rpcError(kInvalidRequest, 400,
                               u"This revision has no batches; send one message at a time."_s));
    const Message &message = incoming.first();
    if (message.kind == Message::Kind::Result || message.kind == Message::Kind::Error)
        return refuse(exchange, {},
                      rpcError(kInvalidRequest, 400,
                               u"This revision takes no responses; repeat the request with "
                               "`inputResponses`."_s));
    if (message.kind == Message::Kind::Notification)
        return exchange.finish(accepted()); // this revision defines none over HTTP
    noteTarget(exchange, message);
    const Accepts accepts = acceptsOf(exchange.request());
    const bool listens = message.method == "subscriptions/listen"_L1;
    if ((listens && !accepts.events) || (!accepts.json && !accepts.events))
        return refuse(
            exchange, message.id,
            rpcError(kInvalidRequest, 406, u"Accept application/json and text/event-stream."_s));
    Result<Request> request = check(exchange, message, server);
    if (!request)
        return refuse(exchange, message.id, request.error());
    run(exchange, std::move(*request));
}

Result<Request> ModernFace::check(const http::Exchange &exchange, const Message &message,
                                  const QString &server)
{
    const QJsonObject params = message.paramsObject();
    if (const auto wrong = checkHeaders(exchange.request(), message, params))
        return *wrong;
    Result<ClientProfile> profile = modernProfile(params);
    if (!profile)
        return profile.error();
    Result<ClientStatePtr> state = stateFor(exchange, params, server);
    if (!state)
        return state.error();
    Request request = requestFrom(exchange, message);
    request.profile = std::move(*profile);
    request.server = server;
    request.state = std::move(*state);
    if (message.method == "tools/call"_L1) {
        request.checkTool = [http = exchange.request(),
                             arguments = mcp::rawMember(message.params, "arguments"_L1)](
                                const QJsonObject &inputSchema) {
            return checkParamHeaders(http, inputSchema, arguments);
        };
    }
    return request;
}

void ModernFace::run(http::Exchange &exchange, Request request)
{
    const bool listens = request.message.method == "subscriptions/listen"_L1;
    auto way =
        std::make_shared<ModernWay>(exchange, request.message.id,
                                    listens ? std::chrono::milliseconds(0) : m_options.streamAfter);
    auto answer = [weak = std::weak_ptr(way)](const Result<Answer> &outcome) {
        const auto strong = weak.lock();
        if (!strong)
            return;
        outcome ? strong->finish(outcome->result) : strong->finish(outcome.error());
    };
    exchange.own(way);
    if (m_options.sessionTools && mayHaveSessionTools(request.profile, request.server)
        && callsSessionTool(request.message))
        return runOwnTool(way, request);
    if (listens) {
        m_subscriptions.removeIf([](const auto &other) { return other.expired(); });
        m_subscriptions.append(way);
        endWithCredential(exchange, [weak = std::weak_ptr(way)] {
            if (const auto strong = weak.lock())
                strong->finish(completion(strong->id()));
        });
    }
    // The client's leaving ends the exchange, which ends the call: that is how it cancels.
    exchange.keep(listens ? m_backend.listen(std::move(request), way, std::move(answer))
                          : m_backend.handle(std::move(request), way, std::move(answer)));
}

void ModernFace::runOwnTool(const std::shared_ptr<ModernWay> &way, const Request &request)
{
    const Result<QByteArray> result = callSessionTool(request, m_handles);
    result ? way->finish(*result) : way->finish(errorFor(result.error(), request.profile));
}

void ModernFace::shutDown()
{
    m_handles.endAll();
    const auto all = std::exchange(m_subscriptions, {});
    for (const std::weak_ptr<ModernWay> &weak : all) {
        if (const auto way = weak.lock())
            way->finish(completion(way->id()));
    }
}

// --- session handles ---------------------------------------------------------------------------

sessions::SessionPtr ModernFace::findSession(const QString &owner, const QString &server,
                                             const QString &id) const
{
    const QList<upstream::Server *> all = m_registry->servers();
    for (const upstream::Server *one : all) {
        const QString &name = one->definition().name;
        if (!showsAt(m_options.views, server, name))
            continue;
        if (const auto found = m_manager->find(owner, name, id); found)
            return *found;
    }
    return nullptr;
}

Result<ClientStatePtr> ModernFace::stateFor(const http::Exchange &exchange,
                                            const QJsonObject &params, const QString &server)
{
    const Result<QString> id = handleIn(exchange.request(), params, m_options.sessionField);
    if (!id)
        return id.error();
    if (id->isEmpty())
        return ClientStatePtr();
    const upstream::Identity identity = identityOf(exchange);
    ClientStatePtr state = m_handles.find(*id, identity.owner, server);
    if (!state)
        state = restState(identity, server, *id);
    if (!state)
        return rpcError(mcp::kInvalidParams, 400,
                        u"There is no session of yours with the handle given in %1, or it has "
                        "ended. Start a new one."_s.arg(QLatin1String(kHandleHeader)));
    if (const auto welcome = welcomeBack(exchange, *state); !welcome)
        return welcome.error();
    // Servers the client does not use at the moment keep their state with the others.
    for (const sessions::SessionPtr &session : std::as_const(state->sessions))
        session->touch();
    return state;
}

ClientStatePtr ModernFace::restState(const upstream::Identity &identity, const QString &server,
                                     const QString &id)
{
    const sessions::SessionPtr session = findSession(identity.owner, server, id);
    if (!session)
        return nullptr;
    const QString &name = session->server().definition().name;
    const QString key = identity.owner + '\n'_L1 + server + '\n'_L1 + name + '\n'_L1 + id;
    if (ClientStatePtr known = m_states.value(key); known && known->sessions.value(name) == session)
        return known;
    auto state = std::make_shared<ClientState>();
    state->identity = identity;
    state->identity.group = session->record().group;
    state->server = server;
    state->profile.era = mcp::Era::Modern;
    state->profile.revision = mcp::kModernRevision;
    state->sessions.insert(name, session);
    m_states.insert(key, state);
    connect(session.get(), &sessions::Session::closed, this, [this, key] { forget(key); });
    return state;
}

void ModernFace::forget(const QString &key)
{
    if (const ClientStatePtr state = m_states.take(key))
        m_backend.release(state);
}

} // namespace bridge::gateway
