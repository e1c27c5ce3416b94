// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/loader.h"
#include "common/config/reference.h"

#include <QtCore/QTemporaryDir>
#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::config;
using namespace Qt::StringLiterals;

namespace {

/// A table with a secret, which the first settings of the bridge do not have yet.
const OptionTable &secretTable()
{
    static const OptionTable table({{.name = u"API_TOKEN"_s,
                                     .flag = u"--api-token"_s,
                                     .type = OptionType::Text,
                                     .secret = true,
                                     .aliases = {u"OLD_TOKEN"_s},
                                     .group = u"g"_s,
                                     .help = u"A secret."_s},
                                    {.name = u"PLACE"_s,
                                     .flag = u"--place"_s,
                                     .type = OptionType::Path,
                                     .group = u"g"_s,
                                     .help = u"A path."_s}},
                                   {{u"MCP_ENV_"_s, u"Variables."_s}});
    return table;
}

} // namespace

class TestLoader : public QObject
{
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_dir;
    QProcessEnvironment m_environment;

    void write(const QString &name, const QByteArray &content)
    {
        QFile file(m_dir->filePath(name));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(content);
    }

    Result<Loaded> load(const QStringList &arguments = {}, const OptionTable &table = optionTable())
    {
        return config::load(arguments, m_environment, m_dir->path(), table);
    }

