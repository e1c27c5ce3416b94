// SPDX-License-Identifier: GPL-3.0-or-later
// What becomes of servers when the definitions are replaced.
#include "server/upstream/registry.h"

#include <QtCore/QPointer>
#include <QtTest/QSignalSpy>
#include <QtTest/QTest>

using namespace Qt::StringLiterals;
using namespace bridge::upstream;

Q_DECLARE_METATYPE(bridge::upstream::ServerDefinition)

namespace {

ServerDefinition named(const QString &name, const QString &program = u"cat"_s)
{
    ServerDefinition definition;
    definition.name = name;
    definition.command = {program};
    return definition;
}

} // namespace

class TestRegistry : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void sortsServersByWhatBecomesOfThem()
    {
        Registry registry({named(u"a"_s), named(u"b"_s), named(u"c"_s)}, 0);
        const QPointer<Server> stays = registry.find(u"a"_s);
        const QPointer<Server> changes = registry.find(u"b"_s);
        QList<std::pair<QString, bool>> retired;
        QStringList added;
        connect(&registry, &Registry::serverRetired, this, [&](Server *server, bool gone) {
            retired.append({server->definition().name, gone});
        });
        connect(&registry, &Registry::serverAdded, this,
                [&](Server *server) { added.append(server->definition().name); });
        const Registry::Changes changed =
            registry.replace({named(u"d"_s), named(u"b"_s, u"tac"_s), named(u"a"_s)}, 0);
        QCOMPARE(changed.added, QStringList{u"d"_s});
        QCOMPARE(changed.changed, QStringList{u"b"_s});
        QCOMPARE(changed.removed, QStringList{u"c"_s});
        QCOMPARE(changed.unchanged, QStringList{u"a"_s});
        QCOMPARE(retired, (QList<std::pair<QString, bool>>{{u"b"_s, false}, {u"c"_s, true}}));
        QCOMPARE(added, (QStringList{u"d"_s, u"b"_s}));
        QCOMPARE(registry.find(u"a"_s), stays.data());
        QVERIFY(registry.find(u"b"_s) != changes);
        QCOMPARE(registry.servers().constFirst()->definition().name, u"d"_s);
        QCOMPARE(registry.defaultServer()->definition().name, u"d"_s);
    }

    void notesEveryKindOfDifference_data()
    {
        QTest::addColumn<ServerDefinition>("other");
        const auto row = [](const char *name, auto change) {
            ServerDefinition definition = named(u"a"_s);
            change(definition);
            QTest::newRow(name) << definition;
        };
        row("command", [](auto &d) { d.command.append(u"-u"_s); });
        row("environment", [](auto &d) { d.environment.insert(u"A"_s, u"b"_s); });
        row("disabled", [](auto &d) { d.disabled = true; });
        row("exclude", [](auto &d) { d.exclude = bridge::config::GlobList::parse(u"x*"_s); });
        row("limits", [](auto &d) { d.limits.cpuSeconds = 1; });
        row("mapping", [](auto &d) { d.headerMappings = {{u"a"_s, "B"}}; });
        row("schemas", [](auto &d) { d.outputSchemas = {{u"t"_s, true}}; });
        row("remote", [](auto &d) { d.remote.emplace(); });
        row("time", [](auto &d) { d.toolTimeout = std::chrono::seconds(1); });
    }
    void notesEveryKindOfDifference()
    {
        QFETCH(ServerDefinition, other);
        Registry registry({named(u"a"_s)}, 0);
        QCOMPARE(registry.compare({other}).changed, QStringList{u"a"_s});
        QCOMPARE(registry.compare({named(u"a"_s)}).unchanged, QStringList{u"a"_s});
    }

    void anotherDefaultChangesNoServer()
    {
        Registry registry({named(u"a"_s), named(u"b"_s)}, 0);
        ServerDefinition wanted = named(u"b"_s);
        wanted.isDefault = true;
        const Registry::Changes changes = registry.replace({named(u"a"_s), wanted}, 0);
        QCOMPARE(changes.unchanged, (QStringList{u"a"_s, u"b"_s}));
        QCOMPARE(registry.defaultServer()->definition().name, u"b"_s);
        registry.replace({named(u"a"_s), named(u"b"_s)}, 0);
        QCOMPARE(registry.defaultServer()->definition().name, u"a"_s);
    }

    void aDisabledServerIsGone()
    {
        Registry registry({named(u"a"_s)}, 0);
        QSignalSpy retired(&registry, &Registry::serverRetired);
        ServerDefinition off = named(u"a"_s);
        off.disabled = true;
        registry.replace({off}, 0);
        QCOMPARE(retired.size(), 1);
        QCOMPARE(retired[0][1].toBool(), true);
    }

    void aReplacedServerGoesWithItsName()
    {
        Registry registry({named(u"a"_s)}, 0);
        const QPointer<Server> first = registry.find(u"a"_s);
        const ServerPin pin = first->pin();
        registry.replace({named(u"a"_s, u"tac"_s)}, 0);
        QVERIFY(!first->isGone());
        QList<std::pair<Server *, bool>> retired;
        connect(&registry, &Registry::serverRetired, this, [&](Server *server, bool gone) {
            retired.append({server, gone});
        });
        Server *second = registry.find(u"a"_s);
        registry.replace({}, 0);
        QCOMPARE(retired, (QList<std::pair<Server *, bool>>{{first, true}, {second, true}}));
        QVERIFY(first->isGone());
        registry.replace({}, 0);
        QCOMPARE(retired.size(), 2);
    }

    void aRetiredServerLivesAsLongAsItIsPinned()
    {
        Registry registry({named(u"a"_s)}, 0);
        const QPointer<Server> old = registry.find(u"a"_s);
        ServerPin pin = old->pin();
        registry.replace({}, 0);
        QVERIFY(old);
        QVERIFY(old->isGone());
        QTest::qWait(1'500);
        QVERIFY(old);
        pin.reset();
        QTRY_VERIFY(!old);
    }

    void retiredServersEndWithTheRegistry()
    {
        QPointer<Server> old;
        ServerPin pin;
        {
            Registry registry({named(u"a"_s)}, 0);
            old = registry.find(u"a"_s);
            pin = old->pin();
            registry.replace({}, 0);
            bool isDown = false;
            registry.shutDown([&isDown] { isDown = true; });
            QTRY_VERIFY(isDown);
        }
        QVERIFY(!old);
    }
};

QTEST_GUILESS_MAIN(TestRegistry)
#include "tst_registry.moc"
