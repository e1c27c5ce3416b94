// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/audit/auditfile.h"

#include <QtCore/QDir>
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

struct Tail {
    std::optional<Link> link; ///< of the last whole line
    qint64 torn = 0;          ///< bytes behind it
    bool isTornFirst = false; ///< there is nothing but the beginning of a line
};

/// How \a file, which is open and not empty, ends.
Tail tailOf(QFile &file)
{
    file.seek(std::max<qint64>(0, file.size() - kTailBytes));
    const QByteArray bytes = file.readAll();
    // The process or the machine died while it wrote: half a line proves nothing.
    const qsizetype end = bytes.lastIndexOf('\n');
    const qsizetype begin = end > 0 ? bytes.lastIndexOf('\n', end - 1) + 1 : 0;
    Tail tail;
    if (end >= 0)
        tail.link = linkOf(QByteArrayView(bytes).sliced(begin, end - begin));
    tail.isTornFirst = end < 0 && bytes.startsWith("{\"time\":");
    tail.torn = bytes.size() - end - 1;
    return tail;
}

/// Where the chain of \a path ended that was moved away while nobody wrote to it: in the newest
/// file beside it of the same name with something behind (`audit.log.1`, `audit.log-20261122`).
std::optional<Link> lastBefore(const QString &path)
{
    const QFileInfo own(path);
    const QFileInfoList others =
        own.dir().entryInfoList(QDir::Files | QDir::NoSymLinks, QDir::Time); // newest first
    for (const QFileInfo &other : others) {
        const QString name = other.fileName();
        const QString rest = name.mid(own.fileName().size());
        const bool isRotated = name.startsWith(own.fileName()) && rest.size() > 1
                               && (rest[0] == u'.' || rest[0] == u'-');
        if (!isRotated || other.size() == 0)
            continue;
        QFile file(other.filePath());
        if (!file.open(QIODevice::ReadOnly))
            continue;
        if (const auto link = tailOf(file).link) // others are locks, or compressed
            return link;
    }
    return std::nullopt;
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
    if (!QFileInfo(path).dir().exists())
        return badFile(u"names a file in a folder that does not exist. Make the folder, for the "
                       "user that the bridge runs as, or name another."_s);
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
    if (size == 0) {
        m_last = lastBefore(m_file.fileName()).value_or(Link());
        return Nothing{};
    }
    const Tail tail = tailOf(m_file);
    if (!tail.link && !tail.isTornFirst)
        return badFile(u"names a file that is no audit log. Name another; it is left alone."_s);
    if (tail.link)
        m_last = *tail.link;
    m_mishap.torn = tail.torn;
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
