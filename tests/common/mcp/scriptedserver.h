// SPDX-License-Identifier: GPL-3.0-or-later
// The far end of a loopback pair, steered by a test: answers by method or on demand.
#pragma once

#include "common/jsonrpc/loopbacktransport.h"
#include "common/mcp/client.h"
#include "common/mcp/rawjson.h"
#include "common/mcp/revisions.h"

#include <QtCore/QHash>

namespace bridge::mcp {

class ScriptedServer : public QObject
{
    Q_OBJECT
public:
    using Message = jsonrpc::Message;
    /// Answers one request; empty function = silence.
    using Script = std::function<void(const Message &request)>;

    explicit ScriptedServer(std::unique_ptr<jsonrpc::LoopbackTransport> far) : m_far(std::move(far))
    {
        connect(m_far.get(), &jsonrpc::Transport::messageReceived, this,
                [this](const Message &message) {
                    seen.append(message);
                    const Script script = on.value(message.method, fallback);
                    if (message.kind == Message::Kind::Request && script)
                        script(message);
                });
        connect(m_far.get(), &jsonrpc::Transport::closed, this, [this] { isClosed = true; });
    }

    void result(const QByteArray &id, const QByteArray &raw)
    {
        Message m;
        m.kind = Message::Kind::Result;
        m.id = id;
        m.result = raw;
        m_far->send(m);
    }
    void error(const QByteArray &id, int code, const QString &text, const QByteArray &data = {})
    {
        Message m;
        m.kind = Message::Kind::Error;
        m.id = id;
        m.error = {code, text, data};
        m_far->send(m);
    }
    void notify(const QString &method, const QByteArray &params = {})
    {
        Message m;
        m.kind = Message::Kind::Notification;
        m.method = method;
        m.params = params;
        m_far->send(m);
    }
    void ask(const QByteArray &id, const QString &method, const QByteArray &params = "{}")
    {
        Message m;
        m.kind = Message::Kind::Request;
        m.id = id;
        m.method = method;
        m.params = params;
        m_far->send(m);
    }
    void die(const QString &reason) { m_far->closePeer(Error(ErrorCode::UpstreamFailed, reason)); }
    jsonrpc::LoopbackTransport *transport() const { return m_far.get(); }

    /// Answers \a method with \a raw.
    void answers(const QString &method, const QByteArray &raw)
    {
        on[method] = [this, raw](const Message &m) { result(m.id, raw); };
    }
    void refuses(const QString &method, int code, const QString &text, const QByteArray &data = {})
    {
        on[method] = [=, this](const Message &m) { error(m.id, code, text, data); };
    }
    /// All messages of \a method so far.
    QList<Message> of(const QString &method) const
    {
        QList<Message> out;
        for (const Message &m : seen) {
            if (m.method == method)
                out.append(m);
        }
        return out;
    }
    QStringList methods() const
    {
        QStringList out;
        for (const Message &m : seen)
            out.append(m.method);
        return out;
    }

    QHash<QString, Script> on;
    Script fallback = [this](const Message &m) {
        error(m.id, -32601, QStringLiteral("Method not found"));
    };
    QList<Message> seen;
    bool isClosed = false;

private:
    std::unique_ptr<jsonrpc::LoopbackTransport> m_far;
};

/// A client and its scripted server.
struct Rig {
    std::unique_ptr<ScriptedServer> server;
    std::unique_ptr<Client> client;
    std::optional<Result<ServerInfo>> started;
    Call starting;

    explicit Rig(ClientOptions options = {})
    {
        auto [near, far] = jsonrpc::LoopbackTransport::makePair();
        server = std::make_unique<ScriptedServer>(std::move(far));
        options.name = QStringLiteral("test");
        options.version = QStringLiteral("1");
        client = std::make_unique<Client>(std::move(near), options);
    }
    void start()
    {
        starting = client->start([this](Result<ServerInfo> info) { started = std::move(info); });
    }
    /// The server speaks \a revision; \a capabilities is raw JSON.
    void speak(const QString &revision, const QByteArray &capabilities)
    {
        if (isModern(revision)) {
            server->answers(QStringLiteral("server/discover"),
                            R"({"resultType":"complete","supportedVersions":[")"
                                + revision.toLatin1() + R"("],"capabilities":)" + capabilities
                                + R"(,"ttlMs":0,"cacheScope":"public","_meta":{)"
                                + R"("io.modelcontextprotocol/serverInfo":)"
                                + R"({"name":"scripted","version":"2"}}})");
            server->on[QStringLiteral("subscriptions/listen")] = {};
        } else {
            server->answers(QStringLiteral("initialize"),
                            R"({"protocolVersion":")" + revision.toLatin1() + R"(","capabilities":)"
                                + capabilities
                                + R"(,"serverInfo":{"name":"scripted","version":"2"},)"
                                + R"("instructions":"read me"})");
        }
    }
};

} // namespace bridge::mcp
