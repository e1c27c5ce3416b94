// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/jsonrpc/connection.h"
#include "common/jsonrpc/loopbacktransport.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::jsonrpc;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

class tst_Connection : public QObject
{
    Q_OBJECT

    std::unique_ptr<LoopbackTransport> m_near;
    std::unique_ptr<LoopbackTransport> m_far;
    std::unique_ptr<Connection> m_connection;
    QList<Message> m_seen; ///< by the far end

    void sendBack(Message::Kind kind, const QByteArray &id, const QByteArray &result = "{}"_ba)
    {
        Message m;
        m.kind = kind;
        m.id = id;
        m.result = result;
        m.error = {-32601, u"no such method"_s, "{\"a\":1}"_ba};
        m_far->send(m);
    }

    Call ask(RequestOptions options, RawHandler handler)
    {
        return m_connection->request(u"m"_s, "{}"_ba, std::move(options), std::move(handler));
    }

private Q_SLOTS:
    void init()
    {
        std::tie(m_near, m_far) = LoopbackTransport::makePair();
        m_connection = std::make_unique<Connection>(m_near.get());
        m_seen.clear();
        connect(m_far.get(), &Transport::messageReceived, this,
                [this](const Message &m) { m_seen.append(m); });
    }
    void cleanup()
    {
        m_connection.reset();
        m_near.reset();
        m_far.reset();
    }

    void deliversTheRawResult()
    {
        QByteArray got;
        QCOMPARE(m_connection->nextId(), 1);
        Call call = ask({}, [&](Result<QByteArray> r) { got = *r; });
        QTRY_COMPARE(m_seen.size(), 1);
        QCOMPARE(m_seen.at(0).id, "1"_ba);
        sendBack(Message::Kind::Result, "1", "{ \"x\":1.0 }");
        QTRY_COMPARE(got, "{ \"x\":1.0 }"_ba);
        QCOMPARE(m_connection->pendingCount(), 0);
    }

    void deliversThePeersErrorWithItsCodeAndData()
    {
        std::optional<Error> got;
        QByteArray data;
        RequestOptions options;
        options.refused = [&](const RpcError &e) { data = e.data; };
        Call call = ask(options, [&](Result<QByteArray> r) { got = r.error(); });
        sendBack(Message::Kind::Error, "1");
        QTRY_VERIFY(got);
        QCOMPARE(got->code, ErrorCode::UpstreamFailed);
        QCOMPARE(got->rpcCode, -32601);
        QCOMPARE(data, "{\"a\":1}"_ba);
    }

    void answersMayComeInAnyOrder()
    {
        QStringList order;
        Call a = ask({}, [&](Result<QByteArray>) { order += u"a"_s; });
        Call b = ask({}, [&](Result<QByteArray>) { order += u"b"_s; });
        sendBack(Message::Kind::Result, "2");
        sendBack(Message::Kind::Result, "1");
        QTRY_COMPARE(order, (QStringList{u"b"_s, u"a"_s}));
    }

    void aWithdrawnRequestTellsItsOwnerAndIgnoresTheLateAnswer()
    {
        QList<qint64> abandoned;
        bool called = false;
        RequestOptions options;
        options.abandoned = [&](qint64 id, const QString &) { abandoned += id; };
        Call call = ask(options, [&](Result<QByteArray>) { called = true; });
        call.cancel();
        QCOMPARE(abandoned, QList<qint64>{1});
        sendBack(Message::Kind::Result, "1");
        sendBack(Message::Kind::Result, "99");
        sendBack(Message::Kind::Result, "\"1\"");
        QTRY_COMPARE(m_connection->strayCount(), 2);
        QVERIFY(!called);
    }

    void timesOutInTheOrderOfTheDeadlines()
    {
        QStringList order;
        RequestOptions slow;
        slow.timeout = 40ms;
        RequestOptions quick;
        quick.timeout = 5ms;
        int abandoned = 0;
        slow.abandoned = quick.abandoned = [&](qint64, const QString &) { ++abandoned; };
        Call a = ask(slow, [&](Result<QByteArray> r) {
            QCOMPARE(r.error().code, ErrorCode::UpstreamTimeout);
            order += u"slow"_s;
        });
        Call b = ask(quick, [&](Result<QByteArray>) { order += u"quick"_s; });
        QTRY_COMPARE(order, (QStringList{u"quick"_s, u"slow"_s}));
        QCOMPARE(abandoned, 2);
    }

    void usesTheDefaultTimeout()
    {
        m_connection->setDefaultTimeout(5ms);
        bool failed = false;
        bool endless = false;
        Call a = ask({}, [&](Result<QByteArray> r) { failed = !r; });
        RequestOptions none;
        none.timeout = -1ms;
        Call b = ask(none, [&](Result<QByteArray>) { endless = true; });
        QTRY_VERIFY(failed);
        QVERIFY(!endless);
        QCOMPARE(m_connection->pendingCount(), 1);
    }

