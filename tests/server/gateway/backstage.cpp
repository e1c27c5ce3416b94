// SPDX-License-Identifier: GPL-3.0-or-later
#include "backstage.h"

namespace gatewaytest {

namespace {

QJsonObject tool(const QString &name)
{
    return {{"name"_L1, name}, {"inputSchema"_L1, QJsonObject{{"type"_L1, "object"_L1}}}};
}

QJsonObject form(const QString &field)
{
    return {{"message"_L1, u"Please tell %1"_s.arg(field)},
            {"requestedSchema"_L1,
             QJsonObject{
                 {"type"_L1, "object"_L1},
                 {"properties"_L1, QJsonObject{{field, QJsonObject{{"type"_L1, "string"_L1}}}}}}}};
}

QJsonObject sampling()
{
    const QJsonObject content{{"type"_L1, "text"_L1}, {"text"_L1, "hi"_L1}};
    return {
        {"messages"_L1, QJsonArray{QJsonObject{{"role"_L1, "user"_L1}, {"content"_L1, content}}}},
        {"maxTokens"_L1, 10}};
}

QJsonObject question(const QString &method, const QJsonObject &params)
{
    return {{"method"_L1, method}, {"params"_L1, params}};
}

QJsonObject capabilities()
{
    const QJsonObject changing{{"listChanged"_L1, true}};
    return {{"tools"_L1, changing},
            {"prompts"_L1, changing},
            {"resources"_L1, QJsonObject{{"listChanged"_L1, true}, {"subscribe"_L1, true}}},
            {"completions"_L1, QJsonObject()},
            {"logging"_L1, QJsonObject()}};
}

} // namespace

Actor::Actor(std::unique_ptr<jsonrpc::Transport> wire, QString name, bool isModern, StatsPtr counts)
    : stats(std::move(counts))
    , transport(std::move(wire))
    , m_name(std::move(name))
    , m_isModern(isModern)
    , m_connection(std::make_unique<jsonrpc::Connection>(transport.get()))
{
    ++stats->alive;
    ++stats->started;
    connect(m_connection.get(), &jsonrpc::Connection::requestReceived, this, &Actor::onRequest);
    connect(m_connection.get(), &jsonrpc::Connection::notificationReceived, this,
            [this](const jsonrpc::Message &message) {
                if (message.method == "notifications/cancelled"_L1)
                    onCancelled(message);
                if (message.method == "notifications/roots/list_changed"_L1)
                    ++stats->rootsChanges;
            });
}

void Actor::notify(const QString &method, const QJsonObject &params)
{
    m_connection->notify(method, params.isEmpty() ? QByteArray() : json(params));
}

void Actor::onCancelled(const jsonrpc::Message &message)
{
    ++stats->cancelled;
    const QByteArray id = QByteArray::number(message.paramsObject()["requestId"_L1].toInteger());
    const QString uri = m_streams.key(id);
    m_streams.remove(uri);
    stats->subscribed.removeAll(uri);
}

void Actor::update(const QString &uri)
{
    QJsonObject params{{"uri"_L1, uri}};
    if (m_isModern)
        params.insert("_meta"_L1, QJsonObject{{"io.modelcontextprotocol/subscriptionId"_L1,
                                               m_streams.value(uri).toLongLong()}});
    notify(u"notifications/resources/updated"_s, params);
}

void Actor::listen(const jsonrpc::Message &request)
{
    const QJsonObject filter = request.paramsObject()["notifications"_L1].toObject();
    const QJsonArray uris = filter["resourceSubscriptions"_L1].toArray();
    for (const QJsonValue &uri : uris) {
        isWatched = true;
        m_streams.insert(uri.toString(), request.id);
        stats->subscribed.append(uri.toString());
    }
    const QJsonObject meta{{"io.modelcontextprotocol/subscriptionId"_L1, request.id.toLongLong()}};
    notify(u"notifications/subscriptions/acknowledged"_s,
           {{"notifications"_L1, filter}, {"_meta"_L1, meta}});
}

void Actor::releaseAll()
{
    for (const QByteArray &id : std::exchange(m_held, {}))
        text(id, u"released"_s);
}

void Actor::answer(const QByteArray &id, QJsonObject result)
{
    if (m_isModern && !result.contains("resultType"_L1))
        result.insert("resultType"_L1, "complete"_L1);
    m_connection->respond(id, json(result));
}

void Actor::text(const QByteArray &id, const QString &text)
{
    const QJsonObject block{{"type"_L1, "text"_L1}, {"text"_L1, text}};
    answer(id, {{"content"_L1, QJsonArray{block}}});
}

bool Actor::onList(const jsonrpc::Message &request)
{
    QJsonObject hints;
    if (m_isModern)
        hints = {{"ttlMs"_L1, 1'000}, {"cacheScope"_L1, "public"_L1}};
    const auto listed = [&](const QString &member, const QJsonArray &items) {
        hints.insert(member, items);
        answer(request.id, hints);
        return true;
    };
    if (request.method == "tools/list"_L1) {
        QJsonArray tools;
        for (const char *name : {"count", "echo", "hold", "ask", "askTwo", "sample", "roots",
                                 "progress", "log", "rich", "fail"})
            tools.append(tool(QString::fromLatin1(name)));
        return listed(u"tools"_s, tools);
    }
    if (request.method == "prompts/list"_L1)
        return listed(u"prompts"_s, {QJsonObject{{"name"_L1, "greet"_L1}}});
    if (request.method == "resources/list"_L1)
        return listed(u"resources"_s,
                      {QJsonObject{{"uri"_L1, "test://same"_L1}, {"name"_L1, "same"_L1}},
                       QJsonObject{{"uri"_L1, u"test://%1"_s.arg(m_name)}, {"name"_L1, m_name}}});
    if (request.method == "resources/templates/list"_L1)
        return listed(
            u"resourceTemplates"_s,
            {QJsonObject{{"uriTemplate"_L1, u"%1://{id}"_s.arg(m_name)}, {"name"_L1, m_name}}});
    return false;
}

void Actor::onRequest(const jsonrpc::Message &request)
{
    const QString &method = request.method;
    const QJsonObject params = request.paramsObject();
    if (method == "initialize"_L1) {
        stats->capabilities = params["capabilities"_L1].toObject();
        m_connection->respond(
            request.id,
            json({{"protocolVersion"_L1, "2025-11-25"_L1},
                  {"capabilities"_L1, capabilities()},
                  {"instructions"_L1, u"Use %1."_s.arg(m_name)},
                  {"serverInfo"_L1, QJsonObject{{"name"_L1, m_name}, {"version"_L1, "1"_L1}}}}));
    } else if (method == "server/discover"_L1 && m_isModern) {
        answer(request.id, {{"supportedVersions"_L1, QJsonArray{"2026-07-28"_L1}},
                            {"capabilities"_L1, capabilities()},
                            {"ttlMs"_L1, 0},
                            {"cacheScope"_L1, "private"_L1}});
    } else if (method == "tools/call"_L1) {
        onTool(request);
    } else if (method == "prompts/get"_L1) {
        const QJsonObject content{{"type"_L1, "text"_L1}, {"text"_L1, m_name}};
        answer(request.id, {{"messages"_L1, QJsonArray{QJsonObject{{"role"_L1, "user"_L1},
                                                                   {"content"_L1, content}}}}});
    } else if (method == "resources/read"_L1) {
        const QString uri = params["uri"_L1].toString();
        if (uri == "test://missing"_L1) {
            m_connection->respondError(request.id,
                                       {m_isModern ? -32602 : -32002, u"Resource not found"_s, {}});
            return;
        }
        QJsonObject result{
            {"contents"_L1, QJsonArray{QJsonObject{{"uri"_L1, uri}, {"text"_L1, m_name}}}}};
        if (m_isModern) {
            result.insert("ttlMs"_L1, 5);
            result.insert("cacheScope"_L1, "public"_L1);
        }
        answer(request.id, result);
    } else if (method == "completion/complete"_L1) {
        answer(request.id,
               {{"completion"_L1,
                 QJsonObject{
                     {"values"_L1, QJsonArray{m_name, params["ref"_L1]["name"_L1].toString()}}}}});
    } else if (method == "resources/subscribe"_L1) {
        isWatched = true;
        stats->subscribed.append(params["uri"_L1].toString());
        answer(request.id, {});
    } else if (method == "resources/unsubscribe"_L1) {
        stats->subscribed.removeAll(params["uri"_L1].toString());
        answer(request.id, {});
    } else if (method == "logging/setLevel"_L1) {
        stats->levels.append(params["level"_L1].toString());
        answer(request.id, {});
    } else if (method == "subscriptions/listen"_L1 && m_isModern) {
        listen(request);
    } else if (!onList(request)) {
        m_connection->respondError(request.id, {-32601, u"Method not found"_s, {}});
    }
}

void Actor::onModernQuestion(const jsonrpc::Message &request, const QJsonObject &questions)
{
    const QJsonObject responses = request.paramsObject()["inputResponses"_L1].toObject();
    if (!responses.isEmpty()) {
        stats->answers.append(responses);
        text(request.id, QString::fromUtf8(json(responses)));
        return;
    }
    ++stats->sideEffects;
    answer(request.id, {{"resultType"_L1, "input_required"_L1},
                        {"inputRequests"_L1, questions},
                        {"requestState"_L1, "state"_L1}});
}

void Actor::ask(const QString &method, const QJsonObject &params,
                std::function<void(QJsonObject)> then)
{
    m_questions.push_back(m_connection->request(
        method, json(params), {}, [this, then = std::move(then)](Result<QByteArray> reply) {
            if (reply)
                stats->answers.append(object(*reply));
            else
                stats->refusals.append(rpcCode(reply.error()));
            then(reply ? object(*reply) : QJsonObject());
        }));
}

void Actor::onTool(const jsonrpc::Message &request)
{
    const QJsonObject params = request.paramsObject();
    const QString name = params["name"_L1].toString();
    const QByteArray id = request.id;
    stats->params.append(params);
    const QHash<QString, std::pair<QString, QJsonObject>> questions{
        {u"ask"_s, {u"elicitation/create"_s, form(u"name"_s)}},
        {u"askTwo"_s, {u"elicitation/create"_s, form(u"name"_s)}},
        {u"sample"_s, {u"sampling/createMessage"_s, sampling()}},
        {u"roots"_s, {u"roots/list"_s, {}}}};
    if (questions.contains(name)) {
        const auto [method, asked] = questions[name];
        QJsonObject inputs{{"q"_L1, question(method, asked)}};
        if (name == "askTwo"_L1)
            inputs.insert("r"_L1, question(method, form(u"age"_s)));
        if (m_isModern)
            return onModernQuestion(request, inputs);
        ++stats->sideEffects;
        const auto done = [this, id](const QJsonObject &reply) {
            text(id, QString::fromUtf8(json(reply)));
        };
        if (name != "askTwo"_L1)
            return ask(method, asked, done);
        return ask(method, asked, [this, done](const QJsonObject &) {
            ask(u"elicitation/create"_s, form(u"age"_s), done);
        });
    }
    if (name == "count"_L1)
        return text(id, QString::number(++m_count));
    if (name == "hold"_L1)
        return m_held.append(id);
    if (name == "progress"_L1 || name == "log"_L1) {
        const QJsonValue token = params["_meta"_L1]["progressToken"_L1];
        for (int i = 1; i <= 3; ++i) {
            if (name == "progress"_L1 && !token.isUndefined())
                notify(u"notifications/progress"_s,
                       {{"progressToken"_L1, token}, {"progress"_L1, i}, {"total"_L1, 3}});
            if (name == "log"_L1)
                notify(u"notifications/message"_s,
                       {{"level"_L1, i == 2 ? "error"_L1 : "info"_L1}, {"data"_L1, i}});
        }
        return text(id, u"done"_s);
    }
    if (name == "rich"_L1) {
        const QJsonArray blocks{
            QJsonObject{{"type"_L1, "audio"_L1}, {"data"_L1, "AA=="_L1}, {"mimeType"_L1, "a/b"_L1}},
            QJsonObject{
                {"type"_L1, "resource_link"_L1}, {"uri"_L1, "x://y"_L1}, {"name"_L1, "y"_L1}}};
        return answer(id,
                      {{"content"_L1, blocks}, {"structuredContent"_L1, QJsonObject{{"a"_L1, 1}}}});
    }
    if (name == "fail"_L1)
        return answer(id, {{"content"_L1, QJsonArray()}, {"isError"_L1, true}});
    text(id, m_name + u':' + QString::fromUtf8(json(params["arguments"_L1].toObject())));
}

Stage::Stage(const QString &name, bool isModern, Actor::StatsPtr stats,
             const QJsonObject &capabilities)
{
    auto [near, far] = jsonrpc::LoopbackTransport::makePair();
    m_actor = std::make_unique<Actor>(std::move(far), name, isModern, std::move(stats));
    mcp::ClientOptions options;
    options.name = u"bridge"_s;
    options.version = u"1"_s;
    options.capabilities = capabilities;
    options.knownEra = isModern ? mcp::Era::Modern : mcp::Era::Legacy;
    m_client = std::make_unique<mcp::Client>(std::move(near), options);
    connect(m_client.get(), &mcp::Client::closed, this, &upstream::Instance::died);
}

Call Audience::ask(const QString &method, const QByteArray &params, Handler<QByteArray> handler)
{
    asked.append(method);
    return later([this, method, params, handler = std::move(handler)] {
        handler(reply(method, object(params)));
    });
}

Theatre::Theatre(const QList<Cast> &cast, gateway::DispatcherOptions options)
    : profile(legacy())
    , m_cast(cast)
{
    QList<upstream::ServerDefinition> definitions;
    for (const Cast &one : cast) {
        upstream::ServerDefinition definition;
        definition.name = one.name;
        definition.command = {u"unused"_s};
        definitions.append(definition);
        m_stats[one.name] = std::make_shared<Actor::Stats>();
    }
    registry = std::make_unique<upstream::Registry>(definitions, 0);
    const auto opener = [this](upstream::Server &server, const upstream::Identity &identity,
                               Handler<upstream::InstancePtr> handler) {
        return open(server, identity, std::move(handler));
    };
    sessions::SessionLimits limits;
    limits.maxPerOwner = 1'000;
    sessions = std::make_unique<sessions::SessionManager>(
        std::move(*sessions::makeSessionStore(u"memory"_s)), limits, nullptr, opener);
    options.name = u"bridge"_s;
    options.version = u"1.0"_s;
    options.lease = [this](upstream::Server &server, const upstream::Identity &identity,
                           Handler<upstream::LeasePtr> handler) {
        return open(server, identity,
                    [handler = std::move(handler)](Result<upstream::InstancePtr> instance) {
                        if (instance)
                            handler(std::make_shared<upstream::Lease>(*instance, nullptr));
                        else
                            handler(instance.error());
                    });
    };
    dispatcher =
        std::make_unique<gateway::Dispatcher>(options, registry.get(), sessions.get(), &metrics);
}

Theatre::~Theatre()
{
    dispatcher.reset();
    sessions.reset();
}

Call Theatre::open(upstream::Server &server, const upstream::Identity &identity,
                   Handler<upstream::InstancePtr> handler)
{
    const QString name = server.definition().name;
    const auto cast = std::find_if(m_cast.cbegin(), m_cast.cend(),
                                   [&](const Cast &one) { return one.name == name; });
    if (cast->isSlow)
        return {};
    if (cast->isDead)
        return later([handler = std::move(handler)] {
            handler(Error(ErrorCode::UpstreamStart, u"It does not start."_s));
        });
    if (cast->delay == 0ms)
        return raise(*cast, identity, std::move(handler));
    auto started = std::make_shared<Call>();
    *started = after(cast->delay, [this, cast = *cast, identity, handler = std::move(handler),
                                   weak = std::weak_ptr(started)] {
        *weak.lock() = raise(cast, identity, handler);
    });
    return Call([started] { started->cancel(); });
}

Call Theatre::raise(const Cast &cast, const upstream::Identity &identity,
                    Handler<upstream::InstancePtr> handler)
{
    const auto stage = std::make_shared<Stage>(cast.name, cast.isModern, m_stats[cast.name],
                                               identity.clientCapabilities);
    m_actors[cast.name].append(&stage->actor());
    auto started = std::make_shared<Call>(
        stage->client().start([stage, handler = std::move(handler)](Result<mcp::ServerInfo> info) {
            if (info)
                handler(upstream::InstancePtr(stage));
            else
                handler(info.error());
        }));
    return Call([started] { started->cancel(); });
}

Actor *Theatre::watcher(const QString &name) const
{
    const auto actors = m_actors.value(name);
    for (auto actor = actors.crbegin(); actor != actors.crend(); ++actor) {
        if (*actor && (*actor)->isWatched)
            return *actor;
    }
    qFatal("nobody subscribed");
    return nullptr;
}

gateway::Request Theatre::request(const QString &method, const QJsonObject &params) const
{
    gateway::Request made;
    made.message.kind = jsonrpc::Message::Kind::Request;
    made.message.id = "1"_ba;
    made.message.method = method;
    made.message.params = json(params);
    made.profile = profile;
    return made;
}

void Theatre::send(Got &got, gateway::Request request)
{
    got.result.reset();
    got.call = dispatcher->handle(std::move(request), got.audience,
                                  [&got](Result<gateway::Answer> answer) {
                                      if (got.result)
                                          qFatal("answered twice");
                                      got.result.emplace(std::move(answer));
                                  });
}

gateway::ClientStatePtr Theatre::makeState(const QJsonObject &capabilities,
                                           const QString &revision) const
{
    auto state = std::make_shared<gateway::ClientState>();
    state->profile = legacy(revision, capabilities);
    return state;
}

gateway::ClientProfile modern(const QJsonObject &capabilities)
{
    gateway::ClientProfile profile;
    profile.revision = u"2026-07-28"_s;
    profile.era = mcp::Era::Modern;
    profile.capabilities = capabilities;
    return profile;
}

gateway::ClientProfile legacy(const QString &revision, const QJsonObject &capabilities)
{
    gateway::ClientProfile profile;
    profile.revision = revision;
    profile.era = mcp::Era::Legacy;
    profile.capabilities = capabilities;
    return profile;
}

} // namespace gatewaytest
