// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/mcp/pipechannel_unix.h"

#include <QtTest/QSignalSpy>
#include <QtTest/QTest>

#include <array>
#include <fcntl.h>
#include <unistd.h>

using namespace bridge::mcp;

namespace {

/// The other ends of the channel's two pipes, non-blocking.
struct Peer {
    int readEnd = -1;  ///< gets what the channel writes
    int writeEnd = -1; ///< the channel reads from it
    std::unique_ptr<PipeChannel> channel;

    Peer()
    {
        int out[2];
        int in[2];
        if (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(in, O_CLOEXEC) != 0)
            qFatal("no pipes");
        readEnd = out[0];
        writeEnd = in[1];
        ::fcntl(readEnd, F_SETFL, O_NONBLOCK);
        channel = std::make_unique<PipeChannel>(in[0], out[1]);
    }
    ~Peer()
    {
        closeRead();
        closeWrite();
    }
    void closeRead()
    {
        if (readEnd >= 0)
            ::close(std::exchange(readEnd, -1));
    }
    void closeWrite()
    {
        if (writeEnd >= 0)
            ::close(std::exchange(writeEnd, -1));
    }
    void put(const QByteArray &bytes) const
    {
        QCOMPARE(::write(writeEnd, bytes.constData(), std::size_t(bytes.size())), bytes.size());
    }
    /// What is there now; \a ended tells whether there will be no more.
    QByteArray take(bool *ended = nullptr) const
    {
        QByteArray all;
        std::array<char, 4096> buffer;
        for (;;) {
            const ssize_t got = ::read(readEnd, buffer.data(), buffer.size());
            if (ended)
                *ended = got == 0;
            if (got <= 0)
                return all;
            all.append(buffer.data(), got);
        }
    }
};

} // namespace

class tst_PipeChannel : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void writesAtOnceWhatFits()
    {
        const Peer peer;
        QVERIFY(peer.channel->write("hello\n"));
        QCOMPARE(peer.take(), "hello\n"); // no turn of the event loop in between
        QCOMPARE(peer.channel->bytesToWrite(), 0);
    }

    void keepsWhatDoesNotFitInOrder()
    {
        const Peer peer;
        QByteArray sent;
        for (int i = 0; i < 40; ++i) {
            const QByteArray part(10'000, char('a' + i % 26));
            sent += part;
            QVERIFY(peer.channel->write(part));
        }
        QVERIFY(peer.channel->bytesToWrite() > 0);
        QByteArray got = peer.take();
        QCOMPARE(got.size() + peer.channel->bytesToWrite(), sent.size());
        QTRY_VERIFY((got += peer.take()).size() == sent.size());
        QCOMPARE(got, sent);
        QCOMPARE(peer.channel->bytesToWrite(), 0);
    }

    void closesTheOutputWhenAllIsWritten()
    {
        const Peer peer;
        const QByteArray sent(200'000, 'x');
        peer.channel->write(sent);
        peer.channel->closeOutput();
        peer.channel->write("too late");
        bool ended = false;
        QByteArray got;
        QTRY_VERIFY((got += peer.take(&ended), ended));
        QCOMPARE(got, sent);
    }

    void tellsWhatArrives()
    {
        const Peer peer;
        QByteArrayList got;
        connect(peer.channel.get(), &ByteChannel::readyRead, this,
                [&] { got.append(peer.channel->read()); });
        peer.put("one");
        QTRY_COMPARE(got, QByteArrayList({"one"}));
        peer.put("two");
        QTRY_COMPARE(got, QByteArrayList({"one", "two"}));
        QCOMPARE(peer.channel->read(), "");
    }

    void readsABoundedAmountAndGoesOn()
    {
        const Peer peer;
        QByteArray got;
        QList<qsizetype> parts;
        connect(peer.channel.get(), &ByteChannel::readyRead, this, [&] {
            const QByteArray part = peer.channel->read();
            parts.append(part.size());
            got += part;
        });
        ::fcntl(peer.writeEnd, F_SETPIPE_SZ, 1 << 20);
        peer.put(QByteArray(200'000, 'x'));
        QTRY_COMPARE(got.size(), 200'000);
        QVERIFY(parts.size() >= 3);
    }

    void tellsTheEndOnceAfterEverythingWasRead()
    {
        Peer peer;
        QByteArray got;
        QSignalSpy ended(peer.channel.get(), &ByteChannel::inputEnded);
        connect(peer.channel.get(), &ByteChannel::readyRead, this, [&] {
            QCOMPARE(ended.size(), 0);
            got += peer.channel->read();
        });
        peer.put("last words");
        peer.closeWrite();
        QTRY_COMPARE(ended.size(), 1);
        QCOMPARE(got, "last words");
        QTest::qWait(20);
        QCOMPARE(ended.size(), 1);
        QCOMPARE(peer.channel->read(), "");
    }

    void aBrokenPipeLeavesTheOtherDirection()
    {
        Peer peer;
        peer.closeRead();
        QVERIFY(peer.channel->write("nobody reads this"));
        QVERIFY(peer.channel->write("nor this"));
        QCOMPARE(peer.channel->bytesToWrite(), 0);
        peer.put("still here");
        QCOMPARE(peer.channel->read(), "still here");
    }

    void aPipeThatBreaksWithBytesWaitingForgetsThem()
    {
        Peer peer;
        peer.channel->write(QByteArray(300'000, 'x'));
        QVERIFY(peer.channel->bytesToWrite() > 0);
        peer.closeRead();
        QTRY_COMPARE(peer.channel->bytesToWrite(), 0);
    }

    void mayBeDeletedInsideItsOwnSignal()
    {
        Peer peer;
        bool told = false;
        connect(peer.channel.get(), &ByteChannel::readyRead, this, [&] {
            told = true;
            peer.channel->read();
            peer.channel.release()->deleteLater();
        });
        peer.put("x");
        QTRY_VERIFY(told);
    }
};

QTEST_GUILESS_MAIN(tst_PipeChannel)
#include "tst_pipechannel.moc"
