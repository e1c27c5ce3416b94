// SPDX-License-Identifier: GPL-3.0-or-later
// One child process and its end: started without a shell in a process group of its own, limited,
// its stderr kept for diagnosis, stopped by the ladder of design §6 on timers:
// stdin closed → 2 s → TERM to the group → 2 s → KILL to the group.
//
// Start it from a thread that lives on; see processgroup.h.
#pragma once

#include "common/base/result.h"
#include "server/upstream/childpipes.h"
#include "server/upstream/processgroup.h"
#include "server/upstream/stderrtail.h"

#include <QtCore/QElapsedTimer>
#include <QtCore/QProcess>
#include <QtCore/QProcessEnvironment>
#include <QtCore/QTimer>

#include <memory>

namespace bridge::upstream {

struct ChildSpec {
    QString server;  ///< name of the definition, for log lines and messages
    QString command; ///< how messages name the command; holds no secret
    QString program;
    QStringList arguments;
    QProcessEnvironment environment; ///< all of it; nothing is inherited besides
    QString workingDirectory;        ///< empty = the bridge's
    ChildLimits limits;
    QStringList secrets;                   ///< values to mask in what the child writes to stderr
    std::chrono::milliseconds step{2'000}; ///< of the stop ladder
};

class ChildProcess : public QObject
{
    Q_OBJECT
public:
    explicit ChildProcess(ChildSpec spec, QObject *parent = nullptr);
    /// Kills the group when it still runs; an orderly end goes through retire().
    ~ChildProcess() override;

    /// Begins to start; started() or ended() follows from the event loop.
    void start();
    /// Opens stdin and stdout for an MCP server; call before start(). Null when the system has no
    /// descriptors left. Without it device() reads and writes them.
    mcp::ByteChannel *openChannel();
    QProcess *device() { return &m_process; }
    const ChildSpec &spec() const { return m_spec; }
    bool isRunning() const;
    /// 0 before started(); kept after the end.
    qint64 processId() const { return m_processId; }
    const StderrTail &stderrTail() const { return m_stderr; }
    /// `exited with status 3; last stderr line: …`; empty while it runs.
    QString epitaph() const;
    /// Stopped because it reached ChildLimits::lifetime.
    bool hasOverstayed() const { return m_overstayed; }

    /// Steps down the ladder. May be called in any state.
    void stop();
    /// Gives \a child to itself: it is stopped by the ladder and deleted when its group is gone,
    /// or together with the application.
    static void retire(std::unique_ptr<ChildProcess> child);
    /// Keeps \a token until the last process of the group is gone.
    void hold(std::shared_ptr<void> token) { m_token = std::move(token); }

Q_SIGNALS:
    void started();
    /// The child did not start or has exited; emitted once. UpstreamStart or UpstreamFailed.
    void ended(const bridge::Error &reason);
    /// No process of its group is left; emitted once, after ended().
    void gone();

private:
    enum class Stage { Idle, Starting, Running, Closing, Terminating, Killing, Sweeping, Gone };

    void onStarted();
    void onFinished(int code, QProcess::ExitStatus status);
    void onError(QProcess::ProcessError error);
    void onLifetimeOver();
    void onStderr();
    void logLine(const QString &line);
    void descend();
    void enter(Stage stage);
    void finish(const Error &reason);
    void sweep();
    void vanish();
    Error startError() const;

    ChildSpec m_spec;
    ProcessGroup m_group;
    QProcess m_process;
    ChildPipes m_pipes;
    StderrTail m_stderr;
    QTimer m_step;
    QTimer m_lifetime;
    QElapsedTimer m_logWindow;
    std::shared_ptr<void> m_token;
    QString m_end;
    qint64 m_processId = 0;
    int m_logged = 0;
    Stage m_stage = Stage::Idle;
    bool m_stopWanted = false;
    bool m_overstayed = false;
    bool m_retired = false;
    bool m_endTold = false;
};

} // namespace bridge::upstream
