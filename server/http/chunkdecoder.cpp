// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/http/chunkdecoder.h"

#include "server/http/grammar.h"

#include <algorithm>

namespace bridge::http {

namespace {

constexpr qsizetype kMaxLine = 1024;
constexpr qsizetype kMaxTrailers = 8 * 1024;
constexpr int kMaxDigits = 12; // 2^48 bytes is beyond every body limit

} // namespace

ChunkDecoder::Outcome ChunkDecoder::decode(const QByteArray &bytes, qsizetype &at, QByteArray &body,
                                           qint64 limit)
{
    while (m_step != Step::Done && at < bytes.size()) {
        if (m_step == Step::Data) {
            const qsizetype part = std::min<qint64>(m_left, bytes.size() - at);
            body.append(bytes.constData() + at, part);
            at += part;
            m_left -= part;
            if (m_left == 0)
                m_step = Step::DataEnd;
            continue;
        }
        bool complete = false;
        Outcome outcome = readLine(bytes, at, complete);
        if (outcome != Outcome::More || !complete)
            return outcome;
        if (m_step == Step::DataEnd) {
            outcome = m_line.isEmpty() ? Outcome::More : Outcome::Bad;
            m_step = Step::Size;
        } else {
            outcome = m_step == Step::Size ? sizeLine(limit - body.size()) : trailerLine();
        }
        m_line.clear();
        if (outcome != Outcome::More)
            return outcome;
    }
    return m_step == Step::Done ? Outcome::Done : Outcome::More;
}

ChunkDecoder::Outcome ChunkDecoder::readLine(const QByteArray &bytes, qsizetype &at, bool &complete)
{
    const qsizetype lf = bytes.indexOf('\n', at);
    const qsizetype end = lf < 0 ? bytes.size() : lf;
    const qsizetype limit = m_step == Step::DataEnd ? 1 : kMaxLine;
    if (m_line.size() + (end - at) > limit)
        return Outcome::Bad;
    m_line.append(bytes.constData() + at, end - at);
    at = lf < 0 ? end : lf + 1;
    if (lf < 0)
        return Outcome::More;
    // A bare LF would let two parsers disagree about where the chunk ends.
    if (!m_line.endsWith('\r'))
        return Outcome::Bad;
    m_line.chop(1);
    complete = true;
    return isFieldText(m_line) ? Outcome::More : Outcome::Bad;
}

ChunkDecoder::Outcome ChunkDecoder::sizeLine(qint64 room)
{
    qsizetype digits = 0;
    qint64 size = 0;
    for (; digits < m_line.size(); ++digits) {
        const int value = hexValue(m_line[digits]);
        if (value < 0)
            break;
        if (digits == kMaxDigits)
            return Outcome::TooLarge;
        size = size * 16 + value;
    }
    QByteArrayView rest = QByteArrayView(m_line).sliced(digits).trimmed();
    if (digits == 0 || !(rest.isEmpty() || rest.startsWith(';')))
        return Outcome::Bad;
    if (size > room)
        return Outcome::TooLarge;
    m_left = size;
    m_step = size == 0 ? Step::Trailer : Step::Data;
    return Outcome::More;
}

ChunkDecoder::Outcome ChunkDecoder::trailerLine()
{
    if (m_line.isEmpty()) {
        m_step = Step::Done;
        return Outcome::More;
    }
    m_trailers += m_line.size();
    const qsizetype colon = m_line.indexOf(':');
    const bool good = colon > 0 && isToken(QByteArrayView(m_line).first(colon));
    return good && m_trailers <= kMaxTrailers ? Outcome::More : Outcome::Bad;
}

} // namespace bridge::http
