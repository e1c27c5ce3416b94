// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/jsonrpc/lineframer.h"

using namespace Qt::StringLiterals;

namespace bridge::jsonrpc {

LineFramer::LineFramer(qsizetype maxLine)
{
    m_limits.maxBytes = maxLine;
}

QList<LineFramer::Line> LineFramer::feed(const QByteArray &bytes)
{
    QList<Line> out;
    m_buffer += bytes;
    qsizetype start = 0;
    qsizetype end;
    while ((end = m_buffer.indexOf('\n', std::max(start, m_scanned))) >= 0) {
        if (std::exchange(m_skipping, false))
            ; // the tail of a line that was reported when it crossed the cap
        else if (end - start > m_limits.maxBytes)
            out.append(tooLong());
        else
            complete(m_buffer.mid(start, end - start), out);
        start = end + 1;
    }
    m_buffer.remove(0, start);
    if (m_skipping) {
        m_buffer.clear();
    } else if (m_buffer.size() > m_limits.maxBytes) {
        out.append(tooLong());
        m_skipping = true;
        m_buffer = {}; // gives the memory back, unlike clear() of a reserved buffer
    }
    m_scanned = m_buffer.size();
    return out;
}

QList<LineFramer::Line> LineFramer::finish()
{
    QList<Line> out;
    if (!m_skipping)
        complete(std::exchange(m_buffer, {}), out);
    m_buffer = {};
    m_scanned = 0;
    m_skipping = false;
    return out;
}

void LineFramer::complete(QByteArray line, QList<Line> &out) const
{
    if (line.endsWith('\r'))
        line.chop(1);
    if (!line.trimmed().isEmpty())
        out.append(parse(line, m_limits));
}

Error LineFramer::tooLong() const
{
    return Error(
        ErrorCode::PayloadTooLarge,
        u"A message is longer than the %1 bytes allowed for one line."_s.arg(m_limits.maxBytes));
}

} // namespace bridge::jsonrpc
