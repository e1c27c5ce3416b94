// SPDX-License-Identifier: GPL-3.0-or-later
#include "fakewire.h"

#include "server/gateway/sessiontable.h"

#include <QtTest/QtTest>

using namespace gatewaytest;
using namespace bridge::gateway;
using namespace std::chrono_literals;

class TestSessionTable : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void findsOnlyWhatIsTheOwnersOwn();
    void letsAnIdleSessionGiveWay();
    void refusesBeyondTheCap();
    void keepsSessionsThatAreBusy();
    void endsSessionsNobodyUses();

private:
    LegacySessionPtr session(const QString &id, const QString &owner = u"alice"_s)
    {
        LegacySession::Setup setup;
        setup.id = id;
        setup.state = std::make_shared<ClientState>();
        setup.state->identity.owner = owner;
        setup.state->server = u"demo"_s;
        setup.state->profile.revision = u"2025-11-25"_s;
        setup.backend = m_fake.backend();
        return std::make_shared<LegacySession>(std::move(setup));
    }
    FakeDispatcher m_fake;
};

void TestSessionTable::findsOnlyWhatIsTheOwnersOwn()
{
    SessionTable table({});
    table.add(session(u"a"_s));
    QVERIFY(table.find(u"a"_s, u"alice"_s, u"demo"_s));
    QVERIFY(!table.find(u"a"_s, u"bob"_s, u"demo"_s));
    QVERIFY(!table.find(u"a"_s, u"alice"_s, QString()));
    QVERIFY(!table.find(u"b"_s, u"alice"_s, u"demo"_s));
    table.remove(u"a"_s);
    QVERIFY(!table.find(u"a"_s, u"alice"_s, u"demo"_s));
}

void TestSessionTable::letsAnIdleSessionGiveWay()
{
    TableLimits limits;
    limits.sessions.perOwner = 2;
    limits.yieldAfter = 1ms;
    SessionTable table(limits);
    table.add(session(u"old"_s));
    const LegacySessionPtr first = table.find(u"old"_s, u"alice"_s, u"demo"_s);
    QTRY_VERIFY(first->idleMs() > 5);
    table.add(session(u"new"_s));
    table.add(session(u"bobs"_s, u"bob"_s));
    QVERIFY(table.makeRoom(u"alice"_s));
    QVERIFY(first->hasEnded());
    QVERIFY(table.find(u"new"_s, u"alice"_s, u"demo"_s));
    QVERIFY(table.find(u"bobs"_s, u"bob"_s, u"demo"_s));
}

void TestSessionTable::refusesBeyondTheCap()
{
    TableLimits limits;
    limits.sessions.perOwner = 1;
    limits.yieldAfter = 1h;
    SessionTable table(limits);
    QVERIFY(table.makeRoom(u"alice"_s));
    table.add(session(u"a"_s));
    const Result<Nothing> refused = table.makeRoom(u"alice"_s);
    QVERIFY(!refused);
    QCOMPARE(httpStatus(refused.error()), 429);
    QVERIFY(table.makeRoom(u"bob"_s));
}

void TestSessionTable::keepsSessionsThatAreBusy()
{
    TableLimits limits;
    limits.sessions.total = 1;
    limits.yieldAfter = 0ms;
    limits.idleTimeout = 20ms;
    SessionTable table(limits);
    const LegacySessionPtr busy = session(u"a"_s);
    table.add(busy);
    auto listening = std::make_unique<Visit>("GET");
    QVERIFY(busy->listen(listening->exchange()));
    QVERIFY(!table.makeRoom(u"alice"_s));
    QTest::qWait(100); // several sweeps
    QVERIFY(!busy->hasEnded());
    listening->leave();
    QTRY_VERIFY(busy->hasEnded());
}

void TestSessionTable::endsSessionsNobodyUses()
{
    TableLimits limits;
    limits.idleTimeout = 20ms;
    SessionTable table(limits);
    table.add(session(u"a"_s));
    QTRY_COMPARE(table.count(), 0);
    QCOMPARE(m_fake.released > 0, true);
}

QTEST_GUILESS_MAIN(TestSessionTable)
#include "tst_sessiontable.moc"
