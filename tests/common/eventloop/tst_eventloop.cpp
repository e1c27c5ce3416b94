// SPDX-License-Identifier: GPL-3.0-or-later
// Qt's own classes on our dispatcher, and the traps of epoll: numbers given to another descriptor,
// regular files, what happens to a notifier inside another's signal.
#include "common/eventloop/eventloop.h"

#include <QtCore/QAbstractEventDispatcher>
#include <QtCore/QDeadlineTimer>
#include <QtCore/QElapsedTimer>
#include <QtCore/QEventLoop>
#include <QtCore/QProcess>
#include <QtCore/QSocketNotifier>
#include <QtCore/QTemporaryFile>
#include <QtCore/QThread>
#include <QtCore/QTimer>
#include <QtNetwork/QTcpServer>
#include <QtNetwork/QTcpSocket>
#include <QtTest/QSignalSpy>
#include <QtTest/QTest>

#include <atomic>
#include <fcntl.h>
#include <unistd.h>

using namespace bridge;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

namespace {

struct Pipe {
    int ends[2] = {-1, -1};
    Pipe() { [[maybe_unused]] const int result = ::pipe2(ends, O_CLOEXEC | O_NONBLOCK); }
    ~Pipe() { close(); }
    void put() const { [[maybe_unused]] const ssize_t result = ::write(ends[1], "x", 1); }
    void take() const
    {
        char byte;
        [[maybe_unused]] const ssize_t result = ::read(ends[0], &byte, 1);
    }
    void close()
    {
        for (int &end : ends) {
            if (end >= 0)
                ::close(std::exchange(end, -1));
        }
    }
};

/// One turn that does not wait.
void turn()
{
    QAbstractEventDispatcher::instance()->processEvents(QEventLoop::AllEvents);
}

} // namespace

