// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/json/schema.h"
#include "common/mcp/client.h"
#include "common/mcp/rawjson.h"
#include "common/mcp/revisions.h"
#include "common/mcp/stdiotransport.h"
#include "server/demo/demoserver.h"

#include <QtCore/QProcess>
#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::demo;
using namespace Qt::StringLiterals;
using jsonrpc::Message;

class tst_DemoServer : public QObject
{
    Q_OBJECT

    std::unique_ptr<DemoServer> m_server;
    QList<Message> m_sent;
    QString m_revision;
    int m_id = 0;

    void restart(const QString &revision)
    {
        m_sent.clear();
        m_id = 0;
        m_revision = revision;
        m_server = std::make_unique<DemoServer>([this](const Message &m) { m_sent.append(m); });
        m_server->setStepInterval(1);
        if (!mcp::isModern(revision))
            ask(u"initialize"_s,
                {{"protocolVersion"_L1, revision},
                 {"capabilities"_L1, QJsonObject()},
                 {"clientInfo"_L1, QJsonObject{{"name"_L1, u"t"_s}, {"version"_L1, u"1"_s}}}});
    }
    void send(const QString &method, QJsonObject params, const QJsonObject &extraMeta = {})
    {
        QJsonObject meta = extraMeta;
        if (mcp::isModern(m_revision)) {
            meta.insert(mcp::kMetaRevision, m_revision);
            meta.insert(mcp::kMetaCapabilities, QJsonObject());
        }
        if (!meta.isEmpty())
            params.insert("_meta"_L1, meta);
        Message m;
        m.kind = Message::Kind::Request;
        m.id = QByteArray::number(++m_id);
        m.method = method;
        m.params = mcp::compact(params);
        m_server->receive(m);
    }
    /// Sends a request that is answered at once.
    Message ask(const QString &method, const QJsonObject &params = {},
                const QJsonObject &extraMeta = {})
    {
        send(method, params, extraMeta);
        return m_sent.isEmpty() ? Message() : m_sent.last();
    }
    QJsonObject tool(const QString &name, const QJsonObject &arguments = {})
    {
        return mcp::objectOf(
            ask(u"tools/call"_s, {{"name"_L1, name}, {"arguments"_L1, arguments}}).result);
    }
    static QString text(const QJsonObject &result)
    {
        return result["content"_L1][0]["text"_L1].toString();
    }
    static void allRevisions()
    {
        QTest::addColumn<QString>("revision");
        const QStringList all = mcp::allRevisions();
        for (const QString &one : all)
            QTest::newRow(qPrintable(one)) << one;
    }
    QString definitionFor(const QString &method) const
    {
        static const QHash<QString, QString> names{
            {u"initialize"_s, u"InitializeResult"_s},
            {u"server/discover"_s, u"DiscoverResult"_s},
            {u"tools/list"_s, u"ListToolsResult"_s},
            {u"tools/call"_s, u"CallToolResult"_s},
            {u"prompts/list"_s, u"ListPromptsResult"_s},
            {u"prompts/get"_s, u"GetPromptResult"_s},
            {u"resources/list"_s, u"ListResourcesResult"_s},
            {u"resources/templates/list"_s, u"ListResourceTemplatesResult"_s},
            {u"resources/read"_s, u"ReadResourceResult"_s},
            {u"ping"_s, u"EmptyResult"_s},
            {u"notifications/progress"_s, u"ProgressNotification"_s},
            {u"notifications/message"_s, u"LoggingMessageNotification"_s},
            {u"notifications/subscriptions/acknowledged"_s,
             u"SubscriptionsAcknowledgedNotification"_s}};
        return names.value(method);
    }
    /// The definition \a name of the revision's schema as a schema of its own.
    json::Schema schema(const QString &name) const
    {
        QFile file(QStringLiteral(BRIDGE_SHARED_DATA "/mcp-schema/") + m_revision + ".json"_L1);
        if (!file.open(QIODevice::ReadOnly))
            return {};
        QJsonObject all = mcp::objectOf(file.readAll());
        const QString where = all.contains("$defs"_L1) ? u"$defs"_s : u"definitions"_s;
        if (!all[where].toObject().contains(name))
            qFatal("no definition %s", qPrintable(name));
        all.insert("$ref"_L1, u"#/%1/%2"_s.arg(where, name));
        const Result<json::Schema> compiled = json::Schema::compile(all);
        if (!compiled)
            qFatal("%s", qPrintable(compiled.error().message));
        return *compiled;
    }
    QStringList problems(const QString &definition, const QJsonValue &value) const
    {
        QStringList out;
        for (const FieldProblem &one : schema(definition).validate(value))
            out.append(definition + u' ' + one.path + u": "_s + one.message);
        return out;
    }

private Q_SLOTS:
    void everyMessageFitsItsSchema_data() { allRevisions(); }
    void everyMessageFitsItsSchema()
    {
        QFETCH(QString, revision);
        if (!QFile::exists(QStringLiteral(BRIDGE_SHARED_DATA "/mcp-schema/") + revision
                           + ".json"_L1))
            QSKIP("the MCP schemas are missing");
        restart(revision);
        const bool modern = mcp::isModern(revision);
        if (modern)
            ask(u"server/discover"_s);
        else
            ask(u"ping"_s);
        const auto check = [&](const QString &method) {
            const Message &m = m_sent.last();
            QCOMPARE(m.kind, Message::Kind::Result);
            QCOMPARE(problems(definitionFor(method), mcp::objectOf(m.result)), QStringList());
        };
        check(modern ? u"server/discover"_s : u"ping"_s);
        if (!modern)
            QCOMPARE(problems(u"InitializeResult"_s, mcp::objectOf(m_sent.first().result)),
                     QStringList());
        for (const char *list :
             {"tools/list", "prompts/list", "resources/list", "resources/templates/list"}) {
            ask(QString::fromLatin1(list));
            check(QString::fromLatin1(list));
        }
        for (const char *name : {"add", "hello", "call_counter", "error", "none"}) {
            tool(QString::fromLatin1(name), {{"a"_L1, 1}, {"b"_L1, 2}});
            check(u"tools/call"_s);
        }
        ask(u"prompts/get"_s,
            {{"name"_L1, u"greeting"_s}, {"arguments"_L1, QJsonObject{{"name"_L1, u"Al"_s}}}});
        check(u"prompts/get"_s);
        ask(u"resources/read"_s, {{"uri"_L1, u"html://index"_s}});
        check(u"resources/read"_s);
        if (modern)
            ask(u"subscriptions/listen"_s, {{"notifications"_L1, QJsonObject()}});
        const int before = int(m_sent.size());
        QJsonObject meta{{"progressToken"_L1, u"p"_s}};
        if (modern)
            meta.insert(mcp::kMetaLogLevel, u"info"_s);
        send(u"tools/call"_s, {{"name"_L1, u"report_progress_and_logs"_s}}, meta);
        QTRY_COMPARE(m_sent.size(), before + 11);
        check(u"tools/call"_s);
        for (const Message &m : std::as_const(m_sent)) {
            const QJsonObject whole = mcp::objectOf(jsonrpc::write(m));
            QCOMPARE(problems(u"JSONRPCMessage"_s, whole), QStringList());
            if (m.kind == Message::Kind::Notification)
                QCOMPARE(problems(definitionFor(m.method), whole), QStringList());
        }
    }

