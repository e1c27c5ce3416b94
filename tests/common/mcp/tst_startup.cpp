// SPDX-License-Identifier: GPL-3.0-or-later
// How a client finds out which era a server speaks.
#include "common/mcp/client.h"
#include "common/mcp/revisions.h"
#include "scriptedserver.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::mcp;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

class tst_Startup : public QObject
{
    Q_OBJECT

    static ClientOptions quick()
    {
        ClientOptions options;
        options.probeTimeout = 20ms;
        options.startTimeout = 60ms;
        return options;
    }

private Q_SLOTS:
    void startsWithEveryRevision_data()
    {
        QTest::addColumn<QString>("revision");
        for (const QString &one : allRevisions())
            QTest::newRow(qPrintable(one)) << one;
    }
    void startsWithEveryRevision()
    {
        QFETCH(QString, revision);
        Rig rig;
        rig.speak(revision, R"({"tools":{}})");
        rig.start();
        QTRY_VERIFY(rig.started);
        QVERIFY(rig.started->ok());
        const ServerInfo &info = rig.client->server();
        QCOMPARE(info.revision, revision);
        QCOMPARE(info.era, isModern(revision) ? Era::Modern : Era::Legacy);
        QCOMPARE(info.name, u"scripted"_s);
        QVERIFY(info.has("tools"_L1));
        if (isModern(revision)) {
            QCOMPARE(rig.server->methods(), QStringList{u"server/discover"_s});
        } else {
            QCOMPARE(info.instructions, u"read me"_s);
            QTRY_COMPARE(rig.server->methods(), (QStringList{u"server/discover"_s, u"initialize"_s,
                                                             u"notifications/initialized"_s}));
        }
    }

    void theProbeCarriesTheModernMetadata()
    {
        ClientOptions options;
        options.capabilities = {{"elicitation"_L1, QJsonObject()}};
        Rig rig(options);
        rig.start();
        QTRY_VERIFY(!rig.server->seen.isEmpty());
        const QJsonObject meta = rig.server->seen.at(0).paramsObject()["_meta"_L1].toObject();
        QCOMPARE(meta[kMetaRevision].toString(), u"2026-07-28"_s);
        QCOMPARE(meta[kMetaClientInfo]["name"_L1].toString(), u"test"_s);
        QVERIFY(meta[kMetaCapabilities]["elicitation"_L1].isObject());
    }

    void anyRefusalOfTheProbeMeansLegacy_data()
    {
        QTest::addColumn<int>("code");
        QTest::addColumn<QByteArray>("data");
        QTest::newRow("method") << -32601 << QByteArray();
        QTest::newRow("params") << -32602 << QByteArray();
        QTest::newRow("zero") << 0 << QByteArray();
        QTest::newRow("own") << -32000 << QByteArray();
        QTest::newRow("modern code without its data") << -32022 << QByteArray();
        QTest::newRow("modern error naming legacy revisions")
            << -32022 << R"({"supported":["2025-11-25"],"requested":"2026-07-28"})"_ba;
    }
    void anyRefusalOfTheProbeMeansLegacy()
    {
        QFETCH(int, code);
        QFETCH(QByteArray, data);
        Rig rig;
        rig.server->refuses(u"server/discover"_s, code, u"no"_s, data);
        rig.speak(u"2025-11-25"_s, "{}");
        rig.start();
        QTRY_VERIFY(rig.started);
        QVERIFY(rig.started->ok());
    }

    void anAnswerThatIsNoDiscoveryMeansLegacy()
    {
        Rig rig;
        rig.server->answers(u"server/discover"_s, "{}");
        rig.speak(u"2024-11-05"_s, "{}");
        rig.start();
        QTRY_VERIFY(rig.started);
        QCOMPARE((*rig.started)->revision, u"2024-11-05"_s);
    }

