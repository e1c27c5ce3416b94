// SPDX-License-Identifier: GPL-3.0-or-later
// The part of Scanner for strings: UTF-8, escapes, control characters.
#include "common/json/scanner.h"

#include <cstring>

using namespace Qt::StringLiterals;

namespace bridge::json {
namespace {

int hexDigit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    const char lower = char(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

} // namespace

/// Eight bytes at a time over what needs no look: ASCII without quote, backslash and controls.
const char *Scanner::skipPlain(const char *at) const
{
    constexpr quint64 kOnes = 0x0101010101010101;
    while (m_end - at >= 8) {
        quint64 word;
        std::memcpy(&word, at, 8);
        // A byte below n sets its top bit in word - n; a byte equal to c does so in (word^c) - 1.
        const quint64 odd = word | (word - kOnes * 0x20) | ((word ^ kOnes * '"') - kOnes)
                            | ((word ^ kOnes * '\\') - kOnes);
        if (odd & (kOnes * 0x80))
            break;
        at += 8;
    }
    return at;
}

bool Scanner::string()
{
    m_escaped = false;
    while (true) {
        m_at = skipPlain(m_at);
        if (m_at == m_end) {
            fail(u"the text ends inside a string"_s);
            return false;
        }
        const auto byte = uchar(*m_at);
        if (byte == '"') {
            ++m_at;
            return true;
        }
        if (byte == '\\') {
            if (!escape())
                return false;
        } else if (byte >= 0x80) {
            if (!multiByte())
                return false;
        } else if (byte < 0x20) {
            fail(byte == 0 ? u"a NUL byte is not allowed"_s
                           : u"a control character in a string must be escaped"_s);
            return false;
        } else {
            ++m_at;
        }
    }
}

/// Well-formed sequences only (Unicode, table 3-7).
bool Scanner::multiByte()
{
    const auto lead = uchar(*m_at);
    const int length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    bool good = lead >= 0xc2 && lead <= 0xf4 && m_end - m_at >= length;
    for (int i = 1; good && i < length; ++i)
        good = (uchar(m_at[i]) & 0xc0) == 0x80;
    if (good && length > 2) {
        const auto second = uchar(m_at[1]);
        good = !(lead == 0xe0 && second < 0xa0) && !(lead == 0xed && second > 0x9f)
               && !(lead == 0xf0 && second < 0x90) && !(lead == 0xf4 && second > 0x8f);
    }
    if (good)
        m_at += length;
    else
        fail(u"the bytes are no UTF-8"_s);
    return good;
}

bool Scanner::escape()
{
    m_escaped = true;
    const char next = m_end - m_at > 1 ? m_at[1] : '\0';
    if (next == 'u')
        return unicodeEscape();
    if (next == '\0' || !std::strchr("\"\\/bfnrt", next)) {
        fail(u"a backslash must be followed by one of \" \\ / b f n r t u"_s);
        return false;
    }
    m_at += 2;
    return true;
}

std::optional<uint> Scanner::hexUnit(const char *at) const
{
    if (m_end - at < 6 || at[0] != '\\' || at[1] != 'u')
        return std::nullopt;
    uint unit = 0;
    for (int i = 2; i < 6; ++i) {
        const int digit = hexDigit(at[i]);
        if (digit < 0)
            return std::nullopt;
        unit = unit * 16 + uint(digit);
    }
    return unit;
}

bool Scanner::unicodeEscape()
{
    const std::optional<uint> unit = hexUnit(m_at);
    if (!unit) {
        fail(u"\\u must be followed by four hexadecimal digits"_s);
        return false;
    }
    if (m_limits.refuseLoneSurrogates && QChar::isSurrogate(*unit)) {
        const std::optional<uint> next = hexUnit(m_at + 6 <= m_end ? m_at + 6 : m_end);
        if (!QChar::isHighSurrogate(*unit) || !next || !QChar::isLowSurrogate(*next)) {
            fail(u"half a surrogate pair is no character"_s);
            return false;
        }
        m_at += 6;
    }
    m_at += 6;
    return true;
}

QString decodeString(QByteArrayView bytes)
{
    qsizetype from = 0;
    QString text;
    for (qsizetype at = bytes.indexOf('\\'); at >= 0; at = bytes.indexOf('\\', from)) {
        text += QString::fromUtf8(bytes.sliced(from, at - from));
        const char kind = bytes[at + 1];
        from = at + (kind == 'u' ? 6 : 2);
        if (kind == 'u') {
            text += QChar(ushort(bytes.sliced(at + 2, 4).toByteArray().toUInt(nullptr, 16)));
        } else {
            static constexpr char kKinds[] = "bfnrt";
            static constexpr char kMeanings[] = "\b\f\n\r\t";
            const char *found = std::strchr(kKinds, kind);
            text += QLatin1Char(found ? kMeanings[found - kKinds] : kind);
        }
    }
    return text + QString::fromUtf8(bytes.sliced(from));
}

} // namespace bridge::json
