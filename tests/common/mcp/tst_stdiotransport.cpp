// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/jsonrpc/connection.h"
#include "common/mcp/stdiotransport.h"

#include <QtCore/QProcess>
#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::mcp;
using namespace Qt::StringLiterals;

namespace {

const QByteArray kNote = R"({"jsonrpc":"2.0","method":"n"})"_ba;

/// A sequential device whose far end is the test.
class FakePipe : public QIODevice
{
    Q_OBJECT
public:
    FakePipe() { open(ReadWrite | Unbuffered); }
    void arrive(const QByteArray &bytes)
    {
        m_in += bytes;
        Q_EMIT readyRead();
    }
    bool isSequential() const override { return true; }
    qint64 bytesAvailable() const override { return m_in.size() + QIODevice::bytesAvailable(); }
    qint64 bytesToWrite() const override { return stuck ? out.size() : 0; }

    QByteArray out;
    bool stuck = false;

protected:
    qint64 readData(char *data, qint64 size) override
    {
        const qint64 n = std::min<qint64>(size, m_in.size());
        memcpy(data, m_in.constData(), size_t(n));
        m_in.remove(0, n);
        return n;
    }
    qint64 writeData(const char *data, qint64 size) override
    {
        out.append(data, size);
        return size;
    }

private:
    QByteArray m_in;
};

/// What a child leaves behind that never stops writing; for a test that must end, it does.
class EndlessChannel final : public ByteChannel
{
    Q_OBJECT
public:
    QByteArray read() override
    {
        given += part.size();
        return given < 64 * 1024 * 1024 ? part : QByteArray();
    }
    bool hasInput() const override { return false; }
    bool write(const QByteArray &) override { return true; }
    qint64 bytesToWrite() const override { return 0; }
    void closeOutput() override {}
    bool isProcess() const override { return true; }

    const QByteArray part = QByteArray(kNote + '\n').repeated(2'000);
    qsizetype given = 0;
};

jsonrpc::Message note()
{
    jsonrpc::Message m;
    m.method = u"n"_s;
    return m;
}

} // namespace

class tst_StdioTransport : public QObject
{
    Q_OBJECT

    std::unique_ptr<FakePipe> m_pipe;
    std::unique_ptr<StdioTransport> m_transport;
    int m_messages = 0;
    int m_garbage = 0;
    QList<Error> m_closed;

    void watch()
    {
        m_messages = m_garbage = 0;
        m_closed.clear();
        connect(m_transport.get(), &jsonrpc::Transport::messageReceived, this,
                [this] { ++m_messages; });
        connect(m_transport.get(), &jsonrpc::Transport::garbageReceived, this,
                [this] { ++m_garbage; });
        connect(m_transport.get(), &jsonrpc::Transport::closed, this,
                [this](const Error &reason) { m_closed += reason; });
    }

private Q_SLOTS:
    void init()
    {
        m_pipe = std::make_unique<FakePipe>();
        m_transport = std::make_unique<StdioTransport>(m_pipe.get(), 1000);
        watch();
    }
    void cleanup()
    {
        m_transport.reset();
        m_pipe.reset();
    }

    void writesOneLineForEachMessage()
    {
        m_transport->send(note());
        m_transport->send(note());
        QCOMPARE(m_pipe->out, kNote + '\n' + kNote + '\n');
    }

    void readsLinesAndReportsGarbage()
    {
        m_pipe->arrive("banner\n" + kNote + '\n' + kNote.left(5));
        m_pipe->arrive(kNote.mid(5) + "\r\n");
        QCOMPARE(m_messages, 2);
        QCOMPARE(m_garbage, 1);
        QVERIFY(m_transport->isOpen());
    }

    void aLineOverTheCapFailsPendingCallsAndCloses()
    {
        jsonrpc::Connection connection(m_transport.get());
        std::optional<Error> got;
        Call call =
            connection.request(u"m"_s, {}, {}, [&](Result<QByteArray> r) { got = r.error(); });
        for (int i = 0; i < 5; ++i)
            m_pipe->arrive(QByteArray(300, 'x'));
        QVERIFY(got);
        QCOMPARE(got->code, ErrorCode::UpstreamFailed);
        QVERIFY(got->message.contains(u"1000 bytes"_s));
        QCOMPARE(m_closed.size(), 1);
        m_pipe->arrive("x\n" + kNote + '\n');
        QCOMPARE(m_messages, 0);
    }

