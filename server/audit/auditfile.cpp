// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/audit/auditfile.h"

#include <QtCore/QFileInfo>

using namespace Qt::StringLiterals;

namespace bridge::audit {

namespace {

/// Far more than the longest line.
constexpr qint64 kTailBytes = 64 * 1024;
/// `mcp-bridge apikey` holds the file for the time of one line.
constexpr int kLockTime = 500;

Error badFile(const QString &reason)
{
    Error error(ErrorCode::InvalidConfig, u"AUDIT_LOG "_s + reason);
    error.problems.append({u"AUDIT_LOG"_s, reason});
    return error;
}

} // namespace

AuditFile::AuditFile(const QString &path, QByteArray key)
    : m_file(path)
    , m_lock(path + u".lock"_s)
    , m_key(std::move(key))
{
    m_lock.setStaleLockTime(0); // only the death of its owner makes it stale
}

Result<std::unique_ptr<AuditFile>> AuditFile::open(const QString &path, QByteArray key)
{
    std::unique_ptr<AuditFile> file(new AuditFile(path, std::move(key)));
    if (!file->m_lock.tryLock(kLockTime)) {
        return file->m_lock.error() == QLockFile::LockFailedError
                   ? badFile(u"is being written to by another mcp-bridge. Give each its own."_s)
                   : badFile(u"cannot be locked. Name a file in a folder that the bridge may "
                             "write to."_s);
    }
    if (auto opened = file->openFile(); !opened)
        return opened.error();
    if (auto read = file->readEnd(); !read)
        return read.error();
    return file;
}

Result<Nothing> AuditFile::openFile()
{
    if (!m_file.open(QIODevice::ReadWrite | QIODevice::Append | QIODevice::Unbuffered,
                     QFile::ReadOwner | QFile::WriteOwner))
        return badFile(u"cannot be written: %1. Name a file in a writable folder, `log`, or "
                       "nothing."_s.arg(m_file.errorString()));
    if (!QFileInfo(m_file).isFile())
        return badFile(u"must name a file; `log` stands for the log of the bridge."_s);
    return Nothing{};
}

Result<Nothing> AuditFile::readEnd()
{
    const qint64 size = m_file.size();
    if (size == 0)
        return Nothing{};
    m_file.seek(std::max<qint64>(0, size - kTailBytes));
    const QByteArray tail = m_file.readAll();
    // The process or the machine died while it wrote: half a line proves nothing.
    const qsizetype end = tail.lastIndexOf('\n');
    const qsizetype begin = end > 0 ? tail.lastIndexOf('\n', end - 1) + 1 : 0;
    const auto link =
        end < 0 ? std::nullopt : linkOf(QByteArrayView(tail).sliced(begin, end - begin));
    const bool isTornFirst = end < 0 && tail.startsWith("{\"time\":");
    if (!link && !isTornFirst)
        return badFile(u"names a file that is no audit log. Name another; it is left alone."_s);
    if (link)
        m_last = *link;
    m_mishap.torn = tail.size() - end - 1;
    if (m_mishap.torn > 0 && !m_file.resize(size - m_mishap.torn))
        return badFile(u"cannot be repaired: %1."_s.arg(m_file.errorString()));
    return Nothing{};
}

bool AuditFile::write(const AuditEvent &event, qint64 lost, const QDateTime &time)
{
    m_mishap.lost += lost;
    Link next = m_last;
    const QByteArray line = chained(event, m_mishap, time, m_key, next);
    const qint64 before = m_file.size();
    if (!m_file.isOpen() || m_file.write(line) != line.size()) {
        if (m_file.isOpen())
            m_file.resize(before);
        ++m_mishap.lost;
        return false;
    }
    m_last = next;
    m_mishap = {};
    return true;
}

Result<Nothing> AuditFile::reopen()
{
    m_file.close();
    return openFile();
}

} // namespace bridge::audit
