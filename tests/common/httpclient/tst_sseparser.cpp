// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/httpclient/sseparser.h"

#include <QtTest/QtTest>

using namespace bridge::httpclient;
using namespace Qt::StringLiterals;

class tst_SseParser : public QObject
{
    Q_OBJECT

    static QStringList read(const QByteArray &text, qsizetype piece)
    {
        SseParser parser;
        QStringList out;
        for (qsizetype at = 0; at < text.size(); at += piece) {
            for (const SseEvent &event : parser.feed(text.mid(at, piece)))
                out.append(QString::fromUtf8(event.type + '|' + event.data + '|' + event.lastId));
        }
        return out;
    }

private Q_SLOTS:
    void readsTheSameWhereverPiecesEnd_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QStringList>("events");
        const auto row = [](const char *name, const QByteArray &text, const QStringList &events) {
            QTest::newRow(name) << text << events;
        };
        row("plain", "data: a\n\n", {u"|a|"_s});
        row("carriage returns", "data: a\r\rdata: b\r\r", {u"|a|"_s, u"|b|"_s});
        row("both", "data: a\r\n\r\ndata: b\r\n\r\n", {u"|a|"_s, u"|b|"_s});
        row("byte order mark",
            "\xEF\xBB\xBF"
            "data: a\n\n",
            {u"|a|"_s});
        row("several lines", "data: a\ndata:\ndata:  b\n\n", {u"|a\n\n b|"_s});
        row("type and id", "event: endpoint\nid: 7\ndata: /x\n\ndata: y\n\n",
            {u"endpoint|/x|7"_s, u"|y|7"_s});
        row("comments", ": ping\n\n:\ndata: a\n: b\n\n", {u"|a|"_s});
        row("unknown fields", "foo: 1\ndata\nbar\ndata: a\n\n", {u"|\na|"_s});
        row("id alone", "id: 3\n\ndata: a\n\n", {u"|a|3"_s});
        row("priming event", "id: 3\ndata:\n\ndata: a\n\n", {u"|a|3"_s});
        row("id taken back", "id: 3\ndata: a\n\nid\ndata: b\n\n", {u"|a|3"_s, u"|b|"_s});
        row("unfinished", "data: a\n\ndata: b\n", {u"|a|"_s});
        row("utf-8", "data: caf\xC3\xA9 \xE4\xB8\x96\n\n", {u"|café 世|"_s});
        row("no space", "data:a:b\n\n", {u"|a:b|"_s});
    }
    void readsTheSameWhereverPiecesEnd()
    {
        QFETCH(QByteArray, text);
        QFETCH(QStringList, events);
        for (qsizetype piece = 1; piece <= text.size(); ++piece)
            QCOMPARE(read(text, piece), events);
    }

    void anIdWithANulIsIgnored()
    {
        SseParser parser;
        (void)parser.feed("id: 1\n\n");
        (void)parser.feed(QByteArrayView("id: a\0b\n\n", 9));
        QCOMPARE(parser.lastId(), "1"_ba);
    }

    void tellsTheRetryTimeWhenItIsANumber()
    {
        SseParser parser;
        QVERIFY(!parser.retry());
        (void)parser.feed("retry: 5x\n");
        QVERIFY(!parser.retry());
        (void)parser.feed("retry: 1500\n");
        QCOMPARE(parser.retry().value(), 1500);
    }

    void anEventBeyondTheLimitStopsTheReading()
    {
        SseParser parser(10);
        QCOMPARE(parser.feed("data: 1234\n\n").size(), 1);
        QCOMPARE(parser.feed("data: 123\ndata: 456\ndata: 789\n\n").size(), 0);
        QVERIFY(parser.overflowed());
        QCOMPARE(parser.feed("data: 1\n\n").size(), 0);
    }
};

QTEST_GUILESS_MAIN(tst_SseParser)
#include "tst_sseparser.moc"
