// SPDX-License-Identifier: GPL-3.0-or-later
// Takes audit events without ever waiting for a disk: a thread of its own writes them, in order.
// More than it can write are counted, and the next line tells how many are missing. Main thread.
#pragma once

#include "common/async/workerthread.h"
#include "server/audit/auditevent.h"
#include "server/audit/auditfile.h"

#include <atomic>
#include <optional>

namespace bridge::config {
class Settings;
}

namespace bridge::audit {

struct AuditOptions {
    enum class To {
        Nowhere,
        Log, ///< the log of the bridge, category bridge.audit, without a chain
        File
    };
    To to = To::Nowhere;
    QString file;
    QByteArray key;          ///< makes the chain an HMAC; may be empty
    int maxPending = 10'000; ///< events that wait for the disk
    bool toolCalls = false;  ///< AUDIT_TOOL_CALLS: the calls of tools are events too
};

/// From AUDIT_LOG, AUDIT_KEY and AUDIT_TOOL_CALLS. InvalidConfig has the setting's name as the
/// problem's path.
Result<AuditOptions> auditOptions(const config::Settings &settings);

class AuditLog
{
public:
    /// Opens the file: for the start only. Errors as AuditFile::open().
    static Result<std::unique_ptr<AuditLog>> open(const AuditOptions &options);
    /// Waits until every event taken is written.
    ~AuditLog();
    AuditLog(const AuditLog &) = delete;
    AuditLog &operator=(const AuditLog &) = delete;

    const AuditOptions &options() const { return m_options; }
    void write(AuditEvent event);
    /// For rotation: the next event goes to the file that has the name by then.
    void reopen();

private:
    AuditLog(AuditOptions options, std::unique_ptr<AuditFile> file);

    AuditOptions m_options;
    std::unique_ptr<AuditFile> m_file; ///< of m_thread, once that runs
    std::atomic<int> m_pending = 0;
    qint64 m_lost = 0;                    ///< not yet told
    std::optional<WorkerThread> m_thread; ///< the last: its work uses all of the above
};

} // namespace bridge::audit
