// SPDX-License-Identifier: GPL-3.0-or-later
// Answers of servers of one era to clients of the other, and of older revisions.
#include "backstage.h"
#include "schemacheck.h"

#include <QtTest/QtTest>

using namespace gatewaytest;

namespace {

QJsonObject call(const QString &tool, const QJsonObject &arguments = {})
{
    return {{"name"_L1, tool}, {"arguments"_L1, arguments}};
}

} // namespace

class ErasTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void resultsCrossTheEras_data();
    void resultsCrossTheEras();
    void oldClientsGetTextForWhatTheyDoNotKnow();
    void missingResourcesHaveTheCodeOfTheRevision_data();
    void missingResourcesHaveTheCodeOfTheRevision();
};

void ErasTest::resultsCrossTheEras_data()
{
    QTest::addColumn<bool>("isServerModern");
    QTest::addColumn<bool>("isClientModern");
    for (const bool server : {false, true}) {
        for (const bool client : {false, true})
            QTest::addRow("%s to %s", server ? "modern" : "legacy", client ? "modern" : "legacy")
                << server << client;
    }
}

void ErasTest::resultsCrossTheEras()
{
    QFETCH(bool, isServerModern);
    QFETCH(bool, isClientModern);
    Theatre theatre({{u"one"_s, isServerModern}});
    theatre.profile = isClientModern ? modern() : legacy();
    const QString revision = theatre.profile.revision;
    Got got;
    theatre.send(got, theatre.request(u"tools/call"_s, call(u"rich"_s)));
    QTRY_VERIFY(got.isThere());
    QCOMPARE(got.json().contains("resultType"_L1), isClientModern);
    QVERIFY(isValid(got.raw(), revision, u"CallToolResult"_s));
    theatre.send(got, theatre.request(u"resources/read"_s, {{"uri"_L1, "test://same"_L1}}));
    QTRY_VERIFY(got.isThere());
    QCOMPARE(got.json().contains("ttlMs"_L1), isClientModern);
    QVERIFY(isValid(got.raw(), revision, u"ReadResourceResult"_s));
    theatre.send(got, theatre.request(u"prompts/get"_s, {{"name"_L1, "greet"_L1}}));
    QTRY_VERIFY(got.isThere());
    QVERIFY(isValid(got.raw(), revision, u"GetPromptResult"_s));
}

void ErasTest::oldClientsGetTextForWhatTheyDoNotKnow()
{
    Theatre theatre({{u"one"_s}});
    Got got;
    theatre.profile = legacy(u"2024-11-05"_s);
    theatre.send(got, theatre.request(u"tools/call"_s, call(u"rich"_s)));
    QTRY_VERIFY(got.isThere());
    const QJsonArray content = got.json()["content"_L1].toArray();
    QCOMPARE(content.size(), 2);
    for (const QJsonValue &block : content)
        QCOMPARE(block["type"_L1].toString(), u"text"_s);
    // Some clients check it against the output schema although their revision has neither.
    QVERIFY(got.json()["structuredContent"_L1].isObject());
    QVERIFY(isValid(got.raw(), u"2024-11-05"_s, u"CallToolResult"_s));
}

void ErasTest::missingResourcesHaveTheCodeOfTheRevision_data()
{
    resultsCrossTheEras_data();
}

void ErasTest::missingResourcesHaveTheCodeOfTheRevision()
{
    QFETCH(bool, isServerModern);
    QFETCH(bool, isClientModern);
    Theatre theatre({{u"one"_s, isServerModern}});
    theatre.profile = isClientModern ? modern() : legacy();
    Got got;
    theatre.send(got, theatre.request(u"resources/read"_s, {{"uri"_L1, "test://missing"_L1}}));
    QTRY_COMPARE(got.code(), isClientModern ? -32602 : -32002);
}

QTEST_GUILESS_MAIN(ErasTest)
#include "tst_eras.moc"
