// SPDX-License-Identifier: GPL-3.0-or-later
#include "faketransport.h"
#include "server/cli/relay.h"

#include <QtCore/QJsonObject>
#include <QtCore/QPointer>
#include <QtTest/QSignalSpy>
#include <QtTest/QTest>

using namespace Qt::StringLiterals;
using namespace bridge;
using namespace bridge::cli;

namespace {

constexpr char kInitialize[] =
    R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25"}})";
constexpr char kWelcome[] =
    R"("result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{"listChanged":true}}}})";

/// A relay, what it said to the client, and every connection it made.
struct Stage {
    explicit Stage(RelayPeer peer = {})
    {
        peer.open = [this](bool sse) {
            auto made = std::make_unique<FakeTransport>();
            wires.append(made.get());
            usedSse.append(sse);
            return made;
        };
        relay = std::make_unique<Relay>(std::move(peer));
        QObject::connect(relay.get(), &Relay::messageReady, relay.get(),
                         [this](const jsonrpc::Message &message) { heard.append(message); });
    }

    void receive(const QByteArray &text) { relay->receive(jsonrpc::parse(text)->first()); }
    void request(const QByteArray &id, const QByteArray &method)
    {
        receive(R"({"jsonrpc":"2.0","id":)" + id + R"(,"method":")" + method + "\"}");
    }
    void initialize()
    {
        receive(kInitialize);
        wire()->say(R"({"jsonrpc":"2.0","id":0,)"_ba + kWelcome);
        receive(R"({"jsonrpc":"2.0","method":"notifications/initialized"})");
        heard.clear();
        wire()->sent.clear();
    }
    /// Answers the initialize the relay sent by itself.
    void welcomeAgain()
    {
        wire()->say(R"({"jsonrpc":"2.0","id":)"_ba + wire()->sent.constFirst().id + ',' + kWelcome);
    }
    FakeTransport *wire() const { return wires.constLast(); }
    QStringList heardMethods() const
    {
        QStringList names;
        for (const jsonrpc::Message &message : heard)
            names.append(message.method);
        return names;
    }

    QList<QPointer<FakeTransport>> wires;
    QList<bool> usedSse;
    QList<jsonrpc::Message> heard;
    std::unique_ptr<Relay> relay;
};

} // namespace

