// SPDX-License-Identifier: GPL-3.0-or-later
// The last lines a child wrote to stderr, for diagnosis: a ring of 50 lines of at most 2 KiB each,
// shown without secrets. A flooding child costs a scan for line ends, never memory.
#pragma once

#include <QtCore/QByteArray>
#include <QtCore/QList>
#include <QtCore/QStringList>

#include <functional>

namespace bridge::upstream {

class StderrTail
{
public:
    using OnLine = std::function<void(const QString &)>;
    static constexpr int kMaxLines = 50;
    static constexpr qsizetype kMaxLineBytes = 2048;

    /// \a secrets: values masked besides what logging::redact() knows, e.g. this child's token.
    explicit StderrTail(QStringList secrets = {}) : m_secrets(std::move(secrets)) {}

    /// \a onLine (may be empty) gets each line that became complete, as shown.
    void append(const QByteArray &chunk, const OnLine &onLine);
    /// Counts an unfinished last line as a line. Call when the child has ended.
    void finish(const OnLine &onLine);

    QStringList lines() const;
    /// The last line that is not blank; empty when there is none.
    QString lastLine() const;
    /// The line an error text should quote, see mostTelling(); counts an unfinished line too: a
    /// program that waits for a yes has asked without a line end.
    QString tellingLine() const;

private:
    void take(const OnLine &onLine);
    QString shown(const QByteArray &line) const;

    QStringList m_secrets;
    QList<QByteArray> m_lines;
    QByteArray m_partial;
};

/// The line of \a lines (oldest first) that says best what went wrong: the last one about an
/// error, else the last one with a word in it. Runtimes and package managers end with less.
QString mostTelling(const QStringList &lines);

} // namespace bridge::upstream
