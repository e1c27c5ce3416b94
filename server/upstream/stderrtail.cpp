// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/stderrtail.h"

#include "common/logging/redaction.h"

namespace bridge::upstream {

void StderrTail::append(const QByteArray &chunk, const OnLine &onLine)
{
    qsizetype from = 0;
    while (from < chunk.size()) {
        qsizetype end = chunk.indexOf('\n', from);
        const bool complete = end >= 0;
        if (!complete)
            end = chunk.size();
        const qsizetype room = kMaxLineBytes - m_partial.size();
        m_partial.append(chunk.constData() + from, qMin(room, end - from));
        if (complete)
            take(onLine);
        from = end + 1;
    }
}

void StderrTail::finish(const OnLine &onLine)
{
    take(onLine);
}

void StderrTail::take(const OnLine &onLine)
{
    const QByteArray line = std::exchange(m_partial, {}).trimmed();
    if (line.isEmpty())
        return;
    // Masking waits until somebody looks: most lines of a flood are never seen.
    if (m_lines.size() == kMaxLines)
        m_lines.removeFirst();
    m_lines.append(line);
    if (onLine)
        onLine(shown(line));
}

QString StderrTail::shown(const QByteArray &line) const
{
    QString text = QString::fromUtf8(line);
    // Terminal escapes and other control characters have no place in a log or an error answer.
    for (QChar &c : text) {
        if (c.category() == QChar::Other_Control)
            c = QLatin1Char(' ');
    }
    for (const QString &secret : m_secrets)
        text.replace(secret, logging::kRedacted);
    return logging::redact(text);
}

QStringList StderrTail::lines() const
{
    QStringList all;
    for (const QByteArray &line : m_lines)
        all.append(shown(line));
    return all;
}

QString StderrTail::lastLine() const
{
    return m_lines.isEmpty() ? QString() : shown(m_lines.last());
}

} // namespace bridge::upstream