    /// Places of all problems, sorted.
    QStringList places(const QStringList &arguments = {}, const OptionTable &table = optionTable())
    {
        const auto loaded = load(arguments, table);
        QStringList result;
        if (!loaded) {
            for (const FieldProblem &problem : loaded.error().problems)
                result.append(problem.path);
        }
        result.sort();
        return result;
    }

private Q_SLOTS:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_environment = QProcessEnvironment();
    }

    void startsWithDefaults()
    {
        const auto loaded = load();
        QVERIFY(loaded.ok());
        const Settings &settings = loaded->settings;
        QCOMPARE(settings.text(u"HOST"_s), u"127.0.0.1"_s);
        QCOMPARE(settings.integer(u"PORT"_s), 8000);
        QCOMPARE(settings.boolean(u"MCP_VALIDATE_INPUT"_s), true);
        QCOMPARE(settings.bytes(u"MAX_REQUEST_BODY_BYTES"_s), 10 * 1024 * 1024);
        QCOMPARE(settings.seconds(u"SESSION_TIMEOUT_SECONDS"_s), std::chrono::seconds(1800));
        QCOMPARE(settings.list(u"INCLUDE_TOOLS"_s), QStringList());
        QVERIFY(settings.json(u"TOOL_OUTPUT_SCHEMAS"_s).isNull());
        QCOMPARE(settings.source(u"PORT"_s), Source::Default);
        QVERIFY(!settings.isSet(u"PORT"_s));
        QVERIFY(loaded->notices.isEmpty());
    }

    void laterLayersReplaceEarlierOnes()
    {
        const QString name = u"PORT"_s;
        write(u"c.json"_s, R"({"bridge":{"PORT":1}})");
        const QStringList file{u"--config"_s, u"c.json"_s};
        QCOMPARE(load(file)->settings.integer(name), 1);
        QCOMPARE(load(file)->settings.source(name), Source::File);
        QCOMPARE(load(file)->configFile, m_dir->filePath(u"c.json"_s));
        write(u".env"_s, "export PORT=2 # two\n");
        QCOMPARE(load(file)->settings.integer(name), 2);
        QCOMPARE(load(file)->settings.source(name), Source::EnvFile);
        QCOMPARE(load(file + QStringList{u"--no-env-file"_s})->settings.integer(name), 1);
        m_environment.insert(name, u"3"_s);
        QCOMPARE(load(file)->settings.integer(name), 3);
        QCOMPARE(load(file)->settings.source(name), Source::Environment);
        const auto all = load(file + QStringList{u"--port"_s, u"4"_s});
        QCOMPARE(all->settings.integer(name), 4);
        QCOMPARE(all->settings.source(name), Source::CommandLine);
    }

    void anEmptyVariableCountsAsNotSet()
    {
        write(u".env"_s, "PORT=2\n");
        m_environment.insert(u"PORT"_s, QString());
        QCOMPARE(load()->settings.integer(u"PORT"_s), 2);
    }

    void readsEveryShapeOfFlag()
    {
        const auto loaded = load({u"--port=9"_s, u"--host"_s, u"::1"_s, u"--allow-anonymous"_s,
                                  u"--no-validate-input"_s, u"--schema-cache=off"_s,
                                  u"--prometheus"_s, u"false"_s, u"--include-tools"_s, u"a*,b"_s,
                                  u"--service-name="_s, u"--tool-timeout"_s, u"250ms"_s});
        QVERIFY2(loaded.ok(), loaded ? "" : qPrintable(problemsText(loaded.error())));
        const Settings &settings = loaded->settings;
        QCOMPARE(settings.integer(u"PORT"_s), 9);
        QCOMPARE(settings.text(u"HOST"_s), u"::1"_s);
        QVERIFY(settings.boolean(u"BRIDGE_ALLOW_ANONYMOUS"_s));
        QVERIFY(!settings.boolean(u"MCP_VALIDATE_INPUT"_s));
        QVERIFY(!settings.boolean(u"ENABLE_SCHEMA_CACHE"_s));
        QVERIFY(!settings.boolean(u"PROMETHEUS_ENABLED"_s));
        QCOMPARE(settings.list(u"INCLUDE_TOOLS"_s), (QStringList{u"a*"_s, u"b"_s}));
        QCOMPARE(settings.text(u"SERVICE_NAME"_s), QString());
        QCOMPARE(settings.seconds(u"MCP_TOOL_TIMEOUT_SECONDS"_s), std::chrono::milliseconds(250));
    }

    void keepsTheCommandBehindTheDashesAsItIs()
    {
        m_environment.insert(u"MCP_SERVER_COMMAND"_s, u"other"_s);
        const auto loaded = load({u"--port"_s, u"9"_s, u"--"_s, u"npx"_s, u"-y"_s, u"a b"_s,
                                  u"--port"_s, u"--"_s, u"--help"_s});
        QVERIFY(loaded.ok());
        QVERIFY(!loaded->help);
        QCOMPARE(loaded->serverCommand,
                 (QStringList{u"npx"_s, u"-y"_s, u"a b"_s, u"--port"_s, u"--"_s, u"--help"_s}));
        QCOMPARE(loaded->notices.size(), 1);
    }

    void reportsAllProblemsTogether()
    {
        write(u"c.json"_s,
              R"({"mcpServers":{"a":1},"bridge":{"PROT":1,"LOG_LEVEL":"loud","WORKERS":2,
                  "MCP_ENV_A":1}})");
        write(u".env"_s, "broken\nMAX_TOTAL_SESSIONS=0\n");
        m_environment.insert(u"PORT"_s, u"abc"_s);
        m_environment.insert(u"MCP_VALIDATE_INPUT"_s, u"perhaps"_s);
        m_environment.insert(u"MCP_RUN_ON_START"_s, u"a"_s);
        m_environment.insert(u"MCP_RUN_ON_START_INHERIT_ENVIRONMENT"_s, u"b"_s);
        QCOMPARE(places({u"--config=c.json"_s, u"--prot"_s, u"1"_s, u"stray"_s, u"--host"_s}),
                 (QStringList{u"--host"_s, u"--prot"_s, u".env: MAX_TOTAL_SESSIONS"_s,
                              u".env: line 1"_s, u"MCP_RUN_ON_START"_s,
                              u"environment MCP_VALIDATE_INPUT"_s, u"environment PORT"_s,
                              u"file: bridge.LOG_LEVEL"_s, u"file: bridge.MCP_ENV_A"_s,
                              u"file: bridge.PROT"_s, u"file: mcpServers.a"_s, u"stray"_s}));
    }

    void printsEveryProblemWithItsPlace()
    {
        m_environment.insert(u"PORT"_s, u"70000"_s);
        const auto loaded = load({u"--prot=1"_s});
        QCOMPARE(loaded.error().code, ErrorCode::InvalidConfig);
        QCOMPARE(problemsText(loaded.error()),
                 u"The settings have 2 problems.\n"
                 "  environment PORT: \"70000\" is not allowed; use a whole number from 0 to "
                 "65535.\n"
                 "  --prot: is no option. Did you mean --port? --help lists them all.\n"_s);
    }

    void aStrongerLayerDoesNotHideAProblem()
    {
        m_environment.insert(u"PORT"_s, u"abc"_s);
        QCOMPARE(places({u"--port=1"_s}), QStringList{u"environment PORT"_s});
    }

    void wantsAValueForAFlag()
    {
        QCOMPARE(places({u"--port"_s, u"--host"_s, u"x"_s}), QStringList{u"--port"_s});
        QCOMPARE(places({u"--port"_s}), QStringList{u"--port"_s});
        QCOMPARE(places({u"--port="_s}), QStringList{u"--port"_s});
        QCOMPARE(places({u"--no-validate-input=1"_s}), QStringList{u"--no-validate-input"_s});
        QCOMPARE(places({u"--no-port"_s}), QStringList{u"--no-port"_s});
        QCOMPARE(places({u"--"_s}), QStringList{u"--"_s});
    }

    void readsTheFile()
    {
        write(u"sub.json"_s,
              "\xef\xbb\xbf{ '$other': {'mcpServers': {'x': {}}},\n"
              "'mcpServers': {'zeta': {'command': 'a', 'env': {'q': 'mcpServers'}},\n"
              "  'alpha \\'\\u0041': {'url': 'b'}, 'mid': {'args': ['k', {'n': 1}]}},\n"
              "'bridge': {'EXCLUDE_TOOLS': ['a', 'b'], 'MCP_ENV_A': 'b', 'PROMPTS_DIR': 'p',\n"
              "  'TOOL_OUTPUT_SCHEMAS': {'t': {'type': 'object'}}, 'HTTPS_ENABLED': true}}"_ba
                  .replace('\'', '"'));
        m_environment.insert(u"BRIDGE_CONFIG"_s, u"sub.json"_s);
        const auto loaded = load();
        QVERIFY2(loaded.ok(), loaded ? "" : qPrintable(problemsText(loaded.error())));
        QCOMPARE(loaded->serverNames, (QStringList{u"zeta"_s, u"alpha \"A"_s, u"mid"_s}));
        QCOMPARE(loaded->mcpServers.size(), 3);
        QCOMPARE(loaded->settings.list(u"EXCLUDE_TOOLS"_s), (QStringList{u"a"_s, u"b"_s}));
        QCOMPARE(loaded->settings.family(u"MCP_ENV_"_s).value(u"A"_s), u"b"_s);
        QCOMPARE(loaded->settings.text(u"PROMPTS_DIR"_s), m_dir->filePath(u"p"_s));
        QVERIFY(loaded->settings.boolean(u"HTTPS_ENABLED"_s));
        QVERIFY(loaded->settings.json(u"TOOL_OUTPUT_SCHEMAS"_s).isObject());
    }

    void findsTheNameOfTheFileInTheEnvFileToo()
    {
        write(u"c.json"_s, R"({"bridge":{"PORT":1}})");
        write(u".env"_s, "BRIDGE_CONFIG=c.json\n");
        QCOMPARE(load()->settings.integer(u"PORT"_s), 1);
        QCOMPARE(load({u"--no-env-file"_s})->settings.integer(u"PORT"_s), 8000);
    }

    void refusesKeysNobodyKnowsAtTheTop_data()
    {
        QTest::addColumn<QByteArray>("key");
        QTest::addColumn<QString>("hint");
        QTest::newRow("other programs' word") << "servers"_ba << u"Did you mean mcpServers?"_s;
        QTest::newRow("letter case") << "mcpservers"_ba << u"Did you mean mcpServers?"_s;
        QTest::newRow("typo") << "brigde"_ba << u"Did you mean bridge?"_s;
        QTest::newRow("anything") << "zzzzzz"_ba << u"There are mcpServers and bridge."_s;
    }

    void refusesKeysNobodyKnowsAtTheTop()
    {
        QFETCH(QByteArray, key);
        QFETCH(QString, hint);
        write(u"c.json"_s, "{\"" + key + "\":{\"a\":{\"command\":\"x\"}}}");
        const auto loaded = load({u"--config"_s, u"c.json"_s});
        QVERIFY(!loaded.ok());
        QCOMPARE(loaded.error().code, ErrorCode::InvalidConfig);
        QCOMPARE(problemsText(loaded.error()),
                 u"The settings have a problem (file: %1).\n  file: %2: is no key here. %3\n"_s.arg(
                     m_dir->filePath(u"c.json"_s), QString::fromLatin1(key), hint));
    }

    void leavesDesktopProgramsTheirKeys()
    {
        write(u"c.json"_s, R"({"$schema":"x","_why":1,"globalShortcut":"Alt+A","bridge":{},
                              "mcpServers":{"a":{"command":"x"}}})");
        const auto loaded = load({u"--config"_s, u"c.json"_s});
        QVERIFY(loaded.ok());
        QCOMPARE(loaded->notices.size(), 1);
        QVERIFY(loaded->notices.first().contains("globalShortcut"_L1));
    }

    void tellsWhenTheFileDecidesNothingAboutTheServers_data()
    {
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<QStringList>("command");
        QTest::addColumn<QString>("notice");
        const QByteArray one = R"({"mcpServers":{"a":{"command":"x"}}})";
        QTest::newRow("no servers") << "{}"_ba << QStringList() << u"the embedded demo server"_s;
        QTest::newRow("an empty list")
            << R"({"mcpServers":{}})"_ba << QStringList() << u"the embedded demo server"_s;
        QTest::newRow("settings for one server")
            << R"({"bridge":{"PORT":1}})"_ba << QStringList{u"--"_s, u"cat"_s} << QString();
        QTest::newRow("servers") << one << QStringList() << QString();
        QTest::newRow("servers and a command")
            << one << QStringList{u"--"_s, u"cat"_s} << u"are not served"_s;
        QTest::newRow("servers and a remote one")
            << one << QStringList{u"--remote-server"_s, u"http://x/mcp"_s} << u"are not served"_s;
    }

    void tellsWhenTheFileDecidesNothingAboutTheServers()
    {
        QFETCH(QByteArray, content);
        QFETCH(QStringList, command);
        QFETCH(QString, notice);
        write(u"c.json"_s, content);
        const auto loaded = load(QStringList{u"--config"_s, u"c.json"_s} + command);
        QVERIFY(loaded.ok());
        QCOMPARE(loaded->notices.size(), notice.isEmpty() ? 0 : 1);
        QVERIFY(notice.isEmpty() || loaded->notices.first().contains(notice));
        QVERIFY(notice.isEmpty() || loaded->notices.first().contains("c.json"_L1));
    }

    void isSilentAboutTheDemoWithoutAFile()
    {
        const auto loaded = load();
        QVERIFY(loaded.ok());
        QVERIFY(loaded->notices.isEmpty());
    }

    void saysWhereTheFileIsBroken_data()
    {
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<QString>("place");
        QTest::newRow("syntax") << QByteArray("{\n  \"bridge\": }") << u"file: line 2, column 13"_s;
        QTest::newRow("array") << QByteArray("[]") << u"file: line 1, column 1"_s;
        QTest::newRow("empty") << QByteArray() << u"file: line 1, column 1"_s;
        QTest::newRow("bridge") << QByteArray(R"({"bridge":[]})") << u"file: bridge"_s;
        QTest::newRow("servers") << QByteArray(R"({"mcpServers":[]})") << u"file: mcpServers"_s;
    }

    void saysWhereTheFileIsBroken()
    {
        QFETCH(QByteArray, content);
        QFETCH(QString, place);
        write(u"c.json"_s, content);
        QCOMPARE(places({u"--config"_s, u"c.json"_s}), QStringList{place});
    }

    void refusesAFileThatCannotBeRead()
    {
        QCOMPARE(places({u"--config"_s, u"missing.json"_s}), QStringList{u"--config"_s});
        QCOMPARE(places({u"--config"_s, u"."_s}), QStringList{u"--config"_s});
        const auto refused = load({u"--config"_s, u"missing.json"_s});
        QVERIFY(!refused.error().problems.first().message.contains(m_dir->path()));
    }

    void knowsOtherNamesOfASetting()
    {
        m_environment.insert(u"MCP_SESSION_MANAGER"_s, u"InMemorySessionManager"_s);
        m_environment.insert(u"SESSION_MANAGER_TYPE"_s, u"memory"_s);
        QCOMPARE(load()->settings.text(u"SESSION_MANAGER_TYPE"_s), u"memory"_s);
        m_environment.insert(u"REQUEST_TIMEOUT"_s, u"5"_s);
        m_environment.insert(u"REQUEST_TIMEOUT_SECONDS"_s, u"6"_s);
        QCOMPARE(places(), QStringList{u"environment REQUEST_TIMEOUT_SECONDS"_s});
    }

    void collectsFamiliesLayerByLayer()
    {
        write(u".env"_s, "MCP_ENV_A=1\nMCP_ENV_B=2\n");
        m_environment.insert(u"MCP_ENV_B"_s, u"3"_s);
        m_environment.insert(u"MCP_ENV_EMPTY"_s, QString());
        const auto family = load()->settings.family(u"MCP_ENV_"_s);
        QCOMPARE(family, (QMap<QString, QString>{
                             {u"A"_s, u"1"_s}, {u"B"_s, u"3"_s}, {u"EMPTY"_s, QString()}}));
    }

    void readsSecretsFromFiles()
    {
        write(u"token"_s, "  hunter2222\n");
        m_environment.insert(u"API_TOKEN_FILE"_s, u"token"_s);
        QCOMPARE(load({}, secretTable())->settings.text(u"API_TOKEN"_s), u"hunter2222"_s);
        m_environment.remove(u"API_TOKEN_FILE"_s);
        QCOMPARE(load({u"--api-token-file=token"_s}, secretTable())->settings.text(u"API_TOKEN"_s),
                 u"hunter2222"_s);
        write(u"c.json"_s, R"({"bridge":{"OLD_TOKEN_FILE":"token"}})");
        QCOMPARE(load({u"--config=c.json"_s}, secretTable())->settings.text(u"API_TOKEN"_s),
                 u"hunter2222"_s);
    }

    void refusesSecretsThatCannotBeReadOrDiffer()
    {
        write(u"empty"_s, " \n");
        m_environment.insert(u"API_TOKEN_FILE"_s, u"missing"_s);
        QCOMPARE(places({u"--api-token-file=empty"_s}, secretTable()),
                 (QStringList{u"--api-token-file"_s, u"environment API_TOKEN_FILE"_s}));
        write(u"missing"_s, "one-value");
        m_environment.insert(u"API_TOKEN"_s, u"other-value"_s);
        QCOMPARE(places({}, secretTable()), QStringList{u"environment API_TOKEN_FILE"_s});
    }

    void masksSecretsInDescriptions()
    {
        m_environment.insert(u"API_TOKEN"_s, u"hunter2222"_s);
        m_environment.insert(u"MCP_ENV_DB_PASSWORD"_s, u"hunter3333"_s);
        m_environment.insert(u"MCP_ENV_URL"_s, u"redis://u:hunter4444@h"_s);
        m_environment.insert(u"PLACE"_s, u"x"_s);
        const Settings settings = load({}, secretTable())->settings;
        const QByteArray text = QJsonDocument(describe(settings)).toJson();
        QVERIFY2(!text.contains("hunter"), text.data());
        QCOMPARE(text.count("[REDACTED]"), 3);
        QVERIFY(text.contains("environment"));
        QCOMPARE(settings.secretValues(), (QStringList{u"hunter2222"_s, u"hunter3333"_s}));
    }

    void resolvesPathsAgainstTheirOrigin()
    {
        QVERIFY(QDir(m_dir->path()).mkdir(u"sub"_s));
        write(u"sub/c.json"_s, R"({"bridge":{"PLACE":"x"}})");
        QCOMPARE(load({u"--config=sub/c.json"_s}, secretTable())->settings.text(u"PLACE"_s),
                 m_dir->filePath(u"sub/x"_s));
        QCOMPARE(load({u"--place=x"_s}, secretTable())->settings.text(u"PLACE"_s),
                 m_dir->filePath(u"x"_s));
        QCOMPARE(load({u"--place=/x"_s}, secretTable())->settings.text(u"PLACE"_s), u"/x"_s);
    }

    void saysWhatHasNoEffect()
    {
        m_environment.insert(u"WORKERS"_s, u"4"_s);
        m_environment.insert(u"MCP_TOOL_TIMOUT_SECONDS"_s, u"4"_s);
        m_environment.insert(u"HOME"_s, u"/x"_s);
        const auto loaded = load({u"--cors-origins=*"_s, u"--cors-allow-credentials"_s});
        QVERIFY(loaded.ok());
        QCOMPARE(loaded->notices.size(), 3);
        QVERIFY(loaded->notices.join(u' ').contains("environment WORKERS has no effect"_L1));
        QVERIFY(loaded->notices.join(u' ').contains("mean MCP_TOOL_TIMEOUT_SECONDS?"_L1));
    }

    void wantsADefaultServerThatExists()
    {
        write(u"c.json"_s, R"({"mcpServers":{"memory":{"command":"x"}}})");
        QVERIFY(load({u"--config=c.json"_s, u"--default-server=memory"_s}).ok());
        QCOMPARE(places({u"--config=c.json"_s, u"--default-server=memroy"_s}),
                 QStringList{u"MCP_DEFAULT_SERVER"_s});
        const auto loaded = load({u"--config=c.json"_s, u"--default-server=memroy"_s});
        QCOMPARE(loaded.error().problems.first().message,
                 u"names \"memroy\", which is no server of mcpServers in the file. Did you mean "
                 "memory? There are: memory."_s);
        QCOMPARE(load({u"--default-server=a"_s}).error().problems.first().message,
                 u"names \"a\", but no file gives mcpServers; name one with --config."_s);
    }

    void helpReadsNothingElse()
    {
        m_environment.insert(u"PORT"_s, u"abc"_s);
        QVERIFY(load({u"--help"_s, u"--nonsense"_s})->help);
        QVERIFY(load({u"-h"_s})->help);
        QVERIFY(load({u"--version"_s})->version);
    }

    void tellsWhatAReloadChanged()
    {
        const Settings before = load()->settings;
        m_environment.insert(u"MCP_ENV_A"_s, u"1"_s);
        const Settings after = load({u"--port=1"_s})->settings;
        QCOMPARE(after.differences(before), (QStringList{u"PORT"_s, u"MCP_ENV_A"_s}));
        QVERIFY(before.differences(before).isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestLoader)
#include "tst_loader.moc"
