// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/http/body.h"

#include <QtCore/QJsonArray>
#include <QtTest/QTest>

using namespace Qt::StringLiterals;
using namespace bridge::http;

class TestBody : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void readsAnObjectOrNothing_data()
    {
        QTest::addColumn<QByteArray>("type");
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<QJsonObject>("expected");
        const QJsonObject one{{u"a"_s, 1}};
        QTest::newRow("missing") << QByteArray() << QByteArray() << QJsonObject();
        QTest::newRow("blank") << "application/json"_ba
                               << " \r\n"_ba << QJsonObject();
        QTest::newRow("null") << "application/json"_ba
                              << "null"_ba << QJsonObject();
        QTest::newRow("empty of another type") << "text/plain"_ba << QByteArray() << QJsonObject();
        QTest::newRow("no type") << QByteArray() << "{\"a\":1}"_ba << one;
        QTest::newRow("json") << "application/json"_ba
                              << "{\"a\":1}"_ba << one;
        QTest::newRow("charset") << "Application/JSON; charset=utf-8"_ba
                                 << "{\"a\":1}"_ba << one;
        QTest::newRow("suffix") << "application/mcp+json"_ba
                                << " {\"a\":1} "_ba << one;
        QTest::newRow("128 levels")
            << QByteArray() << "{\"a\":" + QByteArray(127, '[') + QByteArray(127, ']') + "}"
            << QJsonObject();
    }

    void readsAnObjectOrNothing()
    {
        QFETCH(QByteArray, type);
        QFETCH(QByteArray, body);
        QFETCH(QJsonObject, expected);
        Request request;
        if (!type.isEmpty())
            request.headers.append({"Content-Type"_ba, type});
        request.body = body;
        const auto outcome = jsonObjectBody(request);
        QVERIFY2(outcome.ok(), outcome ? "" : qPrintable(outcome.error().message));
        if (body.size() < 200)
            QCOMPARE(*outcome, expected);
        else
            QVERIFY(outcome->contains("a"_L1));
    }

    void refusesEverythingElse_data()
    {
        QTest::addColumn<QByteArray>("type");
        QTest::addColumn<QByteArray>("body");
        const auto row = [](const char *name, const QByteArray &body,
                            const QByteArray &type = "application/json") {
            QTest::newRow(name) << type << body;
        };
        row("array", "[1]");
        row("number", "5");
        row("string", "\"x\"");
        row("truncated", "{\"a\":");
        row("trailing text", "{} x");
        row("single quotes", "{'a':1}");
        row("form", "a=1", "application/x-www-form-urlencoded");
        row("JSON called text", "{}", "text/plain");
        row("broken UTF-8", "{\"a\":\"\xff\"}");
        row("UTF-16", QByteArray("\xff\xfe{\0}\0", 6));
        row("NUL byte", QByteArray("{\"a\":\"\0\"}", 9));
        row("NUL after", QByteArray("{}\0", 3));
        row("duplicate keys", "{\"a\":1,\"a\":2}");
        row("duplicate keys by escape", "{\"a\":1,\"\\u0061\":2}");
        row("too deep", "{\"a\":" + QByteArray(1000, '[') + QByteArray(1000, ']') + "}");
    }

    void refusesEverythingElse()
    {
        QFETCH(QByteArray, type);
        QFETCH(QByteArray, body);
        Request request;
        request.headers = {{"Content-Type"_ba, type}};
        request.body = body;
        const auto outcome = jsonObjectBody(request);
        QVERIFY(!outcome);
        QCOMPARE(outcome.error().code, bridge::ErrorCode::InvalidBody);
        QCOMPARE(bridge::httpStatus(outcome.error()), 422);
        const QJsonObject first = outcome.error().detail.toArray().first().toObject();
        QVERIFY(!first[u"type"_s].toString().isEmpty());
        QCOMPARE(first[u"loc"_s].toArray().first().toString(), u"body"_s);
        QVERIFY(!first[u"msg"_s].toString().isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestBody)
#include "tst_body.moc"