    void silenceMeansLegacyAndTheLateAnswerIsIgnored()
    {
        Rig rig(quick());
        QByteArray probe;
        rig.server->on[u"server/discover"_s] = [&](const jsonrpc::Message &m) { probe = m.id; };
        rig.server->on[u"initialize"_s] = [&](const jsonrpc::Message &m) {
            rig.server->result(probe,
                               R"({"resultType":"complete","supportedVersions":["2026-07-28"],)"
                               R"("capabilities":{},"ttlMs":0,"cacheScope":"public"})");
            rig.server->result(m.id, R"({"protocolVersion":"2025-06-18","capabilities":{},)"
                                     R"("serverInfo":{"name":"slow","version":"1"}})");
        };
        rig.start();
        QTRY_VERIFY(rig.started);
        QVERIFY(rig.started->ok());
        QCOMPARE(rig.client->server().revision, u"2025-06-18"_s);
        QTRY_COMPARE(rig.server->seen.last().method, u"notifications/initialized"_s);
        QVERIFY(rig.server->of(u"notifications/cancelled"_s).isEmpty());
    }

    void aKnownLegacyServerIsNotProbed()
    {
        ClientOptions options;
        options.knownEra = Era::Legacy;
        Rig rig(options);
        rig.speak(u"2025-11-25"_s, "{}");
        rig.start();
        QTRY_VERIFY(rig.started);
        QVERIFY(rig.server->of(u"server/discover"_s).isEmpty());
        QCOMPARE(rig.server->seen.at(0).paramsObject()["protocolVersion"_L1].toString(),
                 u"2025-11-25"_s);
    }

    void aServerThoughtModernMayTurnOutLegacy()
    {
        ClientOptions options;
        options.knownEra = Era::Modern;
        Rig rig(options);
        rig.speak(u"2025-11-25"_s, "{}");
        rig.start();
        QTRY_VERIFY(rig.started);
        QVERIFY(rig.started->ok());
    }

    void aServerThatClosesOnTheProbeIsReportedAsSuch()
    {
        Rig rig;
        rig.server->on[u"server/discover"_s] = [&](const jsonrpc::Message &) {
            rig.server->die(u"exit status 1: request before initialize"_s);
        };
        rig.start();
        QTRY_VERIFY(rig.started);
        QVERIFY(!*rig.started);
        QCOMPARE(rig.started->error().code, ErrorCode::UpstreamStart);
        QVERIFY(rig.started->error().message.contains(u"exit status 1"_s));
        QVERIFY(rig.client->closedOnProbe());
    }

    void aServerThatClosesOnInitializeIsNot()
    {
        Rig rig;
        rig.server->on[u"initialize"_s] = [&](const jsonrpc::Message &) {
            rig.server->die(u"exit status 1"_s);
        };
        rig.start();
        QTRY_VERIFY(rig.started);
        QVERIFY(!*rig.started);
        QVERIFY(!rig.client->closedOnProbe());
    }

    void noCommonRevisionIsAnErrorThatNamesThem()
    {
        Rig modern;
        modern.server->refuses(u"server/discover"_s, -32022, u"no"_s,
                               R"({"supported":["2099-01-01"],"requested":"2026-07-28"})");
        modern.start();
        QTRY_VERIFY(modern.started);
        QVERIFY(modern.started->error().message.contains(u"2099-01-01"_s));
        Rig legacy;
        legacy.speak(u"2020-01-01"_s, "{}");
        legacy.start();
        QTRY_VERIFY(legacy.started);
        QVERIFY(legacy.started->error().message.contains(u"2020-01-01"_s));
        QVERIFY(legacy.server->of(u"notifications/initialized"_s).isEmpty());
    }

