// SPDX-License-Identifier: GPL-3.0-or-later
// Reads an event stream piece by piece (WHATWG HTML "Server-sent events", Interpreting an event
// stream). Pieces may end anywhere, also between CR and LF or within a UTF-8 sequence.
#pragma once

#include <QtCore/QByteArray>
#include <QtCore/QList>

#include <optional>

namespace bridge::httpclient {

struct SseEvent {
    QByteArray type;   ///< `event`, empty = "message"
    QByteArray data;   ///< lines joined by LF
    QByteArray lastId; ///< last event id in force, see SseParser::lastId()
};

class SseParser
{
public:
    /// \a maxEvent: bytes of one event's data or of one line; beyond it overflowed() is set and
    /// nothing more is read.
    explicit SseParser(qsizetype maxEvent = 64 * 1024 * 1024) : m_maxEvent(maxEvent) {}

    /// The events that \a chunk completes. Those without data are left out, but their id counts.
    QList<SseEvent> feed(QByteArrayView chunk);
    /// For `Last-Event-ID`; empty when the server gives none.
    QByteArray lastId() const { return m_lastId; }
    /// Milliseconds the server wants one to wait before a reconnect.
    std::optional<int> retry() const { return m_retry; }
    bool overflowed() const { return m_overflowed; }

private:
    void takeLine(QByteArrayView line, QList<SseEvent> &events);
    void takeField(QByteArrayView name, QByteArrayView value);
    void dispatch(QList<SseEvent> &events);

    qsizetype m_maxEvent;
    QByteArray m_line;
    QByteArray m_type;
    QByteArray m_data;
    QByteArray m_idBuffer;
    QByteArray m_lastId;
    std::optional<int> m_retry;
    bool m_hasData = false;
    bool m_skipLineFeed = false; ///< the last byte was a CR
    bool m_isStart = true;       ///< a byte order mark may come
    bool m_overflowed = false;
};

} // namespace bridge::httpclient
