// SPDX-License-Identifier: GPL-3.0-or-later
// The forms of tasks and the book of those that are held; the whole is
// tests/integration/test_tasks_*.
#include "server/gateway/taskbook.h"
#include "server/gateway/taskdrive.h"
#include "server/gateway/taskforms.h"

#include <QtCore/QJsonDocument>
#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::gateway;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

QJsonObject object(const QByteArray &json)
{
    return QJsonDocument::fromJson(json).object();
}

Request requestOf(const QString &owner, mcp::Era era = mcp::Era::Modern)
{
    Request request;
    request.identity.owner = owner;
    request.profile.era = era;
    return request;
}

HeldTaskPtr begin(TaskBook &book, const Request &request)
{
    const Result<TaskSlot> slot = book.reserve(request.identity.owner);
    if (!slot)
        return nullptr;
    const auto task = std::make_shared<HeldTask>();
    task->owner = request.identity.owner;
    task->place = request.server;
    task->profile = request.profile;
    task->state = request.state;
    task->slot = *slot;
    book.add(task);
    return task;
}

mcp::ServerInfo server(const QString &revision, const QByteArray &capabilities)
{
    mcp::ServerInfo info;
    info.revision = revision;
    info.capabilities = object(capabilities);
    return info;
}

} // namespace

class TestTasks : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void idsAreReplacedWhereTheyAre();
    void relatedTasksComeAndGoWithoutTheRest();
    void onlyServersOfTheRightRevisionHaveTasks();
    void supportIsReadFromTheTool();
    void timesToLiveMayBeMissing();
    void theOlderFormIsRenamed();

    void aTaskIsFoundByItsOwnerOnly();
    void aTaskOfALegacySessionIsFoundThereOnly();
    void idsAreNeverTheSame();
    void anOwnerHasOnlySoMany();
    void whatIsOverGivesWay();
    void aPlaceIsFreeWhenItsTaskIsGone();
    void tasksEndWithTheirTimeOrWhenNobodyAsks();
    void whatHasGoneTakesItsTasksAlong();
};

void TestTasks::idsAreReplacedWhereTheyAre()
{
    QCOMPARE(withTaskId(R"({"taskId":"k","n":1.50})", u"i"_s), R"({"taskId":"i","n":1.50})"_ba);
    QCOMPARE(withTaskId(R"({"resultType":"complete"})", u"i"_s), R"({"resultType":"complete"})"_ba);
    const QByteArray related =
        R"({"taskId":"k","_meta":{"a":1,"io.modelcontextprotocol/related-task":{"taskId":"k"}}})";
    QCOMPARE(object(withTaskId(related, u"i"_s)),
             object(QByteArray(related).replace("\"k\"", "\"i\"")));
}

void TestTasks::relatedTasksComeAndGoWithoutTheRest()
{
    const QByteArray plain = R"({"content":[],"_meta":{"a":1}})";
    const QByteArray related = withRelatedTask(plain, u"i"_s);
    QCOMPARE(object(related)["_meta"_L1]["io.modelcontextprotocol/related-task"_L1]["taskId"_L1],
             QJsonValue(u"i"_s));
    QCOMPARE(object(related)["_meta"_L1]["a"_L1], QJsonValue(1));
    QCOMPARE(withoutRelatedTask(related), plain);
    QCOMPARE(withoutRelatedTask(withRelatedTask(R"({"content":[]})"_ba, u"i"_s)),
             R"({"content":[]})"_ba);
}

void TestTasks::onlyServersOfTheRightRevisionHaveTasks()
{
    const QByteArray tasks = R"({"tasks":{"requests":{"tools":{"call":{}}}}})";
    QVERIFY(hasLegacyTasks(server(u"2025-11-25"_s, tasks)));
    QVERIFY(!hasLegacyTasks(server(u"2025-06-18"_s, tasks)));
    QVERIFY(!hasLegacyTasks(server(u"2026-07-28"_s, tasks)));
    QVERIFY(!hasLegacyTasks(server(u"2025-11-25"_s, R"({"tasks":{"list":{}}})")));
    QVERIFY(hasTasksExtension(withTasksExtension({})));
    QVERIFY(!hasTasksExtension(object(tasks)));
    const QJsonObject other = object(R"({"extensions":{"x/y":{}},"roots":{}})");
    const QJsonObject both = withTasksExtension(other);
    QVERIFY(hasTasksExtension(both) && both["extensions"_L1].toObject().contains("x/y"_L1)
            && both.contains("roots"_L1));
}