    void aServerThatRefusesTheNewestRevisionIsOfferedItsOwn()
    {
        Rig rig;
        rig.server->on[u"initialize"_s] = [&](const jsonrpc::Message &m) {
            const QString offer = m.paramsObject()["protocolVersion"_L1].toString();
            if (offer == u"2024-11-05"_s)
                rig.server->result(m.id, R"({"protocolVersion":"2024-11-05","capabilities":{},)"
                                         R"("serverInfo":{"name":"old","version":"1"}})");
            else
                rig.server->error(m.id, -32602, u"Unsupported protocol version"_s,
                                  R"({"supported":["2024-11-05"]})");
        };
        rig.start();
        QTRY_VERIFY(rig.started);
        QVERIFY(rig.started->ok());
        QCOMPARE((*rig.started)->revision, u"2024-11-05"_s);
    }

    void aMissingCapabilityIsNamed()
    {
        Rig rig;
        rig.server->refuses(u"server/discover"_s, -32021, u"no"_s,
                            R"({"requiredCapabilities":{"sampling":{}}})");
        rig.start();
        QTRY_VERIFY(rig.started);
        QVERIFY(rig.started->error().message.contains(u"sampling"_s));
    }

    void aRefusedInitializeCarriesTheServersText()
    {
        Rig rig;
        rig.server->refuses(u"initialize"_s, -32603, u"licence expired"_s);
        rig.start();
        QTRY_VERIFY(rig.started);
        QCOMPARE(rig.started->error().code, ErrorCode::UpstreamStart);
        QVERIFY(rig.started->error().message.contains(u"licence expired"_s));
    }

    void aTimeoutMentionsGarbageSeenBefore()
    {
        Rig rig(quick());
        rig.server->fallback = {};
        rig.server->transport()->sendGarbage(Error(ErrorCode::UpstreamFailed, u"The line…"_s));
        rig.start();
        QTRY_VERIFY(rig.started);
        QCOMPARE(rig.started->error().code, ErrorCode::UpstreamTimeout);
        QVERIFY(rig.started->error().message.contains(u"no JSON-RPC message"_s));
        // initialize must never be cancelled (2025-11-25 "Cancellation").
        QVERIFY(rig.server->of(u"notifications/cancelled"_s).isEmpty());
    }

    void garbageAloneDoesNotEndAStart()
    {
        Rig rig;
        rig.speak(u"2025-11-25"_s, "{}");
        rig.server->transport()->sendGarbage(Error(ErrorCode::UpstreamFailed, u"hello"_s));
        rig.start();
        QTRY_VERIFY(rig.started);
        QVERIFY(rig.started->ok());
    }

    void mayBeCutOffAtEveryStep_data()
    {
        QTest::addColumn<QString>("step");
        QTest::addColumn<int>("how");
        for (const char *step : {"server/discover", "initialize", "notifications/initialized"}) {
            for (int how : {0, 1, 2, 3})
                QTest::addRow("%s %d", step, how) << QString::fromLatin1(step) << how;
        }
    }
    void mayBeCutOffAtEveryStep()
    {
        QFETCH(QString, step);
        QFETCH(int, how);
        Rig rig;
        rig.speak(u"2025-11-25"_s, "{}");
        bool reached = false;
        connect(rig.server->transport(), &jsonrpc::Transport::messageReceived, this,
                [&](const jsonrpc::Message &m) {
                    if (m.method != step)
                        return;
                    reached = true;
                    if (how == 0)
                        rig.client.reset();
                    else if (how == 1)
                        rig.starting.cancel();
                    else if (how == 2)
                        rig.client->close();
                    else
                        rig.server->die(u"dead"_s);
                });
        rig.start();
        QTRY_VERIFY(reached);
        if (how != 1)
            QTRY_VERIFY(rig.started);
        QTest::qWait(1);
    }

    void theHandlerMayDestroyTheClient()
    {
        Rig rig;
        rig.speak(u"2026-07-28"_s, R"({"tools":{"listChanged":true}})");
        bool done = false;
        Call call = rig.client->start([&](Result<ServerInfo>) {
            rig.client.reset();
            done = true;
        });
        QTRY_VERIFY(done);
    }
};

QTEST_GUILESS_MAIN(tst_Startup)
#include "tst_startup.moc"