    void theToolsDoWhatTheContractSays_data() { allRevisions(); }
    void theToolsDoWhatTheContractSays()
    {
        QFETCH(QString, revision);
        restart(revision);
        const bool structured = revision >= "2025-06-18"_L1;
        QJsonObject sum = tool(u"add"_s, {{"a"_L1, 2}, {"b"_L1, u"3"_s}});
        QCOMPARE(text(sum), u"5"_s);
        QCOMPARE(sum.contains("structuredContent"_L1), structured);
        if (structured)
            QCOMPARE(sum["structuredContent"_L1].toObject(), (QJsonObject{{"result"_L1, 5}}));
        QCOMPARE(text(tool(u"hello"_s)), u"Hello"_s);
        QCOMPARE(text(tool(u"call_counter"_s)), u"1"_s);
        QCOMPARE(text(tool(u"call_counter"_s)), u"2"_s);
        const QJsonObject error = tool(u"error"_s, {{"message"_L1, u"boom"_s}});
        QVERIFY(error["isError"_L1].toBool());
        QCOMPARE(text(error), u"Error executing tool error: boom"_s);
        const QJsonObject unknown = tool(u"nope"_s);
        QVERIFY(unknown["isError"_L1].toBool());
        QCOMPARE(text(unknown), u"Unknown tool: nope"_s);
    }

