// SPDX-License-Identifier: GPL-3.0-or-later
// What many servers offer as one list, and servers that are slow or dead.
#include "backstage.h"
#include "schemacheck.h"
#include "server/gateway/listings.h"

#include <QtTest/QtTest>

using namespace gatewaytest;

namespace {

QStringList namesIn(const Got &got, const QString &member, const QString &key = u"name"_s)
{
    QStringList names;
    const QJsonArray items = got.json()[member].toArray();
    for (const QJsonValue &item : items)
        names.append(item[key].toString());
    return names;
}

} // namespace

class ListingsTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void oneServerKeepsItsNames();
    void manyServersShareOneList();
    void aSlowServerNeitherDelaysNorEmptiesTheList();
    void aDeadServerIsNamed();
    void modernListingsCarryCacheHints();
    void capabilitiesAndVersionsAreMerged();
    void resourcesOfTheSameUriAreToldApart();
};

void ListingsTest::oneServerKeepsItsNames()
{
    Theatre theatre({{u"one"_s}});
    Got got;
    theatre.send(got, theatre.request(u"tools/list"_s));
    QTRY_VERIFY(got.isThere());
    QVERIFY(namesIn(got, u"tools"_s).contains(u"count"_s));
    QCOMPARE(got.json().keys(), QStringList{u"tools"_s});
    QVERIFY(isValid(got.raw(), u"2025-11-25"_s, u"ListToolsResult"_s));
}

void ListingsTest::manyServersShareOneList()
{
    Theatre theatre({{u"one"_s}, {u"two"_s, true}});
    Got got;
    theatre.send(got, theatre.request(u"tools/list"_s));
    QTRY_VERIFY(got.isThere());
    const QStringList names = namesIn(got, u"tools"_s);
    QCOMPARE(names.size(), 22);
    QCOMPARE(names.first(), u"one__count"_s);
    QVERIFY(names.contains(u"two__count"_s));
    auto alone = theatre.request(u"tools/list"_s);
    alone.server = u"two"_s;
    theatre.send(got, alone);
    QTRY_VERIFY(got.isThere());
    QCOMPARE(namesIn(got, u"tools"_s).first(), u"count"_s);
}

void ListingsTest::aSlowServerNeitherDelaysNorEmptiesTheList()
{
    gateway::DispatcherOptions options;
    options.listPatience = 50ms;
    Theatre theatre({{u"slow"_s, false, false, true}, {u"two"_s}}, options);
    Got got;
    theatre.send(got, theatre.request(u"tools/list"_s));
    QTRY_VERIFY(got.isThere());
    QCOMPARE(namesIn(got, u"tools"_s).first(), u"two__count"_s);
    const QJsonObject degraded = got.json()["_meta"_L1][gateway::kMetaDegraded].toObject();
    QCOMPARE(degraded.keys(), QStringList{u"slow"_s});
    QVERIFY(isValid(got.raw(), u"2025-11-25"_s, u"ListToolsResult"_s));
}

void ListingsTest::aDeadServerIsNamed()
{
    Theatre theatre({{u"one"_s}, {u"dead"_s, false, true}});
    Got got;
    theatre.profile = modern();
    theatre.send(got, theatre.request(u"tools/list"_s));
    QTRY_VERIFY(got.isThere());
    const QJsonObject meta = got.json()["_meta"_L1].toObject();
    QCOMPARE(meta[gateway::kMetaDegraded]["dead"_L1].toString(), u"upstream_start_failed"_s);
    QCOMPARE(got.json()["ttlMs"_L1].toInt(-1), 0);
    auto alone = theatre.request(u"tools/list"_s);
    alone.server = u"dead"_s;
    theatre.send(got, alone);
    QTRY_COMPARE(got.code(), -32603);
}

void ListingsTest::modernListingsCarryCacheHints()
{
    Theatre theatre({{u"one"_s}, {u"two"_s, true}});
    theatre.profile = modern();
    Got got;
    const QList<std::pair<QString, QString>> all{
        {u"tools/list"_s, u"ListToolsResult"_s},
        {u"prompts/list"_s, u"ListPromptsResult"_s},
        {u"resources/list"_s, u"ListResourcesResult"_s},
        {u"resources/templates/list"_s, u"ListResourceTemplatesResult"_s}};
    for (const auto &[method, schema] : all) {
        theatre.send(got, theatre.request(method));
        QTRY_VERIFY(got.isThere());
        QCOMPARE(got.json()["resultType"_L1].toString(), u"complete"_s);
        QVERIFY(got.json()["ttlMs"_L1].toInt() > 0);
        QCOMPARE(got.json()["cacheScope"_L1].toString(), u"public"_s);
        QVERIFY(isValid(got.raw(), u"2026-07-28"_s, schema));
    }
}

void ListingsTest::capabilitiesAndVersionsAreMerged()
{
    Theatre theatre({{u"one"_s}, {u"two"_s, true}});
    Got got;
    theatre.profile = modern();
    theatre.send(got, theatre.request(u"server/discover"_s));
    QTRY_VERIFY(got.isThere());
    QCOMPARE(got.json()["supportedVersions"_L1].toArray().size(), 5);
    QVERIFY(got.json()["capabilities"_L1]["tools"_L1]["listChanged"_L1].toBool());
    QVERIFY(isValid(got.raw(), u"2026-07-28"_s, u"DiscoverResult"_s));
    for (const auto revision :
         {"2024-11-05"_L1, "2025-03-26"_L1, "2025-06-18"_L1, "2025-11-25"_L1}) {
        theatre.profile = legacy(revision);
        auto request = theatre.request(u"initialize"_s);
        request.state = theatre.makeState({}, revision);
        theatre.send(got, request);
        QTRY_VERIFY(got.isThere());
        QCOMPARE(got.json()["protocolVersion"_L1].toString(), revision);
        QVERIFY(got.json()["instructions"_L1].toString().contains(u"one: Use one."_s));
        QVERIFY(isValid(got.raw(), revision, u"InitializeResult"_s));
    }
}

void ListingsTest::resourcesOfTheSameUriAreToldApart()
{
    Theatre theatre({{u"one"_s}, {u"two"_s, true}});
    Got got;
    theatre.send(got, theatre.request(u"resources/list"_s));
    QTRY_VERIFY(got.isThere());
    QCOMPARE(namesIn(got, u"resources"_s, u"uri"_s),
             (QStringList{u"test://same"_s, u"test://one"_s, u"bridge://two/test://same"_s,
                          u"test://two"_s}));
    const QList<std::pair<QString, QString>> owners{{u"test://same"_s, u"one"_s},
                                                    {u"bridge://two/test://same"_s, u"two"_s},
                                                    {u"bridge://one/test://same"_s, u"one"_s},
                                                    {u"test://two"_s, u"two"_s},
                                                    {u"two://5"_s, u"two"_s}};
    for (const auto &[uri, owner] : owners) {
        theatre.send(got, theatre.request(u"resources/read"_s, {{"uri"_L1, uri}}));
        QTRY_VERIFY(got.isThere());
        QCOMPARE(got.json()["contents"_L1][0]["text"_L1].toString(), owner);
        QCOMPARE(got.json()["contents"_L1][0]["uri"_L1].toString(), uri);
    }
    theatre.send(got, theatre.request(u"resources/read"_s, {{"uri"_L1, "nobody://x"_L1}}));
    QTRY_COMPARE(got.code(), -32002);
}

QTEST_GUILESS_MAIN(ListingsTest)
#include "tst_listings.moc"