class tst_EventLoop : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void isTheOneInUse()
    {
        QCOMPARE(QAbstractEventDispatcher::instance()->metaObject()->className(),
                 "bridge::EpollDispatcher");
    }

    void sendsPostedEventsAndQuits()
    {
        QEventLoop loop;
        int ran = 0;
        QMetaObject::invokeMethod(
            this, [&] { ++ran; }, Qt::QueuedConnection);
        QMetaObject::invokeMethod(&loop, &QEventLoop::quit, Qt::QueuedConnection);
        loop.exec();
        QCOMPARE(ran, 1);
    }

    void anotherThreadWakesIt()
    {
        QAbstractEventDispatcher *dispatcher = QAbstractEventDispatcher::instance();
        for (int i = 0; i < 500; ++i) {
            std::atomic<bool> isDone = false;
            const std::unique_ptr<QThread> thread(QThread::create([&] {
                isDone = true;
                dispatcher->wakeUp();
            }));
            thread->start();
            while (!isDone) // would hang when a wake-up got lost
                dispatcher->processEvents(QEventLoop::WaitForMoreEvents);
            thread->wait();
        }
    }

    void anotherThreadMayEndALoopDirectly()
    {
        QEventLoop loop;
        const std::unique_ptr<QThread> thread(QThread::create([&loop] {
            QThread::msleep(5);
            loop.exit(7);
        }));
        thread->start();
        QCOMPARE(loop.exec(), 7);
        thread->wait();
    }

    void aNestedLoopSendsWhatTheOuterOneHasLeft()
    {
        QEventLoop inner;
        int code = -1;
        QTimer::singleShot(3s, &inner, [&inner] { inner.exit(1); });
        QMetaObject::invokeMethod(
            this, [&] { code = inner.exec(); }, Qt::QueuedConnection);
        QMetaObject::invokeMethod(
            &inner, [&inner] { inner.exit(0); }, Qt::QueuedConnection);
        QTRY_VERIFY(code != -1);
        QCOMPARE(code, 0);
    }

    void whatIsPostedBeforeItBlocksIsNotLeft()
    {
        QEventLoop loop;
        QTimer::singleShot(3s, &loop, [&loop] { loop.exit(1); });
        connect(
            QAbstractEventDispatcher::instance(), &QAbstractEventDispatcher::aboutToBlock, &loop,
            [&loop] { QMetaObject::invokeMethod(&loop, &QEventLoop::quit, Qt::QueuedConnection); });
        QCOMPARE(loop.exec(), 0);
    }

    void interruptedItReturnsBeforeItAsksTheDescriptors()
    {
        const Pipe pipe;
        QSocketNotifier notifier(pipe.ends[0], QSocketNotifier::Read);
        QSignalSpy read(&notifier, &QSocketNotifier::activated);
        pipe.put();
        QMetaObject::invokeMethod(
            this, [] { QAbstractEventDispatcher::instance()->interrupt(); }, Qt::QueuedConnection);
        turn();
        QCOMPARE(read.size(), 0);
        turn();
        QCOMPARE(read.size(), 1);
    }

    void timersFireInTimeAndInOrder()
    {
        QStringList order;
        QElapsedTimer clock;
        clock.start();
        QTimer::singleShot(30ms, Qt::PreciseTimer, this, [&] { order.append(u"late"_s); });
        QTimer::singleShot(10ms, Qt::PreciseTimer, this, [&] { order.append(u"early"_s); });
        QTimer::singleShot(0ms, this, [&] { order.append(u"now"_s); });
        QTRY_COMPARE(order, QStringList({u"now"_s, u"early"_s, u"late"_s}));
        QVERIFY(clock.elapsed() >= 30);
    }

    void tellsTheRemainingTime()
    {
        QTimer timer;
        timer.setTimerType(Qt::PreciseTimer);
        timer.start(10s);
        QVERIFY(timer.remainingTime() > 9'000);
        QVERIFY(timer.remainingTime() <= 10'000);
        timer.stop();
        QCOMPARE(timer.remainingTime(), -1);
    }

    void aBusyTimerKeepsNoDescriptorWaiting()
    {
        const Pipe pipe;
        QSocketNotifier notifier(pipe.ends[0], QSocketNotifier::Read);
        QSignalSpy read(&notifier, &QSocketNotifier::activated);
        QTimer busy;
        busy.start(0);
        pipe.put();
        QTRY_VERIFY(!read.isEmpty());
    }

    void tellsAgainWhileThereIsSomethingToRead()
    {
        const Pipe pipe;
        QSocketNotifier notifier(pipe.ends[0], QSocketNotifier::Read);
        QSignalSpy read(&notifier, &QSocketNotifier::activated);
        pipe.put();
        turn();
        turn();
        QCOMPARE(read.size(), 2);
        pipe.take();
        turn();
        QCOMPARE(read.size(), 2);
    }

    void aDisabledNotifierIsSilentAndComesBack()
    {
        const Pipe pipe;
        QSocketNotifier notifier(pipe.ends[0], QSocketNotifier::Read);
        QSignalSpy read(&notifier, &QSocketNotifier::activated);
        pipe.put();
        notifier.setEnabled(false);
        turn();
        QCOMPARE(read.size(), 0);
        notifier.setEnabled(true);
        turn();
        QCOMPARE(read.size(), 1);
        notifier.setEnabled(false);
        notifier.setEnabled(true);
        turn();
        QCOMPARE(read.size(), 2);
    }

    void aNotifierRemovedInsideAnothersSignalIsSilent()
    {
        const Pipe first;
        const Pipe second;
        auto a = std::make_unique<QSocketNotifier>(first.ends[0], QSocketNotifier::Read);
        auto b = std::make_unique<QSocketNotifier>(second.ends[0], QSocketNotifier::Read);
        int told = 0;
        connect(a.get(), &QSocketNotifier::activated, this, [&] {
            ++told;
            b.reset();
        });
        connect(b.get(), &QSocketNotifier::activated, this, [&] {
            ++told;
            a.reset();
        });
        first.put();
        second.put();
        turn();
        QCOMPARE(told, 1);
    }

    void aNumberGivenToAnotherDescriptorInsideASignalIsNotTold()
    {
        const Pipe first;
        Pipe second;
        const int number = second.ends[0];
        QSocketNotifier a(first.ends[0], QSocketNotifier::Read);
        auto b = std::make_unique<QSocketNotifier>(number, QSocketNotifier::Read);
        std::unique_ptr<Pipe> other;
        std::unique_ptr<QSocketNotifier> stranger;
        int wrong = 0;
        const auto swap = [&] {
            if (other)
                return;
            b.reset();
            second.close();
            other = std::make_unique<Pipe>(); // empty, and with the number that was ready
            QVERIFY(other->ends[0] == number || other->ends[1] == number);
            stranger = std::make_unique<QSocketNotifier>(other->ends[0], QSocketNotifier::Read);
            connect(stranger.get(), &QSocketNotifier::activated, this, [&] { ++wrong; });
        };
        // Which of the two is told first is the system's choice: try both.
        connect(&a, &QSocketNotifier::activated, this, swap);
        first.put();
        second.put();
        turn();
        QVERIFY(other);
        turn();
        QCOMPARE(wrong, 0);
        other->put();
        turn();
        QCOMPARE(wrong, 1);
    }

    void reusedNumbersAreWatchedAnew()
    {
        int number = -1;
        for (int i = 0; i < 50; ++i) {
            const Pipe pipe;
            QVERIFY(number == -1 || pipe.ends[0] == number);
            number = pipe.ends[0];
            QSocketNotifier notifier(number, QSocketNotifier::Read);
            QSignalSpy read(&notifier, &QSocketNotifier::activated);
            turn();
            QCOMPARE(read.size(), 0);
            pipe.put();
            turn();
            QCOMPARE(read.size(), 1);
        }
    }

    void aNumberWhoseOldNotifierStillLivesIsWatchedAnew()
    {
        Pipe gone;
        const int number = gone.ends[0];
        const QSocketNotifier old(number, QSocketNotifier::Read);
        turn();
        gone.close(); // before its notifier was switched off: the kernel forgets it by itself
        const Pipe pipe;
        QCOMPARE(pipe.ends[0], number);
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"Two socket notifiers"_s));
        QSocketNotifier notifier(number, QSocketNotifier::Read);
        QSignalSpy read(&notifier, &QSocketNotifier::activated);
        pipe.put();
        turn();
        QCOMPARE(read.size(), 1);
    }

    void aNestedLoopMayServeWhatTheOuterOneWasAboutTo()
    {
        QList<std::shared_ptr<Pipe>> pipes;
        QList<std::shared_ptr<QSocketNotifier>> notifiers;
        int told = 0;
        for (int i = 0; i < 10; ++i) {
            const auto pipe = std::make_shared<Pipe>();
            const auto notifier =
                std::make_shared<QSocketNotifier>(pipe->ends[0], QSocketNotifier::Read);
            connect(notifier.get(), &QSocketNotifier::activated, this, [pipe, &told] {
                pipe->take();
                if (++told == 1)
                    turn();
            });
            pipes.append(pipe);
            notifiers.append(notifier);
            pipe->put();
        }
        turn();
        QCOMPARE(told, 10); // each once
    }

    void regularFilesAreAlwaysReady()
    {
        QTemporaryFile file;
        QVERIFY(file.open());
        QSocketNotifier notifier(file.handle(), QSocketNotifier::Read);
        QSignalSpy read(&notifier, &QSocketNotifier::activated);
        QTRY_VERIFY(read.size() >= 3);
        notifier.setEnabled(false);
        const qsizetype before = read.size();
        turn();
        QCOMPARE(read.size(), before);
    }

    void aClosedDescriptorIsGivenUpWithAWarning()
    {
        Pipe pipe;
        const int number = pipe.ends[0];
        pipe.close();
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"cannot be watched"_s));
        QSocketNotifier notifier(number, QSocketNotifier::Read);
        turn();
        QVERIFY(!notifier.isEnabled());
    }

    void aBrokenPipeIsReady()
    {
        Pipe pipe;
        QSocketNotifier notifier(pipe.ends[1], QSocketNotifier::Write);
        QSignalSpy writable(&notifier, &QSocketNotifier::activated);
        ::close(std::exchange(pipe.ends[0], -1));
        turn();
        QCOMPARE(writable.size(), 1);
    }

    void deferredDeletionWaitsForTheOuterLoop()
    {
        auto *object = new QObject;
        const QPointer<QObject> guard(object);
        QTimer::singleShot(0, this, [object, guard] {
            object->deleteLater();
            turn(); // a nested turn must not delete what its caller may be using
            QVERIFY(guard);
        });
        QTRY_VERIFY(!guard);
    }

    void socketsTalk()
    {
        QTcpServer server;
        QVERIFY(server.listen(QHostAddress::LocalHost));
        connect(&server, &QTcpServer::newConnection, &server, [&server] {
            QTcpSocket *peer = server.nextPendingConnection();
            connect(peer, &QTcpSocket::readyRead, peer, [peer] { peer->write(peer->readAll()); });
        });
        QTcpSocket socket;
        QByteArray got;
        connect(&socket, &QTcpSocket::readyRead, this, [&] { got += socket.readAll(); });
        socket.connectToHost(QHostAddress::LocalHost, server.serverPort());
        const QByteArray sent(4'000'000, 'x'); // more than the buffers of the system hold
        socket.write(sent);
        QTRY_COMPARE(got.size(), sent.size());
    }

    void processesRunAndTheirEndIsNoticed()
    {
        QProcess process;
        process.start(u"sh"_s, {u"-c"_s, u"cat; exit 3"_s});
        process.write("hello");
        process.closeWriteChannel();
        QSignalSpy finished(&process, &QProcess::finished);
        QTRY_COMPARE(finished.size(), 1);
        QCOMPARE(process.exitCode(), 3);
        QCOMPARE(process.readAllStandardOutput(), "hello");
    }

    void manyIdleDescriptorsDoNotHideABusyOne()
    {
        QList<std::shared_ptr<Pipe>> pipes;
        QList<std::shared_ptr<QSocketNotifier>> notifiers;
        for (int i = 0; i < 400; ++i) {
            pipes.append(std::make_shared<Pipe>());
            notifiers.append(
                std::make_shared<QSocketNotifier>(pipes.last()->ends[0], QSocketNotifier::Read));
        }
        QSignalSpy read(notifiers.last().get(), &QSocketNotifier::activated);
        pipes.last()->put();
        turn();
        QCOMPARE(read.size(), 1);
        for (const auto &pipe : std::as_const(pipes))
            pipe->put(); // more than one batch
        int told = 0;
        for (const auto &notifier : std::as_const(notifiers))
            connect(notifier.get(), &QSocketNotifier::activated, this, [&told] { ++told; });
        for (int i = 0; i < 10 && told < 400; ++i)
            turn();
        QVERIFY(told >= 400);
    }
};

int main(int argc, char *argv[])
{
    installEventLoop();
    QCoreApplication app(argc, argv);
    tst_EventLoop test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_eventloop.moc"