    void addRefusesWhatIsNoInteger_data()
    {
        QTest::addColumn<QJsonObject>("arguments");
        QTest::newRow("missing") << QJsonObject{{"a"_L1, 1}};
        QTest::newRow("text") << QJsonObject{{"a"_L1, 1}, {"b"_L1, u"x"_s}};
        QTest::newRow("fraction") << QJsonObject{{"a"_L1, 1}, {"b"_L1, 1.5}};
        QTest::newRow("boolean") << QJsonObject{{"a"_L1, 1}, {"b"_L1, true}};
        QTest::newRow("overflow") << QJsonObject{{"a"_L1, std::numeric_limits<qint64>::max()},
                                                 {"b"_L1, 1}};
    }
    void addRefusesWhatIsNoInteger()
    {
        QFETCH(QJsonObject, arguments);
        restart(u"2025-11-25"_s);
        const QJsonObject result = tool(u"add"_s, arguments);
        QVERIFY(result["isError"_L1].toBool());
        QVERIFY(text(result).contains("validation error"_L1));
    }

    void promptsAndResourcesAnswer()
    {
        restart(u"2025-11-25"_s);
        const QJsonObject prompt = mcp::objectOf(
            ask(u"prompts/get"_s,
                {{"name"_L1, u"greeting"_s}, {"arguments"_L1, QJsonObject{{"name"_L1, u"Al"_s}}}})
                .result);
        QCOMPARE(prompt["messages"_L1][0]["content"_L1]["text"_L1].toString(), u"Hello, Al!"_s);
        QCOMPARE(ask(u"prompts/get"_s, {{"name"_L1, u"greeting"_s}}).error.code, -32602);
        QCOMPARE(ask(u"prompts/get"_s, {{"name"_L1, u"x"_s}}).error.message,
                 u"Unknown prompt: x"_s);
        const auto read = [&](const QString &uri) {
            return mcp::objectOf(ask(u"resources/read"_s, {{"uri"_L1, uri}})
                                     .result)["contents"_L1][0]["text"_L1]
                .toString();
        };
        QVERIFY(read(u"html://index"_s).contains("<title>Index</title>"_L1));
        QVERIFY(read(u"html://index"_s).contains("<h1>Index</h1>"_L1));
        QCOMPARE(read(u"greeting://greet/J%C3%B6rg"_s), u"Hello, Jörg!"_s);
        QCOMPARE(ask(u"resources/read"_s, {{"uri"_L1, u"a:b"_s}}).error.code, -32002);
        restart(u"2026-07-28"_s);
        QCOMPARE(ask(u"resources/read"_s, {{"uri"_L1, u"a:b"_s}}).error.code, -32602);
    }

    void progressAndLogsComeInSteps()
    {
        restart(u"2025-11-25"_s);
        send(u"tools/call"_s, {{"name"_L1, u"report_progress_and_logs"_s}},
             {{"progressToken"_L1, 77}});
        QTRY_COMPARE(m_sent.last().kind, Message::Kind::Result);
        QList<int> progress;
        int logs = 0;
        for (const Message &m : std::as_const(m_sent)) {
            const QJsonObject params = m.paramsObject();
            if (m.method == "notifications/progress"_L1) {
                progress += params["progress"_L1].toInt();
                QCOMPARE(params["progressToken"_L1].toInt(), 77);
                QCOMPARE(params["total"_L1].toInt(), 5);
                QVERIFY(!params["message"_L1].toString().isEmpty());
            } else if (m.method == "notifications/message"_L1) {
                QCOMPARE(params["level"_L1].toString(), u"info"_s);
                ++logs;
            }
        }
        QCOMPARE(progress, (QList<int>{20, 40, 60, 80, 100}));
        QCOMPARE(logs, 5);
        QCOMPARE(text(mcp::objectOf(m_sent.last().result)), u"Done"_s);
        QTRY_VERIFY(m_server->isIdle());
    }

    void aCancelledRunFallsSilent()
    {
        restart(u"2025-11-25"_s);
        send(u"tools/call"_s, {{"name"_L1, u"report_progress_and_logs"_s}});
        QVERIFY(!m_server->isIdle());
        Message cancel;
        cancel.method = u"notifications/cancelled"_s;
        cancel.params = "{\"requestId\": " + QByteArray::number(m_id) + " }";
        m_server->receive(cancel);
        QVERIFY(m_server->isIdle());
        const auto sent = m_sent.size();
        QTest::qWait(20);
        QCOMPARE(m_sent.size(), sent);
    }

