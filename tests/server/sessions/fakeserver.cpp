// SPDX-License-Identifier: GPL-3.0-or-later
#include "fakeserver.h"

namespace sessionstest {

FakeServer::FakeServer(std::unique_ptr<jsonrpc::Transport> wire, bool isModern)
    : transport(std::move(wire))
    , m_isModern(isModern)
    , m_connection(std::make_unique<jsonrpc::Connection>(transport.get()))
{
    connect(m_connection.get(), &jsonrpc::Connection::requestReceived, this,
            &FakeServer::onRequest);
    connect(m_connection.get(), &jsonrpc::Connection::notificationReceived, this,
            [this](const jsonrpc::Message &message) {
                if (message.method == "notifications/cancelled"_L1)
                    cancelled.append(message.paramsObject()["requestId"_L1].toInteger());
            });
}

void FakeServer::onRequest(const jsonrpc::Message &request)
{
    const QJsonObject capabilities{{"tools"_L1, QJsonObject()}};
    if (request.method == "tools/call"_L1) {
        onToolCall(request);
    } else if (request.method == "initialize"_L1) {
        m_connection->respond(
            request.id,
            json({{"protocolVersion"_L1, "2025-11-25"_L1},
                  {"capabilities"_L1, capabilities},
                  {"serverInfo"_L1, QJsonObject{{"name"_L1, "fake"_L1}, {"version"_L1, "1"_L1}}}}));
    } else if (request.method == "server/discover"_L1 && m_isModern) {
        m_connection->respond(request.id,
                              json({{"supportedVersions"_L1, QJsonArray{"2026-07-28"_L1}},
                                    {"capabilities"_L1, capabilities}}));
    } else {
        m_connection->respondError(request.id, {-32601, u"Method not found"_s, {}});
    }
}

void FakeServer::onToolCall(const jsonrpc::Message &request)
{
    const QString tool = request.paramsObject()["name"_L1].toString();
    const QByteArray id = request.id;
    tools.append(tool);
    if (tool == "count"_L1) {
        answerText(id, QString::number(++count));
    } else if (tool == "hold"_L1) {
        held.append(id);
    } else if (tool == "ask"_L1 && m_isModern) {
        onModernAsk(request);
    } else if (tool == "ask"_L1) {
        ++sideEffects;
        ask(u"elicitation/create"_s, question, [this, id](const QJsonObject &answer) {
            answerText(id, QString::fromUtf8(json(answer)));
        });
    } else if (tool == "askTwice"_L1) {
        ++sideEffects;
        ask(u"elicitation/create"_s, form(u"name"_s, u"string"_s), [this, id](QJsonObject first) {
            ask(u"elicitation/create"_s, form(u"age"_s, u"integer"_s),
                [this, id, first](QJsonObject second) {
                    answerText(id, first["content"_L1]["name"_L1].toString() + u" "_s
                                       + QString::number(second["content"_L1]["age"_L1].toInt()));
                });
        });
    } else if (tool == "sample"_L1) {
        ask(u"sampling/createMessage"_s, {},
            [this, id](const QJsonObject &) { answerText(id, u"sampled"_s); });
    } else {
        m_connection->respondError(id, {-32602, u"Unknown tool"_s, {}});
    }
}

void FakeServer::onModernAsk(const jsonrpc::Message &request)
{
    const QJsonObject params = request.paramsObject();
    if (params.contains("inputResponses"_L1)) {
        const QJsonObject answer = params["inputResponses"_L1]["q"_L1].toObject();
        elicited.append(answer);
        answerText(request.id, QString::fromUtf8(json(answer)));
        return;
    }
    ++sideEffects;
    const QJsonObject input{{"method"_L1, "elicitation/create"_L1}, {"params"_L1, question}};
    m_connection->respond(request.id, json({{"resultType"_L1, "input_required"_L1},
                                            {"inputRequests"_L1, QJsonObject{{"q"_L1, input}}},
                                            {"requestState"_L1, "state"_L1}}));
}

void FakeServer::ask(const QString &method, const QJsonObject &params,
                     std::function<void(QJsonObject)> then)
{
    m_lastQuestion = m_connection->nextId();
    m_questions.push_back(m_connection->request(
        method, json(params), {}, [this, then = std::move(then)](Result<QByteArray> answer) {
            if (!answer) {
                refusals.append(answer.error());
                then({});
                return;
            }
            elicited.append(object(*answer));
            then(object(*answer));
        }));
}

void FakeServer::answerText(const QByteArray &id, const QString &text)
{
    const QJsonObject block{{"type"_L1, "text"_L1}, {"text"_L1, text}};
    m_connection->respond(id, json({{"content"_L1, QJsonArray{block}}}));
}

void FakeServer::release(const QString &text)
{
    answerText(held.takeFirst(), text);
}

void FakeServer::withdrawQuestion()
{
    m_connection->notify(u"notifications/cancelled"_s, json({{"requestId"_L1, m_lastQuestion}}));
}

FakeInstance::FakeInstance(bool isModern)
{
    ++alive;
    auto [near, far] = jsonrpc::LoopbackTransport::makePair();
    m_server = std::make_unique<FakeServer>(std::move(far), isModern);
    mcp::ClientOptions options;
    options.name = u"bridge"_s;
    options.version = u"1"_s;
    options.capabilities = {
        {"elicitation"_L1, QJsonObject{{"form"_L1, QJsonObject()}, {"url"_L1, QJsonObject()}}}};
    options.knownEra = isModern ? mcp::Era::Modern : mcp::Era::Legacy;
    m_client = std::make_unique<mcp::Client>(std::move(near), options);
    connect(m_client.get(), &mcp::Client::closed, this, &upstream::Instance::died);
}

void FakeInstance::die()
{
    m_server->transport->close();
}

sessions::Opener FakeOpener::function()
{
    return [this](upstream::Server &, const upstream::Identity &,
                  Handler<upstream::InstancePtr> handler) {
        ++opened;
        if (neverAnswers)
            return Call([this] { ++withdrawn; });
        if (failure)
            return later([handler, error = *failure] { handler(error); });
        const auto instance = std::make_shared<FakeInstance>(isModern);
        last = instance.get();
        auto started = std::make_shared<Call>(
            instance->client().start([instance, handler](Result<mcp::ServerInfo> info) {
                if (info)
                    handler(upstream::InstancePtr(instance));
                else
                    handler(info.error());
            }));
        return Call([started] { started->cancel(); });
    };
}

} // namespace sessionstest
