// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/httpclient/sseparser.h"

#include <algorithm>

namespace bridge::httpclient {

namespace {

constexpr QByteArrayView kByteOrderMark("\xEF\xBB\xBF");
constexpr qsizetype kMaxDigits = 8;

bool isLineEnd(char c)
{
    return c == '\n' || c == '\r';
}

} // namespace

QList<SseEvent> SseParser::feed(QByteArrayView chunk)
{
    QList<SseEvent> events;
    auto at = chunk.begin();
    while (at != chunk.end() && !m_overflowed) {
        if (std::exchange(m_skipLineFeed, false) && *at == '\n') {
            ++at;
            continue;
        }
        const auto end = std::find_if(at, chunk.end(), isLineEnd);
        m_line.append(QByteArrayView(at, end));
        if (m_line.size() + m_data.size() > m_maxEvent) {
            m_overflowed = true;
            break;
        }
        if (end == chunk.end())
            break;
        m_skipLineFeed = *end == '\r';
        if (std::exchange(m_isStart, false) && m_line.startsWith(kByteOrderMark))
            m_line.remove(0, kByteOrderMark.size());
        const QByteArray line = std::exchange(m_line, {});
        takeLine(line, events);
        at = end + 1;
    }
    return events;
}

void SseParser::takeLine(QByteArrayView line, QList<SseEvent> &events)
{
    if (line.isEmpty())
        return dispatch(events);
    const qsizetype colon = line.indexOf(':');
    if (colon == 0)
        return; // a comment
    if (colon < 0)
        return takeField(line, {});
    QByteArrayView value = line.sliced(colon + 1);
    if (value.startsWith(' '))
        value = value.sliced(1);
    takeField(line.first(colon), value);
}

void SseParser::takeField(QByteArrayView name, QByteArrayView value)
{
    if (name == QByteArrayView("data")) {
        if (m_hasData)
            m_data.append('\n');
        m_data.append(value);
        m_hasData = true;
    } else if (name == QByteArrayView("event")) {
        m_type = value.toByteArray();
    } else if (name == QByteArrayView("id")) {
        if (!value.contains('\0'))
            m_idBuffer = value.toByteArray();
    } else if (name == QByteArrayView("retry")) {
        const bool isNumber =
            !value.isEmpty() && value.size() <= kMaxDigits
            && std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
        if (isNumber)
            m_retry = value.toByteArray().toInt();
    }
}

void SseParser::dispatch(QList<SseEvent> &events)
{
    m_lastId = m_idBuffer;
    const QByteArray type = std::exchange(m_type, {});
    const QByteArray data = std::exchange(m_data, {});
    // An empty `data` field primes the client with an id and is no message (MCP 2025-11-25).
    if (std::exchange(m_hasData, false) && !data.isEmpty())
        events.append({type, data, m_lastId});
}

} // namespace bridge::httpclient