    void logsFollowTheLevelAskedFor()
    {
        restart(u"2025-11-25"_s);
        QCOMPARE(ask(u"logging/setLevel"_s, {{"level"_L1, u"loud"_s}}).error.code, -32602);
        QCOMPARE(ask(u"logging/setLevel"_s, {{"level"_L1, u"error"_s}}).result, "{}"_ba);
        send(u"tools/call"_s, {{"name"_L1, u"report_progress_and_logs"_s}});
        QTRY_VERIFY(m_server->isIdle());
        restart(u"2026-07-28"_s);
        send(u"tools/call"_s, {{"name"_L1, u"report_progress_and_logs"_s}}); // asks for none
        QTRY_VERIFY(m_server->isIdle());
        QCOMPARE(m_sent.size(), 1);
    }

    void bothErasAreToldApartByRequest()
    {
        restart(u"2026-07-28"_s);
        Message plain;
        plain.kind = Message::Kind::Request;
        plain.id = "\"x\"";
        plain.method = u"tools/list"_s;
        m_server->receive(plain);
        QCOMPARE(m_sent.last().error.code, -32602); // neither metadata nor a handshake
        QCOMPARE(m_sent.last().id, "\"x\""_ba);
        m_revision = u"2099-01-01"_s;
        plain.params = R"({"_meta":{"io.modelcontextprotocol/protocolVersion":"2099-01-01"}})";
        m_server->receive(plain);
        QCOMPARE(m_sent.last().error.code, -32022);
        const QJsonObject data = mcp::objectOf(m_sent.last().error.data);
        QCOMPARE(data["supported"_L1][0].toString(), u"2026-07-28"_s);
        QCOMPARE(data["requested"_L1].toString(), u"2099-01-01"_s);
        m_revision = u"2026-07-28"_s;
        QCOMPARE(ask(u"ping"_s).error.code, -32601);
        QCOMPARE(ask(u"no/such"_s).error.code, -32601);
        QCOMPARE(ask(u"tools/list"_s, {}, {{mcp::kMetaLogLevel, u"loud"_s}}).error.code, -32602);
    }

    void anUnknownRevisionIsCounteredWithTheNewest()
    {
        restart(u"1999-01-01"_s);
        QCOMPARE(mcp::objectOf(m_sent.last().result)["protocolVersion"_L1].toString(),
                 u"2025-11-25"_s);
    }

    void aClientTalksToTheProgram_data()
    {
        QTest::addColumn<int>("era");
        QTest::newRow("modern") << int(mcp::Era::Modern);
        QTest::newRow("legacy") << int(mcp::Era::Legacy);
    }
    void aClientTalksToTheProgram()
    {
        QFETCH(int, era);
        QProcess process;
        QElapsedTimer clock;
        clock.start();
        process.start(QStringLiteral(BRIDGE_BIN_DIR "/demo-mcp-server"), {});
        mcp::ClientOptions options;
        options.name = u"test"_s;
        options.version = u"1"_s;
        options.knownEra = mcp::Era(era);
        mcp::Client client(std::make_unique<mcp::StdioTransport>(&process), options);
        std::optional<Result<mcp::ServerInfo>> info;
        Call starting = client.start([&](Result<mcp::ServerInfo> r) { info = std::move(r); });
        QTRY_VERIFY(info);
        qInfo("started in %.1f ms", double(clock.nsecsElapsed()) / 1e6);
        QVERIFY(info->ok());
        QCOMPARE((*info)->name, u"mcp-EXAMPLE-server"_s);
        QCOMPARE(int((*info)->era), era);
        std::optional<QByteArray> sum;
        clock.restart();
        Call call = client.callTool(u"add"_s, R"({"a":2,"b":3})", {},
                                    [&](Result<QByteArray> r) { sum = r ? *r : QByteArray(); });
        QTRY_VERIFY(sum);
        qInfo("called in %.2f ms", double(clock.nsecsElapsed()) / 1e6);
        QVERIFY(sum->contains(R"("structuredContent":{"result":5})"));
        client.close();
        QTRY_COMPARE(process.state(), QProcess::NotRunning);
        QCOMPARE(process.exitCode(), 0);
    }

    void theProgramAnswersGarbageWithAParseError()
    {
        QProcess process;
        process.start(QStringLiteral(BRIDGE_BIN_DIR "/demo-mcp-server"), {});
        process.write("hello\n");
        QTRY_VERIFY(process.canReadLine());
        QVERIFY(process.readLine().contains("-32700"));
        process.closeWriteChannel();
        QTRY_COMPARE(process.state(), QProcess::NotRunning);
    }
};

QTEST_GUILESS_MAIN(tst_DemoServer)
#include "tst_demoserver.moc"
