// SPDX-License-Identifier: GPL-3.0-or-later
// Arguments that go along as headers (MCP 2026-07-28, x-mcp-header).
#include "common/mcp/httptransport.h"

#include <QtCore/QJsonDocument>
#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::mcp;
using namespace Qt::StringLiterals;

namespace {

/// JSON written with single quotes: moc of Qt 6.4 loses its way in raw strings.
QByteArray quotes(QByteArray text)
{
    return text.replace('\'', '"');
}

} // namespace

class tst_ParameterHeaders : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void headerValuesAreEncodedWhenTheyMustBe_data()
    {
        QTest::addColumn<QString>("value");
        QTest::addColumn<QByteArray>("encoded");
        QTest::newRow("plain") << u"us-west1"_s << "us-west1"_ba;
        QTest::newRow("utf-8") << u"Hello, 世界"_s << "=?base64?SGVsbG8sIOS4lueVjA==?="_ba;
        QTest::newRow("padded") << u" padded "_s << "=?base64?IHBhZGRlZCA=?="_ba;
        QTest::newRow("lines") << u"line1\nline2"_s << "=?base64?bGluZTEKbGluZTI=?="_ba;
        QTest::newRow("sentinel") << u"=?base64?literal?="_s
                                  << "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="_ba;
    }
    void headerValuesAreEncodedWhenTheyMustBe()
    {
        QFETCH(QString, value);
        QFETCH(QByteArray, encoded);
        QCOMPARE(headerEncoded(value), encoded);
    }

    void annotationsThatBreakTheRulesAreRefused_data()
    {
        QTest::addColumn<QByteArray>("schema");
        QTest::addColumn<int>("headers"); // -1 = refused
        const auto row = [](const char *name, const QByteArray &properties, int headers) {
            QTest::newRow(name) << quotes("{'type':'object','properties':{" + properties + "}}")
                                << headers;
        };
        row("nested",
            "'a':{'type':'object','properties':{'b':{'type':'boolean','x-mcp-header':'B'"
            "}}}",
            1);
        row("property of that name", "'x-mcp-header':{'type':'string'}", 0);
        row("empty", "'a':{'type':'string','x-mcp-header':''}", -1);
        row("no token", "'a':{'type':'string','x-mcp-header':'a b'}", -1);
        row("object", "'a':{'type':'object','x-mcp-header':'A'}", -1);
        row("twice",
            "'a':{'type':'string','x-mcp-header':'A'},'b':{'type':'string','x-mcp-header'"
            ":'a'}",
            -1);
        row("in items", "'a':{'type':'array','items':{'type':'string','x-mcp-header':'A'}}", -1);
        row("in anyOf", "'a':{'anyOf':[{'type':'string','x-mcp-header':'A'}]}", -1);
        row("data", "'a':{'type':'object','default':{'x-mcp-header':1}}", 0);
    }
    void annotationsThatBreakTheRulesAreRefused()
    {
        QFETCH(QByteArray, schema);
        QFETCH(int, headers);
        const auto found = parameterHeaders(QJsonDocument::fromJson(schema).object());
        QCOMPARE(found ? int(found->size()) : -1, headers);
    }
};

QTEST_GUILESS_MAIN(tst_ParameterHeaders)
#include "tst_parameterheaders.moc"
