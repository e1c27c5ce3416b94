// SPDX-License-Identifier: GPL-3.0-or-later
// What clients hear of while a call runs: progress and log messages.
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

class NoticesTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void progressCarriesTheClientsToken();
    void logIsFilteredByLevel();
    void modernClientsGetLogOnlyWhenAsked();
};

void NoticesTest::progressCarriesTheClientsToken()
{
    Theatre theatre({{u"one"_s}});
    for (const QJsonValue &token : {QJsonValue(u"mine"_s), QJsonValue(42)}) {
        Got got;
        QJsonObject params = call(u"progress"_s);
        params.insert("_meta"_L1, QJsonObject{{"progressToken"_L1, token}});
        theatre.send(got, theatre.request(u"tools/call"_s, params));
        QTRY_VERIFY(got.isThere());
        QCOMPARE(got.audience->notices.size(), 3);
        QCOMPARE(got.audience->notices.last().method, u"notifications/progress"_s);
        const QJsonObject last = object(got.audience->notices.last().params);
        QCOMPARE(last["progressToken"_L1], token);
        QCOMPARE(last["progress"_L1].toInt(), 3);
        QVERIFY(isValid(got.audience->notices.last().params, u"2025-11-25"_s,
                        u"ProgressNotificationParams"_s));
    }
    Got got;
    theatre.send(got, theatre.request(u"tools/call"_s, call(u"progress"_s)));
    QTRY_VERIFY(got.isThere());
    QVERIFY(got.audience->notices.isEmpty());
}

void NoticesTest::logIsFilteredByLevel()
{
    Theatre theatre({{u"one"_s}});
    const auto state = theatre.makeState();
    Got got;
    auto level = theatre.request(u"logging/setLevel"_s, {{"level"_L1, "error"_L1}});
    level.state = state;
    theatre.send(got, level);
    QTRY_COMPARE(got.raw(), "{}"_ba);
    auto request = theatre.request(u"tools/call"_s, call(u"log"_s));
    request.state = state;
    theatre.send(got, request);
    QTRY_COMPARE(got.text(), u"done"_s);
    QCOMPARE(got.audience->notices.size(), 1);
    QCOMPARE(theatre.stats(u"one"_s).levels, QStringList{u"error"_s});
    level.message.params = R"({"level":"loud"})"_ba;
    theatre.send(got, level);
    QTRY_COMPARE(got.code(), -32602);
}

void NoticesTest::modernClientsGetLogOnlyWhenAsked()
{
    Theatre theatre({{u"one"_s}});
    theatre.profile = modern();
    Got got;
    theatre.send(got, theatre.request(u"tools/call"_s, call(u"log"_s)));
    QTRY_VERIFY(got.isThere());
    QVERIFY(got.audience->notices.isEmpty());
    theatre.profile.logLevel = u"info"_s;
    theatre.send(got, theatre.request(u"tools/call"_s, call(u"log"_s)));
    QTRY_VERIFY(got.isThere());
    QCOMPARE(got.audience->notices.size(), 3);
    theatre.profile.logLevel = u"loud"_s;
    theatre.send(got, theatre.request(u"tools/call"_s, call(u"log"_s)));
    QTRY_COMPARE(got.code(), -32602);
}

QTEST_GUILESS_MAIN(NoticesTest)
#include "tst_notices.moc"
