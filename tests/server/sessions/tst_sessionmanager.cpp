// SPDX-License-Identifier: GPL-3.0-or-later
#include "sessionfixture.h"

#include <QtTest/QtTest>

using namespace sessionstest;
using namespace bridge::sessions;

class tst_SessionManager : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".?"_s)); }
    void cleanup() { QTRY_COMPARE(FakeInstance::alive, 0); }

    void knowsTheMemoryStoreByBothNames()
    {
        QVERIFY(makeSessionStore(u"memory"_s).ok());
        QVERIFY(makeSessionStore(u"InMemorySessionManager"_s).ok());
        const auto unknown = makeSessionStore(u"punchcards"_s);
        QVERIFY(!unknown.ok());
        QCOMPARE(unknown.error().code, ErrorCode::InvalidConfig);
        QVERIFY(unknown.error().message.contains("memory"_L1));
    }

    void storesRecordsUnderTheirOwnersName()
    {
        const auto store = std::move(*makeSessionStore(u"memory"_s));
        SessionRecord record;
        record.key = {u"a"_s, u"default"_s, u"x"_s};
        Got<Nothing> inserted;
        Got<Nothing> again;
        Got<std::optional<SessionRecord>> foreign;
        Got<QList<SessionRecord>> all;
        inserted.call = store->insert(record, inserted.handler());
        again.call = store->insert(record, again.handler());
        foreign.call = store->find({u"b"_s, u"default"_s, u"x"_s}, foreign.handler());
        all.call = store->list({}, all.handler());
        QVERIFY(!inserted.isThere());
        QTRY_VERIFY(all.isThere());
        QVERIFY(inserted.isOk());
        QCOMPARE(again.code(), ErrorCode::SessionExists);
        QVERIFY(!foreign.value().has_value());
        QCOMPARE(all.value().size(), 1);
        Got<Nothing> removed;
        removed.call = store->remove(record.key, removed.handler());
        Got<Nothing> touched;
        touched.call = store->touch(record.key, {}, {}, touched.handler());
        QTRY_VERIFY(touched.isThere());
        QCOMPARE(touched.code(), ErrorCode::SessionNotFound);
    }

    void acceptsOnlyPlainNames_data()
    {
        QTest::addColumn<QString>("id");
        QTest::addColumn<bool>("valid");
        QTest::newRow("letters") << u"my-session_1.x"_s << true;
        QTest::newRow("one digit") << u"7"_s << true;
        QTest::newRow("longest") << QString(128, u'a') << true;
        QTest::newRow("too long") << QString(129, u'a') << false;
        QTest::newRow("empty") << QString() << false;
        QTest::newRow("hyphen first") << u"-a"_s << false;
        QTest::newRow("dots first") << u".."_s << false;
        QTest::newRow("slash") << u"a/b"_s << false;
        QTest::newRow("colon") << u"a:b"_s << false;
        QTest::newRow("letter of another script") << u"sé"_s << false;
        QTest::newRow("line end") << u"a\n"_s << false;
        for (const char *word : {"start", "close", "ping", "status"})
            QTest::newRow(word) << QString::fromLatin1(word) << false;
    }

    void acceptsOnlyPlainNames()
    {
        QFETCH(QString, id);
        QFETCH(bool, valid);
        QCOMPARE(isValidSessionId(id), valid);
    }

    void makesNamesNobodyCanGuess()
    {
        Fixture f;
        GotSession first;
        GotSession second;
        f.start(first);
        f.start(second);
        QVERIFY(!first.isThere());
        QTRY_VERIFY(first.isOk() && second.isOk());
        const QString id = first.value()->record().key.id;
        QVERIFY(id != second.value()->record().key.id);
        QVERIFY(id.size() >= 22); // 128 bits in base64url
        QVERIFY(isValidSessionId(id));
        QVERIFY(!first.value()->logId().contains(id));
    }

    void findsASessionByItsOwnerOnly()
    {
        Fixture f;
        GotSession mine;
        GotSession theirs;
        f.start(mine, u"s"_s, u"iss|me"_s);
        f.start(theirs, u"s"_s, u"iss|other"_s);
        QTRY_VERIFY(mine.isOk() && theirs.isOk());
        QCOMPARE(*f.find(u"s"_s, u"iss|me"_s), mine.value());
        QCOMPARE(*f.find(u"s"_s, u"iss|other"_s), theirs.value());
        const auto foreign = f.find(u"s"_s);
        const auto unknown = f.find(u"t"_s);
        QVERIFY(!foreign.ok() && !unknown.ok());
        QCOMPARE(foreign.error().code, ErrorCode::SessionNotFound);
        QCOMPARE(foreign.error().message, unknown.error().message);
        QVERIFY(unknown.error().message.startsWith("Session not found"_L1));
        QVERIFY(!f.manager->find(u"iss|me"_s, u"another"_s, u"s"_s).ok());
        QCOMPARE(f.manager->sessionsOf(u"iss|me"_s), QList<SessionPtr>{mine.value()});
    }

    void acceptsALegacyValueWithATokenBehindIt()
    {
        Fixture f;
        GotSession got;
        f.start(got, u"s"_s);
        QTRY_VERIFY(got.isOk());
        QVERIFY(f.find(u"s:eyJhbGciOi.a:b"_s).ok());
    }

    void refusesANameThatIsTaken()
    {
        Fixture f;
        GotSession first;
        GotSession parallel;
        GotSession later;
        GotSession invalid;
        f.start(first, u"s"_s);
        f.start(parallel, u"s"_s);
        f.start(invalid, u"start"_s);
        QTRY_VERIFY(first.isOk() && parallel.isThere() && invalid.isThere());
        QCOMPARE(parallel.code(), ErrorCode::SessionExists);
        QCOMPARE(invalid.code(), ErrorCode::SessionInvalidId);
        f.start(later, u"s"_s);
        QTRY_VERIFY(later.isThere());
        QCOMPARE(later.code(), ErrorCode::SessionExists);
        QCOMPARE(f.opener.opened, 1);
    }

    void storesNothingWhenTheServerDoesNotStart()
    {
        Fixture f;
        f.opener.failure = Error(ErrorCode::UpstreamStart, u"no such program"_s);
        GotSession got;
        f.start(got, u"s"_s);
        QTRY_VERIFY(got.isThere());
        QCOMPARE(got.code(), ErrorCode::UpstreamStart);
        QCOMPARE(f.manager->count(), 0);
        f.opener.failure.reset();
        GotSession again;
        f.start(again, u"s"_s);
        QTRY_VERIFY(again.isOk());
    }

    void leavesNothingBehindWhenTheClientVanishesDuringTheStart()
    {
        SessionLimits limits;
        limits.maxTotal = 1;
        Fixture f(limits);
        f.opener.neverAnswers = true;
        {
            GotSession vanishing;
            f.start(vanishing, u"s"_s);
        }
        QCOMPARE(f.opener.withdrawn, 1);
        QCOMPARE(f.manager->count(), 0);
        f.opener.neverAnswers = false;
        GotSession again;
        f.start(again, u"s"_s);
        QTRY_VERIFY(again.isOk());
    }

    void leavesNothingBehindAtAnyMomentOfTheStart_data()
    {
        QTest::addColumn<int>("passes");
        for (int passes = 0; passes < 12; ++passes)
            QTest::addRow("after %d passes of the event loop", passes) << passes;
    }

    void leavesNothingBehindAtAnyMomentOfTheStart()
    {
        QFETCH(int, passes);
        SessionLimits limits;
        limits.maxTotal = 1;
        Fixture f(limits);
        {
            GotSession vanishing;
            f.start(vanishing, u"s"_s);
            for (int pass = 0; pass < passes && !vanishing.isThere(); ++pass)
                QCoreApplication::processEvents();
            if (vanishing.isThere())
                return; // the start was over by then
        }
        QCOMPARE(f.manager->count(), 0);
        QTRY_COMPARE(FakeInstance::alive, 0);
        GotSession again;
        f.start(again, u"s"_s);
        QTRY_VERIFY(again.isThere());
        QVERIFY(again.isOk());
    }

    void limitsSessionsPerOwnerIncludingThoseBeingStarted()
    {
        SessionLimits limits;
        limits.maxPerOwner = limits.maxAnonymous = 2;
        Fixture f(limits);
        GotSession got[3];
        for (GotSession &one : got)
            f.start(one);
        GotSession other;
        f.start(other, {}, u"iss|other"_s);
        QTRY_VERIFY(got[0].isOk() && got[1].isOk() && got[2].isThere() && other.isOk());
        QCOMPARE(got[2].code(), ErrorCode::TooManyRequests);
        QCOMPARE(httpStatus(got[2].error()), 429);
        QVERIFY(got[2].error().message.contains("MAX_SESSIONS_PER_USER"_L1));
        QVERIFY(
            f.manager
                ->close(u"anonymous"_s, u"default"_s, got[0].value()->record().key.id, u"closed"_s)
                .ok());
        GotSession again;
        f.start(again);
        QTRY_VERIFY(again.isOk());
    }

    void limitsAllSessions()
    {
        SessionLimits limits;
        limits.maxTotal = 1;
        Fixture f(limits);
        GotSession first;
        GotSession second;
        f.start(first);
        f.start(second, {}, u"iss|other"_s);
        QTRY_VERIFY(first.isOk() && second.isThere());
        QCOMPARE(second.code(), ErrorCode::TooManyRequests);
        QVERIFY(second.error().message.contains("MAX_TOTAL_SESSIONS"_L1));
    }

    void storesNothingOfARealServerThatCannotStart()
    {
        upstream::ServerDefinition definition = Fixture::definition();
        definition.command = {u"/nonexistent/program"_s};
        upstream::Server server(definition, std::make_shared<upstream::ChildBudget>(0));
        SessionManager manager(std::move(*makeSessionStore(u"memory"_s)), {});
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"could not be started"_s));
        GotSession got;
        got.call = manager.start(&server, {}, {}, u"s"_s, got.handler());
        QTRY_VERIFY_WITH_TIMEOUT(got.isThere(), 10000);
        QCOMPARE(httpStatus(got.error()), 502);
        QCOMPARE(manager.count(), 0);
    }
};

QTEST_GUILESS_MAIN(tst_SessionManager)
#include "tst_sessionmanager.moc"
