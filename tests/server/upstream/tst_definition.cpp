// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/loader.h"
#include "server/upstream/definition.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::upstream;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

/// JSON written with single quotes: moc of Qt 6.4 loses its way in raw strings.
QByteArray quotes(QByteArray text)
{
    return text.replace('\'', '"');
}

config::Loaded loadedWith(const QByteArray &servers, QStringList order = {})
{
    config::Loaded loaded;
    loaded.mcpServers = QJsonDocument::fromJson(servers).object();
    loaded.serverNames = order.isEmpty() ? loaded.mcpServers.keys() : order;
    loaded.configFile = u"/etc/bridge/config.json"_s;
    return loaded;
}

} // namespace

class DefinitionTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void theEmbeddedDemoIsTheDefault()
    {
        const auto definitions = definitionsFrom(config::Settings());
        QCOMPARE(definitions->size(), 1);
        QVERIFY(definitions->first().embedded);
        QCOMPARE(definitions->first().name, u"default"_s);
        QCOMPARE(definitions->first().command,
                 (QStringList{QCoreApplication::applicationFilePath(), u"demo-server"_s}));
    }

    void argumentsWinOverCommandOverFile()
    {
        config::Loaded loaded = loadedWith(quotes("{'a':{'command':'x'}}"));
        QCOMPARE(definitionsFrom(loaded)->first().name, u"a"_s);
        loaded.settings.set(u"MCP_SERVER_COMMAND"_s, u"py 'a b' {user_id}"_s,
                            config::Source::Environment);
        QCOMPARE(definitionsFrom(loaded)->first().command,
                 (QStringList{u"py"_s, u"a b"_s, u"{user_id}"_s}));
        loaded.serverCommand = {u"npx"_s, u"-y"_s};
        QCOMPARE(definitionsFrom(loaded)->first().command, (QStringList{u"npx"_s, u"-y"_s}));
        QCOMPARE(definitionsFrom(loaded)->size(), 1);
    }

    void mistypedPlaceholdersAreProblems_data()
    {
        QTest::addColumn<QByteArray>("entry");
        QTest::addColumn<QString>("place");
        QTest::addColumn<QString>("message");
        QTest::newRow("variable") << "{'command':'x','env':{'DB':'/d/{datapath}.db'}}"_ba
                                  << u"file: mcpServers.a.env.DB"_s
                                  << u"{datapath} is no placeholder. Did you mean {data_path}?"_s;
        QTest::newRow("argument") << "{'command':'x','args':['--user','{ USER_ID }']}"_ba
                                  << u"file: mcpServers.a.args"_s
                                  << u"{USER_ID} is no placeholder. Did you mean {user_id}?"_s;
        QTest::newRow("program") << "{'command':'/opt/{group-id}/x'}"_ba
                                 << u"file: mcpServers.a.command"_s
                                 << u"{group-id} is no placeholder. Did you mean {group_id}?"_s;
        QTest::newRow("folder") << "{'command':'x','cwd':'/d/{data_pth}'}"_ba
                                << u"file: mcpServers.a.cwd"_s
                                << u"{data_pth} is no placeholder. Did you mean {data_path}?"_s;
    }

    void mistypedPlaceholdersAreProblems()
    {
        QFETCH(QByteArray, entry);
        QFETCH(QString, place);
        QFETCH(QString, message);
        const auto definitions = definitionsFrom(loadedWith(quotes("{'a':" + entry + "}")));
        QVERIFY(!definitions);
        QCOMPARE(definitions.error().problems.size(), 1);
        QCOMPARE(definitions.error().problems.first().path, place);
        QCOMPARE(definitions.error().problems.first().message, message);
    }

    void mistypedPlaceholdersInSettingsAreProblems()
    {
        config::Loaded loaded;
        loaded.settings.setFamilyValue(u"MCP_ENV_"_s, u"DB"_s, u"/d/{datapath}.db"_s);
        loaded.settings.set(u"MCP_SERVER_COMMAND"_s, u"py {userid}"_s, config::Source::Environment);
        auto definitions = definitionsFrom(loaded);
        QVERIFY(!definitions);
        QCOMPARE(definitions.error().problems.size(), 2);
        QCOMPARE(definitions.error().problems.at(0).path, u"MCP_ENV_DB"_s);
        QCOMPARE(definitions.error().problems.at(1).path, u"MCP_SERVER_COMMAND"_s);
        loaded.mcpServers = QJsonDocument::fromJson(quotes("{'a':{'command':'x'}}")).object();
        loaded.serverNames = {u"a"_s};
        loaded.settings.set(u"MCP_SERVER_COMMAND"_s, QString(), config::Source::Environment);
        definitions = definitionsFrom(loaded);
        QVERIFY(!definitions);
        QCOMPARE(definitions.error().problems.first().path, u"MCP_ENV_DB"_s);
    }

    void otherBracesStayAsTheyAre()
    {
        const QByteArray entry = quotes(
            "{'a':{'command':'sh','args':['-c','echo ${DATA_PATH} {} {user} {name} {data_path}',"
            "'awk {print}'],'env':{'J':'{\\'userid\\':1}','D':'{{data_path}}'}}}");
        const auto definitions = definitionsFrom(loadedWith(entry));
        QVERIFY(definitions.ok());
        QVERIFY(definitions->first().needsIdentity());
    }

    void settingsReachTheDefinition()
    {
        config::Settings settings;
        settings.set(u"MCP_CHILD_MAX_MEMORY_MB"_s, 512, config::Source::Environment);
        settings.set(u"MCP_MAP_HEADER_TO_INPUT"_s, QJsonArray{u"a=X-A"_s},
                     config::Source::Environment);
        settings.set(u"ENABLE_SCHEMA_CACHE"_s, false, config::Source::Environment);
        settings.setFamilyValue(u"MCP_ENV_"_s, u"DB"_s, u"/d/{data_path}.db"_s);
        const ServerDefinition definition = definitionsFrom(settings)->first();
        QCOMPARE(definition.limits.memoryMb, 512);
        QCOMPARE(definition.headerMappings.first().header, "X-A"_ba);
        QCOMPARE(definition.cacheTtl, 0ms);
        QCOMPARE(definition.environment.value(u"DB"_s), u"/d/{data_path}.db"_s);
        QVERIFY(definition.needsIdentity());
        QCOMPARE(definition.startTimeout, 30s);
    }

    void readsTheEcosystemsShape()
    {
        config::Loaded loaded = loadedWith(
            quotes(
                "{'zeta':{'command':'npx','args':['-y','server'],'env':{'A':'1','B':2},'cwd':'"
                "data','disabledTools':['rm','un*'],'timeout':5,'requestTimeout':2,'autoApprove':[]"
                "},'alpha':{'type':'"
                "stdio','command':'py','disabled':true,'include':['a*'],'exclude':'b, "
                "c','effectTools':['d'],'warmPoolSize':7,'reuse':true,'headerMap':{'user':'X-User'"
                "},'limits':{'memoryMb':64,'lifetimeSeconds':1.5}}}"),
            {u"zeta"_s, u"alpha"_s});
        loaded.settings.set(u"MCP_DEFAULT_SERVER"_s, u"alpha"_s, config::Source::File);
        const auto definitions = definitionsFrom(loaded);
        QVERIFY2(definitions.ok(), definitions.ok() ? "" : qPrintable(definitions.error().message));
        const ServerDefinition &zeta = definitions->at(0);
        QCOMPARE(zeta.name, u"zeta"_s);
        QCOMPARE(zeta.command, (QStringList{u"npx"_s, u"-y"_s, u"server"_s}));
        QCOMPARE(zeta.environment.value(u"B"_s), u"2"_s);
        QCOMPARE(zeta.workingDirectory, u"/etc/bridge/data"_s);
        QCOMPARE(zeta.toolTimeout, 5s);
        QCOMPARE(zeta.requestTimeout, 2s);
        QVERIFY(zeta.hidden.matches(u"rm"_s) && zeta.hidden.matches(u"undo"_s));
        QVERIFY(!zeta.hidden.matches(u"rmdir"_s));
        QVERIFY(!zeta.isDefault);
        const ServerDefinition &alpha = definitions->at(1);
        QVERIFY(alpha.disabled && alpha.reuse && alpha.isDefault);
        QVERIFY(alpha.include.matches(u"abc"_s) && alpha.exclude.matches(u"c"_s));
        QVERIFY(alpha.effect.matches(u"d"_s));
        QCOMPARE(alpha.warmPoolSize, 7);
        QCOMPARE(alpha.headerMappings.first().property, u"user"_s);
        QCOMPARE(alpha.limits.memoryMb, 64);
        QCOMPARE(alpha.limits.lifetime, 1500ms);
    }

    void mistypedKeysAreProblems_data()
    {
        QTest::addColumn<QByteArray>("entry");
        QTest::addColumn<QString>("place");
        QTest::addColumn<QString>("hint");
        const auto row = [](const char *name, const char *entry, const char *place,
                            const char *hint) {
            QTest::newRow(name) << quotes(entry) << QString::fromLatin1(place)
                                << QString::fromLatin1(hint);
        };
        row("unknown", "{'command':'x','bogus':1}", "bogus", "There are command, args, env,");
        row("letter case", "{'command':'x','warmpoolsize':1}", "warmpoolsize",
            "Did you mean warmPoolSize?");
        row("typo", "{'comand':'x','command':'x'}", "comand", "Did you mean command?");
        row("other word", "{'command':'x','enabled':false}", "enabled", "Did you mean disabled?");
        row("limit", "{'command':'x','limits':{'memoryMB':1}}", "limits.memoryMB",
            "Did you mean memoryMb?");
    }

    void mistypedKeysAreProblems()
    {
        QFETCH(QByteArray, entry);
        QFETCH(QString, place);
        QFETCH(QString, hint);
        const auto definitions = definitionsFrom(loadedWith("{\"a\":" + entry + '}'));
        QVERIFY(!definitions.ok());
        QCOMPARE(definitions.error().code, ErrorCode::InvalidConfig);
        QCOMPARE(definitions.error().problems.size(), 1);
        const FieldProblem &problem = definitions.error().problems.first();
        QCOMPARE(problem.path, u"file: mcpServers.a."_s + place);
        QVERIFY2(problem.message.contains(hint), qPrintable(problem.message));
        QCOMPARE(definitions.error().message,
                 u"The settings have a problem (file: /etc/bridge/config.json)."_s);
    }

    void keysOfOtherProgramsAreAccepted()
    {
        const auto definitions = definitionsFrom(loadedWith(quotes(
            "{'a':{'command':'x','description':'d','autoApprove':['t'],'alwaysAllow':[],'name':'n'"
            ",'disabledTools':[],'timeout':9,'cwd':'/','env':{},'_note':1,'$x':2,'//':'c'}}")));
        QVERIFY2(definitions.ok(), definitions.ok() ? "" : qPrintable(definitions.error().message));
    }

    void allProblemsAreToldTogether()
    {
        const auto definitions = definitionsFrom(loadedWith(quotes(
            "{'remote':{'url':'ftp://example.com/mcp'},'a "
            "b':{'command':'x'},'c':{'args':'no'},'d':{'command':'x','timeout':-1,'reuse':1,'"
            "env':{'A':{}}},'e__f':{'command':'x'},'g':{'type':'http','command':'x'}}")));
        QVERIFY(!definitions.ok());
        QCOMPARE(definitions.error().code, ErrorCode::InvalidConfig);
        QStringList places;
        for (const FieldProblem &problem : definitions.error().problems)
            places.append(problem.path);
        places.sort();
        QCOMPARE(places,
                 (QStringList{u"file: mcpServers.a b"_s, u"file: mcpServers.c.args"_s,
                              u"file: mcpServers.c.command"_s, u"file: mcpServers.d.env.A"_s,
                              u"file: mcpServers.d.reuse"_s, u"file: mcpServers.d.timeout"_s,
                              u"file: mcpServers.e__f"_s, u"file: mcpServers.g.type"_s,
                              u"file: mcpServers.remote.url"_s}));
    }
};

QTEST_GUILESS_MAIN(DefinitionTest)
#include "tst_definition.moc"
