// SPDX-License-Identifier: GPL-3.0-or-later
// Server and Registry with real child processes: the fixtures of tests/support/servers.
#include "server/upstream/childbudget.h"
#include "server/upstream/registry.h"

#include <QtTest/QtTest>

#include <csignal>

using namespace bridge;
using namespace bridge::upstream;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

ServerDefinition fixture(const QString &name, QStringList arguments = {})
{
    ServerDefinition definition;
    definition.name = u"fixture"_s;
    definition.command =
        QStringList{u"python3"_s,
                    QStringLiteral(BRIDGE_SOURCE_DIR "/tests/support/servers/") + name}
        + arguments;
    // Not the wrapper some machines have in front of the interpreter.
    definition.environment = {{u"PATH"_s, u"/usr/bin:/bin:/usr/local/bin"_s},
                              {u"PYTHONDONTWRITEBYTECODE"_s, u"1"_s}};
    definition.startTimeout = 20s;
    return definition;
}

Identity caller(const QString &name)
{
    Identity identity;
    identity.owner = name;
    identity.placeholders = {{u"user_id"_s, name}};
    return identity;
}

std::shared_ptr<ChildBudget> budgetOf(int limit = 0)
{
    return std::make_shared<ChildBudget>(limit);
}

template <typename T>
struct Got {
    std::optional<Result<T>> outcome;
    Call call;

    Handler<T> handler()
    {
        return [this](Result<T> result) { outcome.emplace(std::move(result)); };
    }
    bool ok() const { return outcome && outcome->ok(); }
    const Error &error() const { return outcome->error(); }
};

#define WAIT_FOR(got) QTRY_VERIFY_WITH_TIMEOUT((got).outcome.has_value(), 30'000)
#define WAIT_OK(got)                                                                               \
    WAIT_FOR(got);                                                                                 \
    QVERIFY2((got).ok(), (got).ok() ? "" : qPrintable((got).error().message))

bool exists(qint64 pid)
{
    return ::kill(pid_t(pid), 0) == 0;
}

void callTool(mcp::Client &client, const QString &name, const QByteArray &arguments,
              Got<QByteArray> &got)
{
    got.call = client.callTool(name, arguments, {}, got.handler());
}

int countIn(const Got<QByteArray> &got)
{
    const QJsonObject result = QJsonDocument::fromJson(got.outcome->value()).object();
    return result["structuredContent"_L1]["count"_L1].toInt();
}

} // namespace

class UpstreamServerTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        if (!QFileInfo(u"/usr/bin/python3"_s).exists())
            QSKIP("needs python3");
    }

    void opensAnInstanceAndStopsItWhenDropped()
    {
        Server server(fixture(u"counter.py"_s), budgetOf());
        QSignalSpy started(&server, &Server::instanceStarted);
        Got<InstancePtr> got;
        got.call = server.open({}, got.handler());
        WAIT_OK(got);
        InstancePtr instance = **got.outcome;
        QVERIFY(instance->isAlive());
        QCOMPARE(started.size(), 1);
        Got<QByteArray> counted;
        callTool(instance->client(), u"call_counter"_s, "{}", counted);
        WAIT_OK(counted);
        QCOMPARE(countIn(counted), 1);
        const qint64 pid = instance->processId();
        QVERIFY(exists(pid));
        got.outcome.reset();
        instance.reset();
        QTRY_VERIFY_WITH_TIMEOUT(!exists(pid), 10'000);
        QTRY_COMPARE(server.status().instances, 0);
        QCOMPARE(server.status().state, u"ready"_s);
        QVERIFY(!server.status().revision.isEmpty());
    }

    void tellsWhyAStartFailed_data()
    {
        QTest::addColumn<QStringList>("command");
        QTest::addColumn<int>("status");
        QTest::addColumn<QString>("words");
        const QString crash = fixture(u"crash.py"_s).command.at(1);
        const auto how = [&](const QString &way) {
            return QStringList{u"python3"_s, crash, u"--how"_s, way};
        };
        QTest::newRow("nonexistent")
            << QStringList{u"no-such-program"_s, u"--x"_s} << 502
            << u"\"no-such-program --x\" could not be started: not found"_s;
        QTest::newRow("exits") << how(u"exit"_s) << 502 << u"exited with status 3; last stderr"_s;
        QTest::newRow("garbage") << how(u"garbage"_s) << 502 << u"no MCP message"_s;
        QTest::newRow("silent") << how(u"silent"_s) << 504 << u"did not answer within 2 s"_s;
        QTest::newRow("refuses") << how(u"refuse"_s) << 502 << u"refused to start a session"_s;
        QTest::newRow("no server") << QStringList{u"cat"_s} << 502 << u""_s;
        QTest::newRow("true") << QStringList{u"true"_s} << 502 << u"exited with status 0"_s;
    }
    void tellsWhyAStartFailed()
    {
        QFETCH(QStringList, command);
        QFETCH(int, status);
        QFETCH(QString, words);
        ServerDefinition definition = fixture({});
        definition.command = command;
        definition.startTimeout = 2s;
        Server server(definition, budgetOf());
        Got<InstancePtr> got;
        QElapsedTimer clock;
        clock.start();
        got.call = server.open({}, got.handler());
        WAIT_FOR(got);
        QVERIFY(clock.elapsed() < 4'000);
        QVERIFY(!got.ok());
        QVERIFY2(httpStatus(got.error()) == status, qPrintable(got.error().message));
        QVERIFY2(got.error().message.contains(words), qPrintable(got.error().message));
        QVERIFY2(got.error().message.contains(QFileInfo(command.first()).fileName()),
                 qPrintable(got.error().message));
        QVERIFY(!got.error().message.contains(QStringLiteral(BRIDGE_SOURCE_DIR)));
        QCOMPARE(server.status().state, u"failed"_s);
        QTRY_COMPARE_WITH_TIMEOUT(server.status().instances, 0, 10'000);
    }

    void aSilentStartIsToldAndHintsAtTheEnvironment_data()
    {
        QTest::addColumn<QString>("script");
        QTest::addColumn<bool>("isFetcher");
        QTest::addColumn<QString>("line");
        QTest::addColumn<bool>("hints");
        const QString wait = u"cat >/dev/null"_s;
        QTest::newRow("no stderr") << wait << false << u""_s << true;
        QTest::newRow("stderr") << u"echo loading >&2; "_s + wait << false << u"loading"_s << false;
        QTest::newRow("npx") << u"printf 'proceed? ' >&2; "_s + wait << true << u"proceed?"_s
                             << true;
    }
    void aSilentStartIsToldAndHintsAtTheEnvironment()
    {
        QFETCH(QString, script);
        QFETCH(bool, isFetcher);
        QFETCH(QString, line);
        QFETCH(bool, hints);
        QTemporaryDir folder;
        const QString program = folder.filePath(isFetcher ? u"npx"_s : u"program"_s);
        QVERIFY(QFile::link(u"/bin/sh"_s, program));
        ServerDefinition definition = fixture({});
        definition.command = {program, u"-c"_s, script};
        definition.startTimeout = 2'500ms;
        Server server(definition, budgetOf());
        QTest::ignoreMessage(QtInfoMsg,
                             QRegularExpression(u"^Starting MCP server \"fixture\" .*2.5 s"_s));
        Got<InstancePtr> got;
        got.call = server.open({}, got.handler());
        WAIT_FOR(got);
        const QString text = got.error().message;
        QCOMPARE(got.error().code, ErrorCode::UpstreamTimeout);
        QVERIFY2(text.contains(u"MCP_CHILD_ENV_PASSTHROUGH"_s) == hints, qPrintable(text));
        QVERIFY2(text.contains(u"last stderr line: "_s + line) == !line.isEmpty(),
                 qPrintable(text));
    }

    void isFailedUntilTheFirstSuccessAndDegradedLater()
    {
        QTemporaryDir folder;
        const QString mark = folder.filePath(u"mark"_s);
        ServerDefinition definition = fixture(u"counter.py"_s);
        definition.command = QStringList{u"sh"_s, u"-c"_s, u"test -e \"$0\" && exec \"$@\""_s, mark}
                             + definition.command;
        Server server(definition, budgetOf());
        QCOMPARE(server.status().state, u"ready"_s); // nothing tried yet
        const auto stateAfterStart = [&server] {
            Got<InstancePtr> got;
            got.call = server.open({}, got.handler());
            [&got] { WAIT_FOR(got); }();
            return server.status().state;
        };
        QCOMPARE(stateAfterStart(), u"failed"_s);
        QFile file(mark);
        QVERIFY(file.open(QIODevice::WriteOnly));
        QCOMPARE(stateAfterStart(), u"ready"_s);
        QVERIFY(server.status().lastError.isEmpty());
        QVERIFY(file.remove());
        QCOMPARE(stateAfterStart(), u"degraded"_s);
    }

    void aFloodOnStderrDoesNotStopTheStart()
    {
        Server server(fixture(u"crash.py"_s, {u"--how"_s, u"flood"_s}), budgetOf());
        Got<InstancePtr> got;
        got.call = server.open({}, got.handler());
        WAIT_OK(got);
    }

    void deathInMidCallFailsItWithTheEpitaph()
    {
        Server server(fixture(u"crash.py"_s), budgetOf());
        QSignalSpy deaths(&server, &Server::instanceDied);
        Got<InstancePtr> got;
        got.call = server.open({}, got.handler());
        WAIT_OK(got);
        const InstancePtr instance = **got.outcome;
        QSignalSpy died(instance.get(), &Instance::died);
        Got<QByteArray> hanging;
        Got<QByteArray> answer;
        callTool(instance->client(), u"hang"_s, "{}", hanging);
        callTool(instance->client(), u"exit"_s, R"({"message":"disk full"})", answer);
        WAIT_FOR(answer);
        WAIT_FOR(hanging);
        QCOMPARE(httpStatus(answer.error()), 502);
        QVERIFY2(
            answer.error().message.contains(u"exited with status 7; last stderr line: disk full"_s),
            qPrintable(answer.error().message));
        QVERIFY(!instance->isAlive());
        QTRY_COMPARE(died.size(), 1);
        QCOMPARE(deaths.size(), 1);
        QCOMPARE(server.status().deaths, 1);
    }

    void withdrawingAStartKillsTheChild()
    {
        Server server(fixture(u"crash.py"_s, {u"--how"_s, u"silent"_s}), budgetOf());
        Got<InstancePtr> got;
        got.call = server.open({}, got.handler());
        QTRY_COMPARE(server.status().instances, 1);
        got.call.cancel();
        QTRY_COMPARE_WITH_TIMEOUT(server.status().instances, 0, 10'000);
        QVERIFY(!got.outcome);
    }

    void leasesComeFromThePoolAndAreUsedOnce()
    {
        ServerDefinition definition = fixture(u"counter.py"_s);
        definition.warmPoolSize = 2;
        Server server(definition, budgetOf());
        server.warmUp();
        QTRY_COMPARE_WITH_TIMEOUT(server.status().warm, 2, 20'000);
        qint64 previous = 0;
        for (int i = 0; i < 2; ++i) {
            Got<LeasePtr> got;
            got.call = server.lease({}, got.handler());
            WAIT_OK(got);
            LeasePtr lease = **got.outcome;
            QVERIFY(lease->instance().processId() != previous);
            previous = lease->instance().processId();
            Got<QByteArray> counted;
            callTool(lease->client(), u"call_counter"_s, "{}", counted);
            WAIT_OK(counted);
            QCOMPARE(countIn(counted), 1);
        }
        QTRY_COMPARE_WITH_TIMEOUT(server.status().warm, 2, 20'000);
        bool done = false;
        server.shutDown([&] { done = true; });
        QTRY_VERIFY_WITH_TIMEOUT(done, 10'000);
        QCOMPARE(server.status().instances, 0);
    }

    void aDefinitionThatNamesTheUserIsNeverWarm()
    {
        ServerDefinition definition = fixture(u"counter.py"_s);
        definition.warmPoolSize = 2;
        definition.environment.insert(u"DATA"_s, u"{data_path}"_s);
        Server server(definition, budgetOf());
        server.warmUp();
        QTest::qWait(50);
        QCOMPARE(server.status().instances, 0);
        Got<LeasePtr> refused;
        refused.call = server.lease({}, refused.handler());
        WAIT_FOR(refused);
        QCOMPARE(refused.error().code, ErrorCode::Unauthorized);
        QCOMPARE(server.status().startFailures, 0);
    }

    void reusedInstancesAreSharedAndReplaced()
    {
        ServerDefinition definition = fixture(u"crash.py"_s);
        definition.reuse = true;
        Server server(definition, budgetOf());
        Got<LeasePtr> a;
        Got<LeasePtr> b;
        a.call = server.lease({}, a.handler());
        b.call = server.lease({}, b.handler());
        WAIT_OK(a);
        WAIT_OK(b);
        const qint64 pid = (**a.outcome)->instance().processId();
        QCOMPARE((**b.outcome)->instance().processId(), pid);
        a.outcome.reset();
        b.outcome.reset();
        QVERIFY(exists(pid));
        ::kill(pid_t(pid), SIGKILL);
        QTRY_COMPARE(server.status().deaths, 1);
        Got<LeasePtr> c;
        c.call = server.lease({}, c.handler());
        WAIT_OK(c);
        QVERIFY((**c.outcome)->instance().processId() != pid);
    }

    void aFullBudgetRefusesButWarmChildrenGiveWay()
    {
        ServerDefinition definition = fixture(u"counter.py"_s);
        definition.warmPoolSize = 1;
        Registry registry({definition}, 1);
        Server *server = registry.defaultServer();
        registry.warmUp();
        QTRY_COMPARE_WITH_TIMEOUT(server->status().warm, 1, 20'000);
        Got<InstancePtr> session;
        session.call = server->open({}, session.handler());
        WAIT_OK(session);
        QCOMPARE(server->status().warm, 0);
        Got<InstancePtr> second;
        second.call = server->open({}, second.handler());
        WAIT_FOR(second);
        QCOMPARE(second.error().code, ErrorCode::Overloaded);
        QCOMPARE(second.error().extra.value("retry_after"_L1).toInt(), 1);
        QCOMPARE(registry.childCount(), 1);
    }

    void theCircuitOpensForOneScopeOnly()
    {
        ServerDefinition definition = fixture({});
        definition.command = {u"sh"_s, u"-c"_s, u"exit 1"_s, u"{user_id}"_s};
        Server server(definition, budgetOf());
        const Identity alice = caller(u"alice"_s);
        const Identity bob = caller(u"bob"_s);
        for (int i = 0; i < 5; ++i) {
            Got<InstancePtr> got;
            got.call = server.open(alice, got.handler());
            WAIT_FOR(got);
            QCOMPARE(got.error().code, ErrorCode::UpstreamStart);
        }
        Got<InstancePtr> refused;
        refused.call = server.open(alice, refused.handler());
        WAIT_FOR(refused);
        QCOMPARE(refused.error().code, ErrorCode::UpstreamUnavailable);
        QVERIFY(refused.error().extra.contains("retry_after"_L1));
        Got<InstancePtr> other;
        other.call = server.open(bob, other.handler());
        WAIT_FOR(other);
        QCOMPARE(other.error().code, ErrorCode::UpstreamStart);
        // What goes wrong for some callers must not turn the readiness probe.
        QCOMPARE(server.status().state, u"degraded"_s);
    }

    void toolsAreListedOnceAndRemembered()
    {
        Server server(fixture(u"counter.py"_s, {u"--tools"_s, u"a,b"_s}), budgetOf());
        QVERIFY(!server.cachedTools({}));
        Got<ToolSetPtr> first;
        Got<ToolSetPtr> second;
        first.call = server.tools({}, nullptr, first.handler());
        second.call = server.tools({}, nullptr, second.handler());
        WAIT_OK(first);
        WAIT_OK(second);
        QCOMPARE((**first.outcome)->tools().size(), 2);
        QCOMPARE(first.outcome->value().get(), second.outcome->value().get());
        QCOMPARE(server.status().starts, 1);
        QVERIFY(server.cachedTools({}));
        const Identity alice = caller(u"alice"_s);
        QVERIFY(server.cachedTools(alice)); // the definition does not care who asks
    }

    void aListingOutlivesTheAskerButNotItsClient()
    {
        Server server(fixture(u"crash.py"_s), budgetOf());
        Got<InstancePtr> got;
        got.call = server.open({}, got.handler());
        WAIT_OK(got);
        InstancePtr instance = **got.outcome;
        got.outcome.reset();
        Got<ToolSetPtr> listed;
        listed.call = server.tools({}, &instance->client(), listed.handler());
        instance.reset();
        WAIT_FOR(listed);
        QCOMPARE(listed.error().code, ErrorCode::UpstreamFailed);
    }

    void aServerMayBeDestroyedAtAnyTime()
    {
        auto server = std::make_unique<Server>(fixture(u"counter.py"_s), budgetOf());
        Got<InstancePtr> opening;
        Got<LeasePtr> leasing;
        Got<ToolSetPtr> listing;
        opening.call = server->open({}, opening.handler());
        leasing.call = server->lease({}, leasing.handler());
        listing.call = server->tools({}, nullptr, listing.handler());
        QTRY_VERIFY(server->status().instances >= 3);
        server.reset();
        QTest::qWait(20);
        opening.call.cancel();
        leasing.call.cancel();
        listing.call.cancel();
    }
};

QTEST_GUILESS_MAIN(UpstreamServerTest)
#include "tst_upstreamserver.moc"
