// SPDX-License-Identifier: GPL-3.0-or-later
// Lines that depend on each other: each one holds the hash of the one before and its own over
// everything in front of it, so that no line can be changed, taken out or put between without
// every later hash being wrong. With a key (HMAC) nobody without it can make them right again.
//
//   {"time":"…","seq":7,"event":"login",…,"prev":"<64 hex>","hash":"<64 hex>"}
//
// The hash is SHA-256, or HMAC-SHA-256 with the key, of the line up to the comma before "hash".
// What the end of the file held can only be told from outside: keep the last hash elsewhere.
#pragma once

#include "common/base/result.h"
#include "server/audit/auditevent.h"

#include <QtCore/QDateTime>

class QIODevice;

namespace bridge::audit {

/// Where the next line goes.
struct Link {
    qint64 sequence = 0; ///< of the last line; 0 = none yet
    QByteArray hash = QByteArray(64, '0');
};

/// What befell the log itself before an event.
struct Mishap {
    qint64 lost = 0; ///< events that could not be written since the last line
    qint64 torn = 0; ///< bytes of an incomplete line that were cut off
};

/// \a event behind \a last as a line with its end, and \a last moved on.
QByteArray chained(const AuditEvent &event, const Mishap &mishap, const QDateTime &time,
                   const QByteArray &key, Link &last);

/// Place of \a line (without its end); nothing when it is no line of a chain. Does not check it.
std::optional<Link> linkOf(QByteArrayView line);

/// Walks over the lines of one or more files, oldest first.
class ChainCheck
{
public:
    explicit ChainCheck(QByteArray key) : m_key(std::move(key)) {}

    /// The problem with \a line (without its end) as a sentence; empty when it is right.
    QString next(QByteArrayView line);
    qint64 count() const { return m_count; }
    qint64 lost() const { return m_lost; }        ///< events that the log itself reports as lost
    bool isWhole() const { return m_first == 1; } ///< the first line was the first ever
    const Link &last() const { return m_last; }

private:
    QByteArray m_key;
    Link m_last;
    qint64 m_first = 0;
    qint64 m_count = 0;
    qint64 m_lost = 0;
};

} // namespace bridge::audit
