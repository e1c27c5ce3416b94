// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/stderrtail.h"

#include "common/logging/redaction.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace bridge::upstream {

namespace {

bool startsWithAny(const QString &line, std::initializer_list<QLatin1String> beginnings)
{
    return std::any_of(beginnings.begin(), beginnings.end(),
                       [&line](QLatin1String one) { return line.startsWith(one); });
}

bool isNpm(const QString &line)
{
    return startsWithAny(line, {"npm ERR!"_L1, "npm error"_L1});
}

/// Stack frames, and what Node.js prints below every trace.
bool isTrailer(const QString &line)
{
    return startsWithAny(line, {"at "_L1, "Node.js v"_L1, "(Use `node "_L1});
}

bool speaksOfError(const QString &line)
{
    const auto words = {"error"_L1, "exception"_L1, "cannot"_L1};
    return isNpm(line) || std::any_of(words.begin(), words.end(), [&line](QLatin1String word) {
               return line.contains(word, Qt::CaseInsensitive);
           });
}

bool hasWord(const QString &line)
{
    return std::any_of(line.begin(), line.end(), [](QChar c) { return c.isLetterOrNumber(); });
}

/// npm says what happened first and gives general advice after it.
QString reasonOfNpm(const QStringList &lines)
{
    for (const QString &line : lines) {
        if (!isNpm(line))
            continue;
        const QString rest = line.section(u' ', 2).trimmed();
        if (hasWord(rest)
            && !startsWithAny(
                rest, {"code "_L1, "errno "_L1, "syscall "_L1, "path "_L1, "A complete log"_L1}))
            return line;
    }
    return {};
}

} // namespace

QString mostTelling(const QStringList &lines)
{
    QString lastWords;
    for (auto it = lines.rbegin(); it != lines.rend(); ++it) {
        const QString line = it->trimmed();
        if (isTrailer(line) || !hasWord(line))
            continue;
        if (speaksOfError(line)) {
            const QString reason = isNpm(line) ? reasonOfNpm(lines) : QString();
            return reason.isEmpty() ? line : reason;
        }
        if (lastWords.isEmpty())
            lastWords = line;
    }
    return lastWords.isEmpty() && !lines.isEmpty() ? lines.last().trimmed() : lastWords;
}

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

QString StderrTail::tellingLine() const
{
    QStringList all = lines();
    if (const QByteArray rest = m_partial.trimmed(); !rest.isEmpty())
        all.append(shown(rest));
    return mostTelling(all);
}

} // namespace bridge::upstream