void TestTasks::supportIsReadFromTheTool()
{
    QCOMPARE(taskSupport(R"({"name":"a","execution":{"taskSupport":"required"}})"), u"required"_s);
    for (const auto &none :
         {R"({"name":"a"})"_ba, R"({"execution":{}})"_ba, R"({"execution":"required"})"_ba,
          R"({"execution":{"taskSupport":1}})"_ba})
        QCOMPARE(taskSupport(none), QString());
}

void TestTasks::timesToLiveMayBeMissing()
{
    QCOMPARE(ttlOf(R"({"ttl":60000})", "ttl"_L1), 60000);
    QCOMPARE(ttlOf(R"({"ttl":0})", "ttl"_L1), 0);
    for (const auto &none :
         {R"({"ttl":null})"_ba, R"({})"_ba, R"({"ttl":-1})"_ba, R"({"ttl":"1"})"_ba})
        QCOMPARE(ttlOf(none, "ttl"_L1), -1);
    QVERIFY(ttlOf(R"({"ttl":1e300})", "ttl"_L1) > 0);
}

void TestTasks::theOlderFormIsRenamed()
{
    const QByteArray task = R"({"taskId":"k","status":"input_required","statusMessage":"m",
        "createdAt":"c","lastUpdatedAt":"l","ttl":60000,"pollInterval":5,"_meta":{}})";
    QCOMPARE(renamedTask(task, u"i"_s, u"task"_s, u"working"_s),
             R"({"resultType":"task","taskId":"i","status":"working","statusMessage":"m",)"
             R"("createdAt":"c","lastUpdatedAt":"l","ttlMs":60000,"pollIntervalMs":5})"_ba);
    const QJsonObject bare =
        object(renamedTask(R"({"createdAt":"c","lastUpdatedAt":"l"})", u"i"_s, u"complete"_s,
                           u"failed"_s, {{u"error"_s, "{}"_ba}}));
    QVERIFY(bare["ttlMs"_L1].isNull() && bare.contains("ttlMs"_L1) && bare.contains("error"_L1));
    QVERIFY(!bare.contains("pollIntervalMs"_L1) && !bare.contains("statusMessage"_L1));
}

void TestTasks::aTaskIsFoundByItsOwnerOnly()
{
    TaskBook book({}, 0ms);
    Request mine = requestOf(u"me"_s);
    mine.server = u"git"_s;
    const HeldTaskPtr task = begin(book, mine);
    QCOMPARE(book.find(task->id, mine), task);
    Request other = mine;
    other.identity.owner = u"you"_s;
    QVERIFY(!book.find(task->id, other));
    other = mine;
    other.server.clear();
    QVERIFY(!book.find(task->id, other));
    other = mine;
    other.profile.era = mcp::Era::Legacy;
    QVERIFY(!book.find(task->id, other));
    QVERIFY(!book.find(QString(), mine));
    book.remove(task);
    QVERIFY(!book.find(task->id, mine));
}

void TestTasks::aTaskOfALegacySessionIsFoundThereOnly()
{
    TaskBook book({}, 0ms);
    Request mine = requestOf(u"anonymous"_s, mcp::Era::Legacy);
    mine.state = std::make_shared<ClientState>();
    const HeldTaskPtr first = begin(book, mine);
    const HeldTaskPtr second = begin(book, mine);
    Request other = mine;
    other.state = std::make_shared<ClientState>();
    begin(book, other);
    QVERIFY(!book.find(first->id, other));
    QCOMPARE(book.find(first->id, mine), first);
    QCOMPARE(book.of(mine.state.get()), (QList<HeldTaskPtr>{first, second}));
    QVERIFY(book.of(nullptr).isEmpty());
    // A modern client knows its task with or without a handle.
    Request modern = requestOf(u"me"_s);
    modern.state = std::make_shared<ClientState>();
    const HeldTaskPtr third = begin(book, modern);
    modern.state.reset();
    QCOMPARE(book.find(third->id, modern), third);
}

