// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/childprocess.h"

#include "common/logging/categories.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QThread>

using namespace Qt::StringLiterals;

namespace bridge::upstream {

namespace {

constexpr int kLogLinesPerSecond = 200;

void applyEnvironment(QProcess &process, const QProcessEnvironment &environment)
{
    // QProcess takes an empty environment for "inherit mine", so it must never be empty.
    QProcessEnvironment given = environment;
    if (given.isEmpty())
        given.insert(u"PATH"_s, u"/usr/local/bin:/usr/bin:/bin"_s);
    process.setProcessEnvironment(given);
}

} // namespace

ChildProcess::ChildProcess(ChildSpec spec, QObject *parent)
    : QObject(parent)
    , m_spec(std::move(spec))
    , m_stderr(m_spec.secrets)
{
    m_process.setProgram(m_spec.program);
    m_process.setArguments(m_spec.arguments);
    m_process.setWorkingDirectory(m_spec.workingDirectory);
    applyEnvironment(m_process, m_spec.environment);
    m_process.setProcessChannelMode(QProcess::SeparateChannels);
    m_step.setSingleShot(true);
    m_lifetime.setSingleShot(true);
    connect(&m_step, &QTimer::timeout, this, &ChildProcess::descend);
    connect(&m_lifetime, &QTimer::timeout, this, &ChildProcess::onLifetimeOver);
    connect(&m_process, &QProcess::started, this, &ChildProcess::onStarted);
    connect(&m_process, &QProcess::finished, this, &ChildProcess::onFinished);
    connect(&m_process, &QProcess::errorOccurred, this, &ChildProcess::onError);
    connect(&m_process, &QProcess::readyReadStandardError, this, &ChildProcess::onStderr);
}

ChildProcess::~ChildProcess()
{
    m_process.disconnect(this);
    m_group.kill();
    if (m_process.state() == QProcess::NotRunning)
        return;
    // Only when the application ends before the ladder has: the process is dead already, this
    // collects its status, which QProcess would otherwise do with a warning.
    m_process.kill();
    m_process.waitForFinished(1'000);
}

void ChildProcess::start()
{
    if (m_stage != Stage::Idle)
        return;
    m_stage = Stage::Starting;
    m_group.prepare(m_process, m_spec.limits, m_pipes);
    m_process.start();
    m_pipes.closeChildEnds();
}

mcp::ByteChannel *ChildProcess::openChannel()
{
    return m_stage == Stage::Idle && m_pipes.open(m_process) ? m_pipes.channel() : nullptr;
}

bool ChildProcess::isRunning() const
{
    return m_stage == Stage::Running;
}

QString ChildProcess::epitaph() const
{
    if (m_end.isEmpty())
        return {};
    const QString line = m_stderr.tellingLine();
    return line.isEmpty() ? m_end : m_end + u"; last stderr line: "_s + line;
}

void ChildProcess::onStarted()
{
    m_stage = Stage::Running;
    m_processId = m_process.processId();
    m_group.attach(m_processId);
    if (m_spec.limits.lifetime.count() > 0)
        m_lifetime.start(m_spec.limits.lifetime);
    qCDebug(logging::lcUpstream).noquote()
        << u"Started MCP server \"%1\" as process %2"_s.arg(m_spec.server).arg(m_processId);
    if (m_stopWanted)
        descend();
    else
        Q_EMIT started();
}

void ChildProcess::onError(QProcess::ProcessError error)
{
    // Crashes come through finished(), and a broken pipe is followed by the child's end.
    if (error != QProcess::FailedToStart)
        return;
    m_end = u"could not be started"_s;
    finish(startError());
    vanish();
}

Error ChildProcess::startError() const
{
    QString why = m_process.errorString();
    if (!m_spec.workingDirectory.isEmpty() && why.startsWith("chdir"_L1))
        why = u"its working directory cannot be entered"_s;
    else if (why.contains("No such file"_L1) || why.contains("not found"_L1))
        why = u"not found"_s;
    else if (why.contains("ermission denied"_L1))
        why = u"it may not be executed"_s;
    else
        why = u"the system refused it"_s;
    return {ErrorCode::UpstreamStart,
            u"The command \"%1\" could not be started: %2. Check the command of server "
            "\"%3\"."_s.arg(m_spec.command, why, m_spec.server)};
}

void ChildProcess::onFinished(int code, QProcess::ExitStatus status)
{
    onStderr();
    m_stderr.finish([this](const QString &line) { logLine(line); });
    m_end = status == QProcess::CrashExit ? ProcessGroup::describeCrash(code)
                                          : u"exited with status %1"_s.arg(code);
    if (m_overstayed)
        m_end = u"was stopped at its lifetime limit of %1 s"_s.arg(m_spec.limits.lifetime.count()
                                                                   / 1000);
    finish(
        {ErrorCode::UpstreamFailed, u"The MCP server \"%1\" %2."_s.arg(m_spec.server, epitaph())});
    sweep();
}

void ChildProcess::finish(const Error &reason)
{
    m_lifetime.stop();
    m_step.stop();
    if (std::exchange(m_endTold, true))
        return;
    qCDebug(logging::lcUpstream).noquote() << reason.message;
    Q_EMIT ended(reason);
}

void ChildProcess::stop()
{
    m_stopWanted = true;
    if (m_stage == Stage::Running)
        descend();
    else if (m_stage == Stage::Idle)
        vanish();
}

// One step down; the timer comes back here while the child is still there.
void ChildProcess::descend()
{
    switch (m_stage) {
    case Stage::Running:
        // Reading goes on so that a child blocked on a full pipe can end.
        m_process.closeWriteChannel();
        if (m_pipes.channel())
            m_pipes.channel()->closeOutput();
        return enter(Stage::Closing);
    case Stage::Closing:
        m_group.terminate();
        return enter(Stage::Terminating);
    case Stage::Terminating:
        m_group.kill();
        m_process.kill();
        return enter(Stage::Killing);
    case Stage::Sweeping:
        m_group.kill();
        return vanish();
    case Stage::Idle:
    case Stage::Starting:
    case Stage::Killing:
    case Stage::Gone:
        return;
    }
}

void ChildProcess::enter(Stage stage)
{
    m_stage = stage;
    if (stage != Stage::Killing)
        m_step.start(m_spec.step);
}

// `npx` and `sh -c` may leave the real server behind when they end.
void ChildProcess::sweep()
{
    if (!m_group.exists())
        return vanish();
    m_group.terminate();
    enter(Stage::Sweeping);
}

void ChildProcess::vanish()
{
    if (m_stage == Stage::Gone)
        return;
    m_stage = Stage::Gone;
    m_step.stop();
    m_token.reset();
    Q_EMIT gone();
    if (m_retired)
        deleteLater();
}

void ChildProcess::retire(std::unique_ptr<ChildProcess> child)
{
    if (!child)
        return;
    ChildProcess *process = child.release();
    if (process->m_stage == Stage::Gone)
        return process->deleteLater(); // perhaps asked from inside its own signal
    process->m_retired = true;
    // Nobody reads from here on; what still comes is thrown away.
    QObject::connect(&process->m_process, &QProcess::readyReadStandardOutput, process,
                     [process] { process->m_process.readAllStandardOutput(); });
    if (mcp::ByteChannel *channel = process->m_pipes.channel())
        QObject::connect(channel, &mcp::ByteChannel::readyRead, process,
                         [channel] { channel->read(); });
    process->setParent(nullptr);
    auto *application = QCoreApplication::instance();
    if (application && application->thread() == process->thread())
        process->setParent(application);
    process->stop();
}

void ChildProcess::onLifetimeOver()
{
    m_overstayed = true;
    stop();
}

void ChildProcess::onStderr()
{
    const QByteArray chunk = m_process.readAllStandardError();
    if (logging::lcUpstream().isDebugEnabled())
        m_stderr.append(chunk, [this](const QString &line) { logLine(line); });
    else
        m_stderr.append(chunk, {});
}

void ChildProcess::logLine(const QString &line)
{
    if (!m_logWindow.isValid() || m_logWindow.hasExpired(1'000)) {
        m_logWindow.start();
        m_logged = 0;
    }
    // A flooding child may fill its ring but not the log.
    if (++m_logged > kLogLinesPerSecond)
        return;
    qCDebug(logging::lcUpstream).noquote() << u"[%1] %2"_s.arg(m_spec.server, line);
    if (m_logged == kLogLinesPerSecond)
        qCDebug(logging::lcUpstream).noquote()
            << u"[%1] more lines follow this second and are left out"_s.arg(m_spec.server);
}

} // namespace bridge::upstream
