// SPDX-License-Identifier: GPL-3.0-or-later
// Decodes the chunked transfer coding (RFC 9112 §7.1) incrementally. Extensions and trailer
// fields are checked for shape and dropped.
#pragma once

#include <QtCore/QByteArray>

namespace bridge::http {

class ChunkDecoder
{
public:
    enum class Outcome { More, Done, Bad, TooLarge };

    /// Reads from \a bytes at \a at, which is moved on, and appends data to \a body, which never
    /// grows beyond \a limit bytes.
    Outcome decode(const QByteArray &bytes, qsizetype &at, QByteArray &body, qint64 limit);
    void reset() { *this = ChunkDecoder(); }

private:
    enum class Step { Size, Data, DataEnd, Trailer, Done };

    Outcome readLine(const QByteArray &bytes, qsizetype &at, bool &complete);
    Outcome sizeLine(qint64 room);
    Outcome trailerLine();

    Step m_step = Step::Size;
    QByteArray m_line;        ///< size or trailer line without CRLF
    qint64 m_left = 0;        ///< bytes of the current chunk still to come
    qsizetype m_trailers = 0; ///< bytes of trailer fields so far
};

} // namespace bridge::http
