// SPDX-License-Identifier: GPL-3.0-or-later
// An MCP server inside the test and the Instance that leads to it. Its tools:
//   count       a counter of this server's state
//   hold        answers when the test says so
//   ask         counts a side effect, asks `question` once, answers with the elicitation's result
//   askTwice    asks for `name`, then for `age`
//   sample      asks for sampling/createMessage
#pragma once

#include "common/async/later.h"
#include "common/jsonrpc/connection.h"
#include "common/jsonrpc/loopbacktransport.h"
#include "server/sessions/session.h"

#include <QtCore/QJsonDocument>

namespace sessionstest {

using namespace bridge;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

inline QByteArray json(const QJsonObject &object)
{
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

inline QJsonObject object(const QByteArray &text)
{
    return QJsonDocument::fromJson(text).object();
}

/// The text of the first block of a raw CallToolResult.
inline QString textOf(const QByteArray &result)
{
    return object(result)["content"_L1][0]["text"_L1].toString();
}

inline QJsonObject form(const QString &field, const QString &type)
{
    return {{"message"_L1, u"Please tell %1"_s.arg(field)},
            {"requestedSchema"_L1,
             QJsonObject{{"type"_L1, "object"_L1},
                         {"properties"_L1, QJsonObject{{field, QJsonObject{{"type"_L1, type}}}}},
                         {"required"_L1, QJsonArray{field}}}}};
}

class FakeServer : public QObject
{
    Q_OBJECT
public:
    FakeServer(std::unique_ptr<jsonrpc::Transport> transport, bool isModern);

    void release(const QString &text); ///< answers the oldest `hold`
    void withdrawQuestion();           ///< cancels its own elicitation

    QJsonObject question = form(u"name"_s, u"string"_s);
    int count = 0;
    int sideEffects = 0;
    QStringList tools;           ///< called, in order
    QList<QByteArray> held;      ///< request ids
    QList<qint64> cancelled;     ///< request ids of notifications/cancelled
    QList<QJsonObject> elicited; ///< what its questions were answered with
    QList<Error> refusals;       ///< of its requests
    std::unique_ptr<jsonrpc::Transport> transport;

private:
    void onRequest(const jsonrpc::Message &request);
    void onToolCall(const jsonrpc::Message &request);
    void onModernAsk(const jsonrpc::Message &request);
    void ask(const QString &method, const QJsonObject &params,
             std::function<void(QJsonObject)> then);
    void answerText(const QByteArray &id, const QString &text);

    bool m_isModern;
    std::unique_ptr<jsonrpc::Connection> m_connection;
    std::vector<Call> m_questions;
    qint64 m_lastQuestion = 0;
};

class FakeInstance : public upstream::Instance
{
    Q_OBJECT
public:
    explicit FakeInstance(bool isModern);
    ~FakeInstance() override { --alive; }

    mcp::Client &client() override { return *m_client; }
    bool isAlive() const override { return m_client->isOpen(); }
    qint64 processId() const override { return 0; }
    QString epitaph() const override { return {}; }

    /// Ends as a crashing child does.
    void die();

    static inline int alive = 0;
    FakeServer *server() const { return m_server.get(); }

private:
    std::unique_ptr<FakeServer> m_server;
    std::unique_ptr<mcp::Client> m_client;
};

/// Opens fake instances; what the test steers.
class FakeOpener
{
public:
    sessions::Opener function();
    FakeServer *server() const { return last->server(); }

    bool isModern = false;
    bool neverAnswers = false;
    std::optional<Error> failure;
    int opened = 0;
    int withdrawn = 0;
    QPointer<FakeInstance> last;
};

} // namespace sessionstest
