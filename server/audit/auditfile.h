// SPDX-License-Identifier: GPL-3.0-or-later
// The audit log as a file that is appended to. One thread; blocks.
#pragma once

#include "server/audit/chain.h"

#include <QtCore/QFile>
#include <QtCore/QLockFile>

#include <memory>

namespace bridge::audit {

class AuditFile
{
public:
    /// Opens \a path for its owner only and reads where its chain ends; that of an empty file goes
    /// on from the newest one beside it that was renamed from it. InvalidConfig when it
    /// cannot be opened, holds something else, or another process writes to it.
    static Result<std::unique_ptr<AuditFile>> open(const QString &path, QByteArray key);

    /// Writes one line whole or not at all. False when that failed, e.g. the disk is full; then
    /// \a lost events and this one count for the next line.
    bool write(const AuditEvent &event, qint64 lost, const QDateTime &time);
    /// Opens the same path again, which may be a new file by now. The chain goes on.
    Result<Nothing> reopen();

private:
    AuditFile(const QString &path, QByteArray key);
    Result<Nothing> openFile();
    Result<Nothing> readEnd();

    QFile m_file;
    QLockFile m_lock;
    QByteArray m_key;
    Link m_last;
    Mishap m_mishap;
};

} // namespace bridge::audit
