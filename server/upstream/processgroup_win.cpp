// SPDX-License-Identifier: GPL-3.0-or-later
// Written for Windows from its documentation and not run in this project's tests, which are Unix
// only so far. A job object ends the whole tree when its last handle closes, so children die with
// the bridge however it ends.
#include "server/upstream/processgroup.h"

#include <QtCore/QProcess>

#include <qt_windows.h>

using namespace Qt::StringLiterals;

namespace bridge::upstream {

struct ProcessGroup::Native {
    HANDLE job = nullptr;
    ~Native()
    {
        if (job)
            CloseHandle(job);
    }
};

ProcessGroup::ProcessGroup() : m_native(std::make_unique<Native>())
{
}
ProcessGroup::~ProcessGroup() = default;

void ProcessGroup::prepare(QProcess &process, const ChildLimits &limits, const ChildPipes &)
{
    m_native->job = CreateJobObjectW(nullptr, nullptr);
    if (m_native->job) {
        JOBOBJECT_EXTENDED_LIMIT_INFORMATION information = {};
        auto &basic = information.BasicLimitInformation;
        basic.LimitFlags =
            JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION;
        if (limits.memoryMb > 0) {
            basic.LimitFlags |= JOB_OBJECT_LIMIT_JOB_MEMORY;
            information.JobMemoryLimit = SIZE_T(limits.memoryMb) * 1024 * 1024;
        }
        if (limits.cpuSeconds > 0) {
            basic.LimitFlags |= JOB_OBJECT_LIMIT_JOB_TIME;
            basic.PerJobUserTimeLimit.QuadPart = limits.cpuSeconds * 10'000'000; // 100 ns units
        }
        SetInformationJobObject(m_native->job, JobObjectExtendedLimitInformation, &information,
                                sizeof information);
    }
    process.setCreateProcessArgumentsModifier([](QProcess::CreateProcessArguments *arguments) {
        arguments->flags |= CREATE_NEW_PROCESS_GROUP | CREATE_NO_WINDOW;
    });
}

void ProcessGroup::attach(qint64 processId)
{
    if (!m_native->job)
        return;
    // Between CreateProcess and here the child may already have started others; those stay outside
    // the job. Closing that gap needs a suspended start, which QProcess does not offer.
    const HANDLE process =
        OpenProcess(PROCESS_SET_QUOTA | PROCESS_TERMINATE, FALSE, DWORD(processId));
    if (!process)
        return;
    AssignProcessToJobObject(m_native->job, process);
    CloseHandle(process);
}

void ProcessGroup::terminate()
{
    // A console program without a window cannot be asked; closing stdin was the request.
}

void ProcessGroup::kill()
{
    if (m_native->job)
        TerminateJobObject(m_native->job, 1);
}

bool ProcessGroup::exists() const
{
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION information = {};
    return m_native->job
           && QueryInformationJobObject(m_native->job, JobObjectBasicAccountingInformation,
                                        &information, sizeof information, nullptr)
           && information.ActiveProcesses > 0;
}

QString ProcessGroup::describeCrash(int code)
{
    return u"crashed with code 0x%1"_s.arg(uint(code), 8, 16, QLatin1Char('0'));
}

} // namespace bridge::upstream
