// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/overlays.h"
#include "server/upstream/toolset.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::upstream;
using namespace Qt::StringLiterals;

namespace {

/// JSON written with single quotes: moc of Qt 6.4 loses its way in raw strings.
QByteArray quotes(QByteArray text)
{
    return text.replace('\'', '"');
}

QByteArray named(const QByteArray &name, const QByteArray &more = {})
{
    return "{\"name\":\"" + name + "\"" + more + "}";
}

QStringList names(const ToolSetPtr &set)
{
    QStringList all;
    for (const auto &tool : set->tools())
        all.append(tool->name);
    return all;
}

const QJsonObject kSchema{{u"type"_s, u"object"_s}};
const QJsonObject kOther{{u"type"_s, u"array"_s}};

} // namespace

class ToolSetTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void keepsTheServersOrderAndBytes()
    {
        const QByteArray raw = named("zeta", quotes(",'annotations':{'x':1.0}"));
        const auto set = ToolSet::build({raw, named("alpha"), "{}", "5", named("")}, {});
        QCOMPARE(names(set), (QStringList{u"zeta"_s, u"alpha"_s}));
        QCOMPARE(set->tools().first()->raw, raw);
        QCOMPARE(set->rawCount(), 5);
        QVERIFY(set->find(u"alpha"_s));
        QVERIFY(!set->find(u"beta"_s));
    }

    void appliesThePolicy()
    {
        ServerDefinition definition;
        definition.include = config::GlobList::parse(u"test_*, other"_s);
        definition.exclude = config::GlobList::parse(u" *_secret "_s);
        definition.hidden = config::GlobList::parse(u"test_b"_s);
        definition.effect = config::GlobList::parse(u"other"_s);
        const auto set = ToolSet::build(
            {named("test_a"), named("test_b"), named("test_secret"), named("other"), named("more")},
            definition);
        QCOMPARE(names(set), (QStringList{u"test_a"_s, u"other"_s}));
        QVERIFY(set->find(u"other"_s)->isEffect);
        QVERIFY(!set->find(u"test_a"_s)->isEffect);
    }

    void prunesMappedProperties()
    {
        ServerDefinition definition;
        definition.headerMappings = {{u"user"_s, "X-User"_ba}, {u"team"_s, "X-Team"_ba}};
        const QByteArray both = quotes(",'inputSchema':{'type':'object','properties':{'user':{},'"
                                       "team':{}},'required':['user']}");
        const QByteArray none = quotes(",'inputSchema':{'type':'object','properties':{}}");
        const auto set = ToolSet::build({named("both", both), named("none", none)}, definition);
        QCOMPARE(set->find(u"both"_s)->inputSchema, QJsonObject());
        QCOMPARE(set->find(u"both"_s)->mappings.size(), 2);
        QVERIFY(!set->find(u"none"_s)->inputSchema.isEmpty());
        QVERIFY(set->find(u"none"_s)->mappings.isEmpty());
    }

    void aBrokenSchemaLeavesTheToolCallable()
    {
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"has a broken input schema"_s));
        const auto set = ToolSet::build(
            {named("odd", quotes(",'inputSchema':{'type':'object','$ref':'#/nowhere'}"))}, {});
        const auto tool = set->find(u"odd"_s);
        QVERIFY(tool);
        QVERIFY(!tool->input);
        QVERIFY(!tool->inputSchemaError.isEmpty());
    }

    void overlaysFillInForMissingOutputSchemas()
    {
        ServerDefinition definition;
        definition.outputSchemas = {{u"list_meetings"_s, kSchema}};
        const auto set = ToolSet::build(
            {named("ListMeeting"), named("list-meeting"),
             named("list_meetings", quotes(",'outputSchema':{'type':'object','title':'own'}"))},
            definition);
        QVERIFY(set->find(u"ListMeeting"_s)->outputSchema.isNull());
        QCOMPARE(set->find(u"list-meeting"_s)->outputSchema, QJsonValue(kSchema));
        QVERIFY(!set->find(u"list-meeting"_s)->output); // results are not validated against it
        QCOMPARE(set->find(u"list_meetings"_s)->outputSchema["title"_L1].toString(), u"own"_s);
        QVERIFY(set->find(u"list_meetings"_s)->output);
    }

    void twoOverlaysOfOneAliasAreNone()
    {
        const QJsonObject different{{u"get_user"_s, kSchema}, {u"get-users"_s, kOther}};
        QCOMPARE(overlayFor(u"get_user"_s, different), QJsonValue(kSchema));
        QVERIFY(overlayFor(u"GET USERS"_s, different).isNull());
        const QJsonObject same{{u"get_user"_s, kSchema}, {u"get-users"_s, kSchema}};
        QCOMPARE(overlayFor(u"GET USERS"_s, same), QJsonValue(kSchema));
    }

    void canonicalNamesAreSingular()
    {
        QCOMPARE(canonicalName(u"List_Categories"_s), u"list-category"_s);
        QCOMPARE(canonicalName(u"get.class.ids"_s), u"get-class-ids"_s);
        QCOMPARE(canonicalName(u"items"_s), u"item"_s);
        QCOMPARE(canonicalName(u"__"_s), QString());
    }

    void overlaysMayBeFiles()
    {
        QTemporaryDir folder;
        const QString good = folder.filePath(u"good.json"_s);
        QFile file(good);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(quotes("{'type':'object'}"));
        file.close();
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"\"gone\".*ignored"_s));
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"\"number\".*ignored"_s));
        const QJsonObject loaded = loadOverlays({{u"file"_s, good},
                                                 {u"gone"_s, folder.filePath(u"none.json"_s)},
                                                 {u"number"_s, 5},
                                                 {u"both"_s, kSchema}},
                                                {{u"both"_s, kOther}, {u"old"_s, kOther}});
        QCOMPARE(loaded,
                 (QJsonObject{{u"file"_s, kSchema}, {u"both"_s, kSchema}, {u"old"_s, kOther}}));
    }
};

QTEST_GUILESS_MAIN(ToolSetTest)
#include "tst_toolset.moc"