class TestRelay : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init()
    {
        QTest::failOnWarning(
            QRegularExpression(u"^(?!Refused|gone|late|The session|The remote)."_s));
    }

    void passesMessagesBothWaysAsTheyAre()
    {
        Stage stage;
        stage.receive(R"({"jsonrpc":"2.0","id":"ä","method":"tools/call","params":{"a": 1.50}})");
        QCOMPARE(stage.wire()->sent.constFirst().params, R"({"a": 1.50})"_ba);
        stage.wire()->say(
            R"({"jsonrpc":"2.0","method":"notifications/progress","params":{"b":2}})");
        stage.wire()->say(R"({"jsonrpc":"2.0","id":"ä","result":{"c": 3.0}})");
        QCOMPARE(stage.heard.size(), 2);
        QCOMPARE(stage.heard[0].params, R"({"b":2})"_ba);
        QCOMPARE(stage.heard[1].id, "\"ä\""_ba);
        QCOMPARE(stage.heard[1].result, R"({"c": 3.0})"_ba);
        QCOMPARE(stage.relay->pendingCount(), 0);
    }

    void holdsWhatFollowsTheHandshakeUntilItIsAnswered()
    {
        Stage stage;
        stage.receive(kInitialize);
        stage.receive(R"({"jsonrpc":"2.0","method":"notifications/initialized"})");
        stage.request("1", "tools/list");
        QCOMPARE(stage.wire()->methods(), QStringList{u"initialize"_s});
        stage.wire()->say(R"({"jsonrpc":"2.0","id":0,)"_ba + kWelcome);
        QCOMPARE(stage.wire()->methods(),
                 (QStringList{u"initialize"_s, u"notifications/initialized"_s, u"tools/list"_s}));
    }

    void answersEveryOpenRequestOnceWhenTheConnectionEnds()
    {
        Stage stage;
        QSignalSpy settled(stage.relay.get(), &Relay::settled);
        stage.initialize();
        settled.clear();
        stage.request("1", "tools/call");
        stage.request("2", "tools/list");
        stage.wire()->end(u"gone"_s);
        QCOMPARE(stage.heard.size(), 2);
        for (const jsonrpc::Message &message : std::as_const(stage.heard)) {
            QCOMPARE(message.kind, jsonrpc::Message::Kind::Error);
            QVERIFY(message.error.message.startsWith("gone"_L1));
        }
        QCOMPARE(settled.size(), 1);
    }

    void beginsALostSessionAnewWithTheNextRequest()
    {
        Stage stage;
        stage.initialize();
        stage.request("1", "logging/setLevel");
        stage.wire()->say(R"({"jsonrpc":"2.0","id":1,"result":{}})");
        stage.wire()->end(u"gone"_s);
        stage.heard.clear();
        stage.request("2", "tools/list");
        QCOMPARE(stage.wires.size(), 2);
        QCOMPARE(stage.wire()->methods(), QStringList{u"initialize"_s});
        QCOMPARE(stage.wire()->sent[0].params, R"({"protocolVersion":"2025-11-25"})"_ba);
        stage.welcomeAgain();
        QCOMPARE(stage.wire()->methods(),
                 (QStringList{u"initialize"_s, u"notifications/initialized"_s,
                              u"logging/setLevel"_s, u"tools/list"_s}));
        QCOMPARE(stage.heardMethods(), QStringList{u"notifications/tools/list_changed"_s});
        stage.wire()->say(R"({"jsonrpc":"2.0","id":2,"result":{}})");
        QCOMPARE(stage.heard.constLast().id, "2"_ba);
    }

    void repeatsWhatALostSessionRefusedButNotToolCalls()
    {
        Stage stage;
        stage.initialize();
        stage.request("1", "resources/read");
        stage.wire()->refuse("1", 404);
        QCOMPARE(stage.wires.size(), 2);
        stage.welcomeAgain();
        QCOMPARE(stage.wire()->methods().constLast(), u"resources/read"_s);
        stage.wire()->refuse("1", 404); // once is enough
        QCOMPARE(stage.heard.constLast().kind, jsonrpc::Message::Kind::Error);

        stage.heard.clear();
        stage.request("2", "tools/call");
        stage.wire()->refuse("2", 404);
        QCOMPARE(stage.wires.size(), 2);
        QCOMPARE(stage.heard.size(), 1);
        QVERIFY(stage.heard[0].error.message.contains("has ended"_L1));
    }

    void refusesToGoOnWithAServerThatIsAnotherOne()
    {
        Stage stage;
        stage.initialize();
        stage.wire()->end(u"gone"_s);
        stage.request("1", "tools/list");
        stage.wire()->say(R"({"jsonrpc":"2.0","id":)"_ba + stage.wire()->sent[0].id
                          + R"(,"result":{"protocolVersion":"2025-06-18","capabilities":{}}})");
        QCOMPARE(stage.heard.size(), 1);
        QVERIFY(stage.heard[0].error.message.contains("Restart the client"_L1));
    }

    void forgetsTheQuestionsOfALostSession()
    {
        Stage stage;
        stage.initialize();
        stage.wire()->say(R"({"jsonrpc":"2.0","id":"q","method":"roots/list"})");
        stage.wire()->end(u"gone"_s);
        QCOMPARE(stage.heardMethods(),
                 (QStringList{u"roots/list"_s, u"notifications/cancelled"_s}));
        QCOMPARE(stage.heard[1].paramsObject().value("requestId"_L1).toString(), u"q"_s);
        stage.request("1", "tools/list");
        stage.welcomeAgain();
        stage.receive(R"({"jsonrpc":"2.0","id":"q","result":{}})");
        for (const jsonrpc::Message &message : std::as_const(stage.wire()->sent))
            QVERIFY(message.id != "\"q\"");
    }

    void repeatsARefusedRequestOnceWithANewCredential()
    {
        int renewals = 0;
        RelayPeer peer;
        peer.renew = [&renewals](jsonrpc::Transport &) { return ++renewals == 1; };
        Stage stage(peer);
        stage.request("1", "tools/list");
        stage.wire()->refuse("1", 401);
        QCOMPARE(stage.wire()->methods(), (QStringList{u"tools/list"_s, u"tools/list"_s}));
        QVERIFY(stage.heard.isEmpty());
        stage.wire()->refuse("1", 401);
        QCOMPARE(stage.heard.size(), 1);
        QVERIFY(stage.heard[0].error.message.contains("--token-file"_L1));
        QCOMPARE(stage.heard[0].error.data, R"({"status":401})"_ba);
        stage.request("2", "tools/list");
        stage.wire()->refuse("2", 401);
        QCOMPARE(stage.wire()->sent.size(), 3); // there was none newer
    }

    void triesTheOlderTransportAndTellsTheFirstRefusal()
    {
        RelayPeer peer;
        peer.wantsSse = [](const jsonrpc::Transport &) { return true; };
        Stage stage(peer);
        stage.receive(kInitialize);
        stage.wire()->refuse("0", 405);
        QCOMPARE(stage.usedSse, (QList<bool>{false, true}));
        QCOMPARE(stage.wire()->methods(), QStringList{u"initialize"_s});
        stage.wire()->end(u"late"_s);
        QCOMPARE(stage.heard.size(), 1);
        QVERIFY(stage.heard[0].error.message.startsWith("Refused."_L1));
        stage.receive(kInitialize);
        QCOMPARE(stage.usedSse.constLast(), false);
    }

    void refusesIdsInUseAndTooManyRequests()
    {
        Stage stage;
        for (qsizetype i = 0; i < Relay::kMaxPending; ++i)
            stage.request(QByteArray::number(i), "ping");
        QVERIFY(stage.heard.isEmpty());
        stage.request("7", "ping");
        stage.request("4711", "ping");
        QCOMPARE(stage.heard.size(), 2);
        QCOMPARE(stage.heard[0].error.code, -32600);
        QCOMPARE(stage.heard[1].id, "4711"_ba);
        QCOMPARE(stage.wire()->sent.size(), Relay::kMaxPending);
    }

    void keepsNothingOfWhatTheClientCancelled()
    {
        Stage stage;
        stage.request("1", "tools/call");
        stage.receive(
            R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}})");
        QCOMPARE(stage.relay->pendingCount(), 0);
        QCOMPARE(stage.wire()->methods().constLast(), u"notifications/cancelled"_s);
        stage.wire()->say(R"({"jsonrpc":"2.0","id":1,"result":{}})");
        QVERIFY(stage.heard.isEmpty());
        stage.receive(
            R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}})");
        QCOMPARE(stage.wire()->sent.size(), 2); // nothing to cancel
    }

    void saysNothingAfterItWasClosed()
    {
        Stage stage;
        stage.request("1", "tools/call");
        stage.relay->close();
        QVERIFY(!stage.wire()->isOpen());
        stage.request("2", "tools/call");
        QCOMPARE(stage.wire()->sent.size(), 1);
        QVERIFY(stage.heard.isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestRelay)
#include "tst_relay.moc"