void TestTasks::idsAreNeverTheSame()
{
    TaskBook book({}, 0ms);
    QSet<QString> ids;
    for (int i = 0; i < 200; ++i) {
        const QString id = begin(book, requestOf(u"me"_s))->id;
        QVERIFY(id.size() >= 32);
        ids.insert(id);
    }
    QCOMPARE(ids.size(), 200);
}

void TestTasks::anOwnerHasOnlySoMany()
{
    TaskBook book({2, 3, 4}, 0ms);
    QVERIFY(begin(book, requestOf(u"a"_s)) && begin(book, requestOf(u"a"_s)));
    const Result<TaskSlot> more = book.reserve(u"a"_s);
    QVERIFY(!more);
    QCOMPARE(more.error().code, ErrorCode::TooManyRequests);
    QVERIFY(begin(book, requestOf(u"b"_s)) && begin(book, requestOf(u"b"_s)));
    QVERIFY(!book.reserve(u"c"_s)); // in all
}

void TestTasks::whatIsOverGivesWay()
{
    TaskBook book({2, 2, 4}, 0ms);
    const HeldTaskPtr over = begin(book, requestOf(u"a"_s));
    const HeldTaskPtr running = begin(book, requestOf(u"a"_s));
    over->isOver = true;
    const QString id = over->id;
    const_cast<HeldTaskPtr &>(over).reset();
    QVERIFY(begin(book, requestOf(u"a"_s)));
    QVERIFY(!book.find(id, requestOf(u"a"_s)));
    QVERIFY(book.find(running->id, requestOf(u"a"_s)));
    QVERIFY(!begin(book, requestOf(u"a"_s)));
}

void TestTasks::aPlaceIsFreeWhenItsTaskIsGone()
{
    TaskBook book({1, 1, 1}, 0ms);
    {
        const Result<TaskSlot> slot = book.reserve(u"a"_s);
        QVERIFY(slot);
        QVERIFY(!book.reserve(u"a"_s));
    }
    HeldTaskPtr task = begin(book, requestOf(u"a"_s));
    QVERIFY(task);
    book.remove(task);
    task.reset();
    QVERIFY(book.reserve(u"a"_s));
}

void TestTasks::tasksEndWithTheirTimeOrWhenNobodyAsks()
{
    TaskBook book({}, 0ms);
    begin(book, requestOf(u"a"_s))->ttlMs = 10;
    begin(book, requestOf(u"a"_s));
    QTRY_COMPARE_WITH_TIMEOUT(book.count(), 1, 10'000);
    book.setIdle(10ms);
    QTRY_COMPARE_WITH_TIMEOUT(book.count(), 0, 10'000);
    begin(book, requestOf(u"a"_s)); // and it goes on looking
    QTRY_COMPARE_WITH_TIMEOUT(book.count(), 0, 10'000);
}

void TestTasks::whatHasGoneTakesItsTasksAlong()
{
    TaskBook book({}, 0ms);
    Request request = requestOf(u"a"_s, mcp::Era::Legacy);
    request.state = std::make_shared<ClientState>();
    begin(book, request);
    request.state = std::make_shared<ClientState>();
    begin(book, request)->server = u"git"_s;
    request.server = u"views/v"_s;
    begin(book, request);
    begin(book, requestOf(u"a"_s));
    QCOMPARE(book.count(), 4);
    book.forgetServer(u"git"_s);
    QCOMPARE(book.count(), 3);
    book.forgetPlace(u"views/v"_s);
    QCOMPARE(book.count(), 2);
    const ClientStatePtr state = std::make_shared<ClientState>();
    request.state = state;
    begin(book, request);
    book.forget(state.get());
    QCOMPARE(book.count(), 2);
    book.clear();
    QCOMPARE(book.count(), 0);
}

QTEST_GUILESS_MAIN(TestTasks)
#include "tst_tasks.moc"
