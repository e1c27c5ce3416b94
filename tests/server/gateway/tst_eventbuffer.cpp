// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/eventbuffer.h"

#include <QtTest/QtTest>

using namespace bridge::gateway;
using namespace Qt::StringLiterals;

class TestEventBuffer : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void givesEveryEventAnIdOfItsOwn();
    void replaysOnlyTheSameStream();
    void forgetsTheOldestBeyondTheCount();
    void forgetsTheOldestBeyondTheBytes();
    void keepsNoEventThatIsTooLarge();
    void sharesACapWithOtherSessions();
    void sharesASmallerCapWithSessionsOfItsOwner();
    void readsOnlyItsOwnIds();
};

namespace {

QByteArrayList dataAfter(const EventBuffer &buffer, const QByteArray &id)
{
    QByteArrayList all;
    for (const EventBuffer::Event &event : buffer.after(*EventBuffer::placeOf(id)))
        all.append(event.data);
    return all;
}

} // namespace

void TestEventBuffer::givesEveryEventAnIdOfItsOwn()
{
    EventBuffer buffer;
    const QByteArrayList ids{buffer.append(1, "a"), buffer.append(2, "b"), buffer.mark(1),
                             buffer.append(1, "c")};
    QCOMPARE(QSet<QByteArray>(ids.begin(), ids.end()).size(), 4);
    QVERIFY(buffer.knows(*EventBuffer::placeOf(ids[3])));
    QVERIFY(!buffer.knows(*EventBuffer::placeOf("1-5")));
    QVERIFY(!buffer.knows(*EventBuffer::placeOf("1-0")));
}

void TestEventBuffer::replaysOnlyTheSameStream()
{
    EventBuffer buffer;
    const QByteArray first = buffer.append(1, "a");
    buffer.append(2, "b");
    buffer.append(1, "c");
    buffer.append(1, "d");
    QCOMPARE(dataAfter(buffer, first), QByteArrayList({"c", "d"}));
}

void TestEventBuffer::forgetsTheOldestBeyondTheCount()
{
    EventBuffer buffer({2, 1000, 1000});
    const QByteArray first = buffer.append(1, "a");
    buffer.append(1, "b");
    buffer.append(1, "c");
    buffer.append(1, "d");
    QCOMPARE(buffer.count(), 2);
    QCOMPARE(dataAfter(buffer, first), QByteArrayList({"c", "d"}));
}

void TestEventBuffer::forgetsTheOldestBeyondTheBytes()
{
    EventBuffer buffer({100, 10, 1000});
    const QByteArray mark = buffer.mark(1);
    buffer.append(1, "123456");
    buffer.append(1, "7890");
    QCOMPARE(buffer.bytes(), 10);
    buffer.append(1, "x");
    QCOMPARE(dataAfter(buffer, mark), QByteArrayList({"7890", "x"}));
}

void TestEventBuffer::keepsNoEventThatIsTooLarge()
{
    EventBuffer buffer({100, 4, 1000});
    const QByteArray mark = buffer.mark(1);
    buffer.append(1, "ab");
    QVERIFY(!buffer.append(1, "12345").isEmpty());
    QCOMPARE(dataAfter(buffer, mark), QByteArrayList({"ab"}));
}

void TestEventBuffer::sharesACapWithOtherSessions()
{
    auto total = std::make_shared<qint64>(0);
    EventBuffer buffer({100, 100, 10}, total);
    {
        EventBuffer other({100, 100, 10}, total);
        other.append(1, "12345678");
        buffer.append(1, "abc");
        QCOMPARE(buffer.count(), 0);
        QCOMPARE(*total, 8);
    }
    QCOMPARE(*total, 0);
    buffer.append(1, "abc");
    QCOMPARE(buffer.count(), 1);
}

void TestEventBuffer::sharesASmallerCapWithSessionsOfItsOwner()
{
    const auto total = std::make_shared<qint64>(0);
    const auto hers = std::make_shared<qint64>(0);
    const BufferLimits limits{100, 100, 10, 4};
    auto one = std::make_unique<EventBuffer>(limits, total, hers);
    EventBuffer two(limits, total, hers);
    EventBuffer his(limits, total, std::make_shared<qint64>(0));
    one->append(1, "aaa");
    two.append(1, "bb");
    QCOMPARE(two.count(), 0); // five bytes of hers would be too many
    his.append(1, "cccc");
    QCOMPARE(his.count(), 1);
    QCOMPARE(*hers, 3);
    QCOMPARE(*total, 7);
    one.reset();
    two.append(1, "bb");
    QCOMPARE(two.count(), 1);
    QCOMPARE(*hers, 2);
}

void TestEventBuffer::readsOnlyItsOwnIds()
{
    for (const char *id :
         {"", "-", "1", "1-", "-1", "1-x", "01-1", "1-1-1", "1 - 1", "99999999999-1", "-1-1"})
        QVERIFY2(!EventBuffer::placeOf(id), id);
    QCOMPARE(EventBuffer::placeOf("7-12")->stream, 7u);
    QCOMPARE(EventBuffer::placeOf("7-12")->serial, 12u);
}

QTEST_GUILESS_MAIN(TestEventBuffer)
#include "tst_eventbuffer.moc"
