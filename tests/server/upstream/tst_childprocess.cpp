// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/childprocess.h"

#include <QtTest/QtTest>

#include <csignal>
#include <fcntl.h>
#include <unistd.h>

using namespace bridge;
using namespace bridge::upstream;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

/// A shell script as a child; steps of the ladder are short.
ChildSpec script(const QString &text, std::chrono::milliseconds step = 150ms)
{
    ChildSpec spec;
    spec.server = u"test"_s;
    spec.command = u"sh -c …"_s;
    spec.program = u"/bin/sh"_s;
    spec.arguments = {u"-c"_s, text};
    spec.environment.insert(u"PATH"_s, u"/usr/bin:/bin"_s);
    spec.step = step;
    return spec;
}

bool exists(qint64 pid)
{
    return ::kill(pid_t(pid), 0) == 0;
}

/// A child with everything it said.
struct Watched {
    explicit Watched(ChildSpec spec) : child(std::make_unique<ChildProcess>(std::move(spec)))
    {
        QObject::connect(child.get(), &ChildProcess::started, child.get(), [this] { ++starts; });
        QObject::connect(child.get(), &ChildProcess::ended, child.get(), [this](const Error &e) {
            ++ends;
            reason = e;
        });
        QObject::connect(child.get(), &ChildProcess::gone, child.get(), [this] { ++gones; });
        QObject::connect(child->device(), &QIODevice::readyRead, child.get(),
                         [this] { output += child->device()->readAll(); });
        child->start();
    }
    std::unique_ptr<ChildProcess> child;
    QByteArray output;
    Error reason;
    int starts = 0;
    int ends = 0;
    int gones = 0;
};

} // namespace

class ChildProcessTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void talksOverStdinAndStdout()
    {
        Watched w(script(u"read line; echo \"got $line\""_s));
        QTRY_COMPARE(w.starts, 1);
        QVERIFY(w.child->isRunning());
        QVERIFY(w.child->epitaph().isEmpty());
        w.child->device()->write("hello\n");
        QTRY_COMPARE(w.gones, 1);
        QCOMPARE(w.output, "got hello\n"_ba);
        QCOMPARE(w.child->epitaph(), u"exited with status 0"_s);
    }

    void tellsStatusAndLastStderrLine()
    {
        Watched w(script(u"echo first >&2; echo 'no database' >&2; exit 3"_s));
        QTRY_COMPARE(w.ends, 1);
        QCOMPARE(w.reason.code, ErrorCode::UpstreamFailed);
        QCOMPARE(w.child->epitaph(), u"exited with status 3; last stderr line: no database"_s);
        QVERIFY(w.reason.message.contains(u"\"test\" exited with status 3"_s));
    }

    void tellsTheSignalThatKilled()
    {
        Watched w(script(u"kill -9 $$"_s));
        QTRY_COMPARE(w.ends, 1);
        QVERIFY(w.child->epitaph().startsWith(u"was killed by signal 9"_s));
    }

    void namesACommandThatDoesNotExist()
    {
        ChildSpec spec = script({});
        spec.program = u"/nonexistent/program"_s;
        spec.command = u"program --flag"_s;
        Watched w(std::move(spec));
        QTRY_COMPARE(w.gones, 1);
        QCOMPARE(w.starts, 0);
        QCOMPARE(w.reason.code, ErrorCode::UpstreamStart);
        QVERIFY2(w.reason.message.startsWith(
                     u"The command \"program --flag\" could not be started: not found."_s),
                 qPrintable(w.reason.message));
        QVERIFY(!w.reason.message.contains(u"/nonexistent"_s));
    }

    void namesAFileThatMayNotBeExecuted()
    {
        ChildSpec spec = script({});
        spec.program = u"/etc/passwd"_s;
        Watched w(std::move(spec));
        QTRY_COMPARE(w.gones, 1);
        QVERIFY(w.reason.message.contains(u"may not be executed"_s));
    }

    void closingStdinIsEnoughForAPoliteChild()
    {
        Watched w(script(u"cat >/dev/null; exit 0"_s, 30s));
        QTRY_COMPARE(w.starts, 1);
        w.child->stop();
        QTRY_COMPARE(w.gones, 1);
        QCOMPARE(w.child->epitaph(), u"exited with status 0"_s);
    }

    void terminatesAChildThatIgnoresItsClosedStdin()
    {
        Watched w(script(u"exec sleep 60"_s));
        QTRY_COMPARE(w.starts, 1);
        w.child->stop();
        QTRY_COMPARE(w.gones, 1);
        QVERIFY(w.child->epitaph().contains(u"SIGTERM"_s));
    }

    void killsAChildThatIgnoresTerm()
    {
        Watched w(script(u"trap '' TERM; echo ready; while :; do sleep 1; done"_s));
        QTRY_COMPARE(w.output, "ready\n"_ba);
        w.child->stop();
        QTRY_COMPARE(w.gones, 1);
        QVERIFY(w.child->epitaph().contains(u"SIGKILL"_s));
    }

    void leavesNoGrandchildBehind()
    {
        // The grandchild ignores TERM and outlives its parent.
        Watched w(script(u"(trap '' TERM; while :; do sleep 1; done) & echo $!; exit 0"_s));
        QTRY_COMPARE(w.ends, 1);
        const qint64 grandchild = w.output.trimmed().toLongLong();
        QVERIFY(grandchild > 1);
        QTRY_COMPARE(w.gones, 1);
        QTRY_VERIFY(!exists(grandchild));
    }

    void aFloodOnStderrBlocksNobody()
    {
        Watched w(script(u"i=0; while [ $i -lt 200000 ]; do echo \"noise $i\" >&2; i=$((i+1)); "
                         "done; echo done"_s));
        QTRY_COMPARE_WITH_TIMEOUT(w.output, "done\n"_ba, 20'000);
        QTRY_COMPARE(w.gones, 1);
        QCOMPARE(w.child->stderrTail().lines().size(), StderrTail::kMaxLines);
        QCOMPARE(w.child->stderrTail().lastLine(), u"noise 199999"_s);
    }

    void startsWithACleanState()
    {
        // A descriptor without close-on-exec and an ignored signal must not get through. Descriptor
        // 3 is the folder that ls reads.
        const int leaked = ::open("/dev/null", O_RDONLY);
        QVERIFY(leaked > 2);
        struct sigaction ignore = {};
        struct sigaction before = {};
        ignore.sa_handler = SIG_IGN; // NOLINT
        sigaction(SIGUSR1, &ignore, &before);
        Watched w(
            script(u"ls /proc/self/fd | tr '\\n' ' '; grep -E 'SigBlk|SigIgn' /proc/self/status; "
                   "ulimit -c; umask; env"_s));
        QTRY_COMPARE(w.gones, 1);
        sigaction(SIGUSR1, &before, nullptr);
        ::close(leaked);
        QVERIFY2(
            w.output.startsWith("0 1 2 3 SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n0\n"
                                "0027\n"),
            w.output.constData());
        QVERIFY(!w.output.contains("HOME="));
    }

    void appliesLimits()
    {
        ChildSpec spec = script(u"ulimit -d; ulimit -t; ulimit -n"_s);
        spec.limits = {64, 7, 33, 0ms};
        Watched w(std::move(spec));
        QTRY_COMPARE(w.gones, 1);
        QCOMPARE(w.output, "65536\n7\n33\n"_ba);
    }

    void stopsAtItsLifetimeLimit()
    {
        ChildSpec spec = script(u"cat >/dev/null"_s);
        spec.limits.lifetime = 100ms;
        Watched w(std::move(spec));
        QTRY_COMPARE(w.gones, 1);
        QVERIFY(w.child->epitaph().contains(u"lifetime limit"_s));
        QVERIFY(w.child->hasOverstayed());
    }

    void aRetiredChildKeepsItsTokenUntilItIsGone()
    {
        Watched w(script(u"trap '' TERM; echo ready; while :; do sleep 1; done"_s));
        auto token = std::make_shared<int>(1);
        w.child->hold(token);
        QTRY_COMPARE(w.output, "ready\n"_ba);
        const qint64 pid = w.child->processId();
        ChildProcess::retire(std::move(w.child));
        QCOMPARE(token.use_count(), 2);
        QTRY_COMPARE(token.use_count(), 1);
        QVERIFY(!exists(pid));
    }

    void mayBeRetiredFromItsOwnSignals()
    {
        for (const bool onGone : {false, true}) {
            auto child = std::make_unique<ChildProcess>(script(u"exit 1"_s));
            bool retired = false;
            const auto retire = [&] {
                ChildProcess::retire(std::move(child));
                retired = true;
            };
            if (onGone)
                connect(child.get(), &ChildProcess::gone, this, retire);
            else
                connect(child.get(), &ChildProcess::ended, this, retire);
            child->start();
            QTRY_VERIFY(retired);
        }
    }

    void destroyingKillsAtOnce()
    {
        Watched w(script(u"trap '' TERM; echo ready; while :; do sleep 1; done"_s));
        QTRY_COMPARE(w.output, "ready\n"_ba);
        const qint64 pid = w.child->processId();
        w.child.reset();
        QVERIFY(!exists(pid));
    }

    void diesWithTheBridge()
    {
        // A process that starts a child by this class and is then killed cannot be had inside the
        // test, so the request to the kernel is checked instead.
        Watched w(script(u"exec python3 -c 'import ctypes; n = ctypes.c_int(); "
                         "ctypes.CDLL(None).prctl(2, ctypes.byref(n)); print(n.value)'"_s));
        QTRY_COMPARE(w.gones, 1);
        if (w.output.isEmpty())
            QSKIP("needs python3");
        QCOMPARE(w.output, "9\n"_ba);
    }
};

QTEST_GUILESS_MAIN(ChildProcessTest)
#include "tst_childprocess.moc"