    void aPeerThatDoesNotReadClosesIt()
    {
        m_pipe->stuck = true;
        m_transport->setMaxQueued(100);
        for (int i = 0; i < 10; ++i)
            m_transport->send(note());
        QVERIFY(!m_transport->isOpen());
        QVERIFY(m_closed.isEmpty()); // never from inside send()
        QTRY_COMPARE(m_closed.size(), 1);
        QCOMPARE(m_closed[0].code, ErrorCode::Overloaded);
        QVERIFY(m_pipe->out.size() <= 100);
    }

    void failDeliversWhatCanStillBeRead()
    {
        m_pipe->arrive(kNote + '\n' + kNote); // the last line without its end
        QCOMPARE(m_messages, 1);
        m_transport->fail(Error(ErrorCode::UpstreamFailed, u"exit status 3"_s));
        QCOMPARE(m_messages, 2);
        QCOMPARE(m_closed.size(), 1);
        QCOMPARE(m_closed[0].message, u"exit status 3"_s);
        m_transport->fail(Error(ErrorCode::UpstreamFailed, u"again"_s));
        QCOMPARE(m_closed.size(), 1);
    }

    void failStopsReadingWhatNeverEnds()
    {
        EndlessChannel channel;
        m_transport = std::make_unique<StdioTransport>(&channel);
        watch();
        m_transport->fail(Error(ErrorCode::UpstreamFailed, u"exit status 0"_s));
        QCOMPARE(m_closed.size(), 1);
        QVERIFY(channel.given >= 1024 * 1024); // a pipe holds that much
        QVERIFY(channel.given < 2 * 1024 * 1024);
    }

    void theEndOfADeviceClosesTheTransport()
    {
        Q_EMIT m_pipe->readChannelFinished();
        QCOMPARE(m_closed.size(), 1);
    }

    void closingIsReportedOnce()
    {
        m_transport->close();
        m_transport->close();
        QVERIFY(m_closed.isEmpty());
        QTRY_COMPARE(m_closed.size(), 1);
        QTest::qWait(1);
        QCOMPARE(m_closed.size(), 1);
        QVERIFY(!m_pipe->isOpen());
    }

    void aReceiverMayDestroyIt_data()
    {
        QTest::addColumn<QByteArray>("first");
        QTest::newRow("message") << kNote;
        QTest::newRow("garbage") << "x"_ba;
        QTest::newRow("closing") << QByteArray(2000, 'x');
    }
    void aReceiverMayDestroyIt()
    {
        QFETCH(QByteArray, first);
        connect(m_transport.get(), &jsonrpc::Transport::messageReceived, this,
                [this] { m_transport.reset(); });
        connect(m_transport.get(), &jsonrpc::Transport::garbageReceived, this,
                [this] { m_transport.reset(); });
        connect(m_transport.get(), &jsonrpc::Transport::closed, this,
                [this] { m_transport.reset(); });
        m_pipe->arrive(first + '\n' + kNote + '\n' + kNote + '\n');
        QVERIFY(!m_transport);
        QVERIFY(m_messages <= 1);
    }

    void talksToAProcess()
    {
        const QString cat = QStandardPaths::findExecutable(u"cat"_s);
        if (cat.isEmpty())
            QSKIP("needs cat");
        QProcess process;
        process.start(cat, {});
        m_transport = std::make_unique<StdioTransport>(&process);
        watch();
        QSignalSpy ended(m_transport.get(), &StdioTransport::outputEnded);
        m_transport->send(note());
        QTRY_COMPARE(m_messages, 1);
        m_transport->close();
        QTRY_COMPARE(process.state(), QProcess::NotRunning);
        QCOMPARE(process.exitCode(), 0);
        QCOMPARE(m_closed.size(), 1);
        QTRY_COMPARE(ended.size(), 1);
        m_transport.reset();
    }
};

QTEST_GUILESS_MAIN(tst_StdioTransport)
#include "tst_stdiotransport.moc"
