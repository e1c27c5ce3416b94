// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/jsonrpc/lineframer.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::jsonrpc;
using namespace Qt::StringLiterals;

namespace {

const QByteArray kNote = R"({"jsonrpc":"2.0","method":"n"})"_ba;

int messages(const QList<LineFramer::Line> &lines)
{
    int count = 0;
    for (const auto &line : lines)
        count += line ? int(line->size()) : 0;
    return count;
}

int errors(const QList<LineFramer::Line> &lines)
{
    return int(std::count_if(lines.begin(), lines.end(), [](const auto &line) { return !line; }));
}

} // namespace

class tst_LineFramer : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void splitsAtEveryPossiblePlace()
    {
        const QByteArray all = kNote + '\n' + kNote + "\r\n\n  \n" + kNote + '\n';
        for (int cut = 0; cut <= all.size(); ++cut) {
            LineFramer framer;
            QList<LineFramer::Line> lines = framer.feed(all.left(cut));
            lines += framer.feed(all.mid(cut));
            QCOMPARE(messages(lines), 3);
            QCOMPARE(errors(lines), 0);
            QCOMPARE(framer.buffered(), 0);
        }
    }

    void takesBytesOneByOne()
    {
        LineFramer framer;
        int got = 0;
        const QByteArray all = kNote + "\r\n" + kNote + '\n';
        for (char c : all)
            got += messages(framer.feed(QByteArray(1, c)));
        QCOMPARE(got, 2);
    }

    void aBadLineIsOneErrorAndTheNextIsRead()
    {
        LineFramer framer;
        const auto lines =
            framer.feed("Starting server...\n" + kNote + "\n\xff\xfe\n" + kNote + '\n');
        QCOMPARE(lines.size(), 4);
        QVERIFY(!lines.at(0));
        QVERIFY(lines.at(1).ok());
        QVERIFY(!lines.at(2));
        QCOMPARE(lines.at(2).error().code, ErrorCode::UpstreamFailed);
        QVERIFY(lines.at(3).ok());
    }

    void aBatchIsOneLineOfSeveralMessages()
    {
        LineFramer framer;
        const auto lines = framer.feed('[' + kNote + ',' + kNote + "]\n");
        QCOMPARE(lines.size(), 1);
        QCOMPARE(messages(lines), 2);
    }

    void aLineOverTheCapIsReportedOnceAndSkipped()
    {
        LineFramer framer(100);
        int failures = 0;
        for (int i = 0; i < 50; ++i) {
            failures += errors(framer.feed(QByteArray(30, 'x')));
            QVERIFY(framer.buffered() <= 130);
        }
        QCOMPARE(failures, 1);
        const auto lines = framer.feed("xx\n" + kNote + '\n');
        QCOMPARE(lines.size(), 1);
        QVERIFY(lines.at(0).ok());
    }

    void aWholeLineOverTheCapIsAnErrorToo()
    {
        LineFramer framer(100);
        const auto lines = framer.feed(QByteArray(101, ' ') + '\n' + kNote + '\n');
        QCOMPARE(lines.size(), 2);
        QCOMPARE(lines.at(0).error().code, ErrorCode::PayloadTooLarge);
        QVERIFY(lines.at(1).ok());
    }

    void aLineOfExactlyTheCapIsFine()
    {
        LineFramer framer(kNote.size());
        QCOMPARE(messages(framer.feed(kNote + '\n')), 1);
    }

    void theEndCompletesTheLastLine()
    {
        LineFramer framer;
        QCOMPARE(framer.feed(kNote).size(), 0);
        QCOMPARE(messages(framer.finish()), 1);
        QCOMPARE(framer.finish().size(), 0);
    }
};

QTEST_GUILESS_MAIN(tst_LineFramer)
#include "tst_lineframer.moc"
