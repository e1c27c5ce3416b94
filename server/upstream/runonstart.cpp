// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/runonstart.h"

#include "common/async/later.h"
#include "common/config/settings.h"
#include "common/logging/categories.h"
#include "server/upstream/childprocess.h"

#include <QtCore/QCoreApplication>

using namespace Qt::StringLiterals;

namespace bridge::upstream {

namespace {

QProcessEnvironment hookEnvironment(bool inherit)
{
    const QProcessEnvironment own = QProcessEnvironment::systemEnvironment();
    if (inherit)
        return own;
    QProcessEnvironment clean;
    for (const QString &name : {u"HOME"_s, u"PATH"_s}) {
        if (own.contains(name))
            clean.insert(name, own.value(name));
    }
    return clean;
}

ChildSpec specOf(const StartHook &hook)
{
    ChildSpec spec;
    spec.server = u"MCP_RUN_ON_START"_s;
    spec.command = u"/bin/sh -c …"_s;
#ifdef Q_OS_WIN
    spec.program = u"cmd.exe"_s;
    spec.arguments = {u"/d"_s, u"/c"_s, hook.command};
#else
    spec.program = u"/bin/sh"_s;
    spec.arguments = {u"-c"_s, hook.command};
#endif
    spec.environment = hookEnvironment(hook.inheritEnvironment);
    return spec;
}

/// One run; owned by its Call, at the latest by the application.
class HookRun : public QObject
{
public:
    HookRun(const StartHook &hook, Handler<Nothing> handler)
        : QObject(QCoreApplication::instance())
        , m_handler(std::move(handler))
        , m_child(std::make_unique<ChildProcess>(specOf(hook)))
    {
        QProcess *process = m_child->device();
        connect(process, &QProcess::readyReadStandardOutput, this,
                [this, process] { m_output.append(process->readAllStandardOutput(), logLine); });
        connect(m_child.get(), &ChildProcess::started, process, &QProcess::closeWriteChannel);
        connect(m_child.get(), &ChildProcess::ended, this, &HookRun::onEnded);
        m_limit = after(hook.timeout, [this, seconds = hook.timeout.count() / 1000] {
            finish(
                Error(ErrorCode::InvalidConfig,
                      u"The command of MCP_RUN_ON_START did not end within %1 s."_s.arg(seconds)));
        });
        m_child->start();
    }
    ~HookRun() override { retireChild(); }

    /// Nobody waits any more; stops the command, also when the event loop has ended already.
    void withdraw()
    {
        m_handler = nullptr;
        retireChild();
        deleteLater();
    }

private:
    void retireChild()
    {
        if (!m_child)
            return;
        m_child->disconnect(this);
        m_child->device()->disconnect(this);
        ChildProcess::retire(std::move(m_child));
    }

    static void logLine(const QString &line)
    {
        qCInfo(logging::lcUpstream).noquote() << u"[MCP_RUN_ON_START] %1"_s.arg(line);
    }

    void onEnded()
    {
        m_output.finish(logLine);
        const QStringList complaints = m_child->stderrTail().lines();
        for (const QString &line : complaints)
            logLine(line);
        const QProcess *process = m_child->device();
        if (process->exitStatus() == QProcess::NormalExit && process->exitCode() == 0
            && process->error() != QProcess::FailedToStart)
            return finish(Nothing{});
        finish(Error(ErrorCode::InvalidConfig,
                     u"The command of MCP_RUN_ON_START %1. Mend it or remove the setting; the "
                     "bridge does not start without it."_s.arg(m_child->epitaph())));
    }

    void finish(Result<Nothing> outcome)
    {
        m_limit.cancel();
        if (const auto handler = std::exchange(m_handler, nullptr))
            handler(std::move(outcome));
    }

    Handler<Nothing> m_handler;
    std::unique_ptr<ChildProcess> m_child;
    StderrTail m_output;
    Call m_limit;
};

} // namespace

Result<StartHook> startHookFrom(const config::Settings &settings)
{
    StartHook hook;
    hook.command = settings.text(u"MCP_RUN_ON_START"_s).trimmed();
    const QString inheriting = settings.text(u"MCP_RUN_ON_START_INHERIT_ENVIRONMENT"_s).trimmed();
    if (!hook.command.isEmpty() && !inheriting.isEmpty())
        return Error(ErrorCode::InvalidConfig,
                     u"Set MCP_RUN_ON_START or MCP_RUN_ON_START_INHERIT_ENVIRONMENT, not both."_s);
    if (hook.command.isEmpty() && !inheriting.isEmpty()) {
        hook.command = inheriting;
        hook.inheritEnvironment = true;
    }
    return hook;
}

Call runStartHook(const StartHook &hook, Handler<Nothing> handler)
{
    if (hook.command.isEmpty())
        return later([handler = std::move(handler)] { handler(Nothing{}); });
    qCInfo(logging::lcUpstream) << "Running the command of MCP_RUN_ON_START";
    auto *run = new HookRun(hook, std::move(handler));
    return Call([run] { run->withdraw(); });
}

} // namespace bridge::upstream