    void aPausedClockDoesNotRun()
    {
        QStringList order;
        RequestOptions options;
        options.timeout = 20ms;
        Call paused = ask(options, [&](Result<QByteArray>) { order += u"paused"_s; });
        m_connection->pauseTimeout(1);
        options.timeout = 60ms;
        Call other = ask(options, [&](Result<QByteArray>) { order += u"other"_s; });
        QTRY_COMPARE(order, QStringList{u"other"_s});
        m_connection->continueTimeout(1);
        QTRY_COMPARE(order, (QStringList{u"other"_s, u"paused"_s}));
    }

    void failsEverythingPendingWhenTheTransportCloses()
    {
        QStringList order;
        connect(m_connection.get(), &Connection::closed, this, [&] { order += u"closed"_s; });
        Call a = ask({}, [&](Result<QByteArray> r) { order += u"a "_s + r.error().message; });
        Call b = ask({}, [&](Result<QByteArray> r) { order += u"b "_s + r.error().message; });
        m_far->closePeer(Error(ErrorCode::UpstreamFailed, u"exit 3"_s));
        QTRY_COMPARE(order, (QStringList{u"a exit 3"_s, u"b exit 3"_s, u"closed"_s}));
        QVERIFY(!m_connection->isOpen());
    }

    void aRequestOnAClosedTransportFailsLater()
    {
        m_near->close();
        QTRY_VERIFY(!m_near->isOpen());
        bool failed = false;
        Call call = ask({}, [&](Result<QByteArray> r) { failed = !r; });
        QVERIFY(!failed);
        QTRY_VERIFY(failed);
    }

    void aHandlerMayDestroyTheConnection_data()
    {
        QTest::addColumn<int>("how");
        QTest::newRow("answer") << 0;
        QTest::newRow("error") << 1;
        QTest::newRow("timeout") << 2;
        QTest::newRow("close") << 3;
    }
    void aHandlerMayDestroyTheConnection()
    {
        QFETCH(int, how);
        bool called = false;
        bool otherFailed = false;
        RequestOptions options;
        options.timeout = how == 2 ? 1ms : 60s;
        Call call = ask(options, [&](Result<QByteArray>) {
            called = true;
            m_connection.reset();
        });
        Call other = ask(options, [&](Result<QByteArray> r) { otherFailed = !r; });
        if (how < 2)
            sendBack(how == 0 ? Message::Kind::Result : Message::Kind::Error, "1");
        else if (how == 3)
            m_near->close();
        QTRY_VERIFY(called);
        QTRY_VERIFY(otherFailed);
        QVERIFY(!m_connection);
    }

    void aHandlerMayDropItsOwnCall()
    {
        auto call = std::make_unique<Call>();
        bool called = false;
        *call = ask({}, [&](Result<QByteArray>) {
            call.reset();
            called = true;
        });
        sendBack(Message::Kind::Result, "1");
        QTRY_VERIFY(called);
    }

    void aHandlerMayAskAgain()
    {
        int answers = 0;
        Call second;
        Call first = ask({}, [&](Result<QByteArray>) {
            ++answers;
            second = ask({}, [&](Result<QByteArray>) { ++answers; });
        });
        sendBack(Message::Kind::Result, "1");
        QTRY_COMPARE(m_seen.size(), 2);
        sendBack(Message::Kind::Result, "2");
        QTRY_COMPARE(answers, 2);
    }

    void callsOutliveTheConnectionWithoutHarm()
    {
        bool silent = true;
        Call call = ask({}, [&](Result<QByteArray>) { silent = false; });
        m_connection.reset();
        call.cancel();
        QTest::qWait(1);
        QVERIFY(silent);
    }

    void passesRequestsAndNotificationsOn()
    {
        QStringList got;
        connect(m_connection.get(), &Connection::requestReceived, this, [&](const Message &m) {
            got += m.method;
            m_connection->respondError(m.id, {-32601, u"no"_s, {}});
        });
        connect(m_connection.get(), &Connection::notificationReceived, this,
                [&](const Message &m) { got += m.method; });
        Message m;
        m.kind = Message::Kind::Request;
        m.id = "\"q\"";
        m.method = u"roots/list"_s;
        m_far->send(m);
        m.kind = Message::Kind::Notification;
        m.id.clear();
        m.method = u"note"_s;
        m_far->send(m);
        QTRY_COMPARE(got, (QStringList{u"roots/list"_s, u"note"_s}));
        QTRY_COMPARE(m_seen.size(), 1);
        QCOMPARE(m_seen.at(0).id, "\"q\""_ba);
        QCOMPARE(m_seen.at(0).kind, Message::Kind::Error);
    }
};

QTEST_GUILESS_MAIN(tst_Connection)
#include "tst_connection.moc"
