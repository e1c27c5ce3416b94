// SPDX-License-Identifier: GPL-3.0-or-later
// Structure: values, objects, arrays, numbers, repeated keys.
#include "common/json/scanner.h"

#include <QtCore/QHashFunctions>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace bridge::json {
namespace {

/// Up to here comparing every pair of keys is cheaper than sorting them.
constexpr ptrdiff_t kFewKeys = 12;

/// A key for comparison: lone surrogates keep their identity (as in WTF-8).
QByteArray comparableKey(QByteArrayView bytes)
{
    const QString text = decodeString(bytes);
    QByteArray key;
    for (qsizetype i = 0; i < text.size(); ++i) {
        const QChar c = text.at(i);
        const bool pair =
            c.isHighSurrogate() && i + 1 < text.size() && text.at(i + 1).isLowSurrogate();
        if (pair) {
            key += QStringView(text).sliced(i++, 2).toUtf8();
        } else if (c.isSurrogate()) {
            key += char(0xed);
            key += char(0x80 | ((c.unicode() >> 6) & 0x3f));
            key += char(0x80 | (c.unicode() & 0x3f));
        } else {
            key += QStringView(text).sliced(i, 1).toUtf8();
        }
    }
    return key;
}

} // namespace

Scanner::Scanner(QByteArrayView text, const ScanLimits &limits)
    : m_limits(limits)
    , m_begin(text.data())
    , m_end(text.data() + text.size())
    , m_at(text.data())
{
}

Result<std::vector<Scanner::Piece>> Scanner::run(bool record)
{
    m_record = record;
    const qsizetype size = m_end - m_begin;
    if (m_limits.maxBytes > 0 && size > m_limits.maxBytes) {
        return Error(ErrorCode::PayloadTooLarge,
                     u"The JSON text has %1 bytes, at most %2 are accepted."_s.arg(size).arg(
                         m_limits.maxBytes));
    }
    if (QByteArrayView(m_begin, size).startsWith("\xef\xbb\xbf"))
        fail(u"a byte order mark is not part of JSON, send the text without it"_s);
    State state = m_error ? State::Failed : State::Value;
    while (state != State::Done && state != State::Failed) {
        skipSpace();
        state = advance(state);
    }
    if (m_error)
        return *std::move(m_error);
    return std::move(m_pieces);
}

Scanner::State Scanner::advance(State state)
{
    switch (state) {
    case State::FirstElement:
        return m_at < m_end && *m_at == ']' ? close() : value();
    case State::FirstKey:
        return m_at < m_end && *m_at == '}' ? close() : key();
    case State::Key:
        return key();
    case State::AfterValue:
        return afterValue();
    default:
        return value();
    }
}

Scanner::State Scanner::value()
{
    if (m_at == m_end)
        return unexpected(u"a value"_s);
    beginPiece();
    switch (*m_at) {
    case '{':
        return open(true);
    case '[':
        return open(false);
    case '"':
        ++m_at;
        if (!string())
            return State::Failed;
        endPiece();
        return State::AfterValue;
    case 't':
        return literal("true");
    case 'f':
        return literal("false");
    case 'n':
        return literal("null");
    default:
        return *m_at == '-' || isDigit() ? number() : unexpected(u"a value"_s);
    }
}

Scanner::State Scanner::open(bool isObject)
{
    if (m_levels.size() >= size_t(std::max(0, m_limits.maxDepth)))
        return fail(u"it is nested deeper than %1 levels"_s.arg(m_limits.maxDepth));
    m_levels.push_back({isObject, m_keys.size()});
    ++m_at;
    return isObject ? State::FirstKey : State::FirstElement;
}

Scanner::State Scanner::close()
{
    if (m_levels.back().isObject && !keysDiffer())
        return State::Failed;
    m_levels.pop_back();
    ++m_at;
    endPiece();
    return State::AfterValue;
}

Scanner::State Scanner::key()
{
    if (m_at == m_end || *m_at != '"')
        return unexpected(u"a key in double quotes"_s);
    const char *begin = ++m_at;
    if (!string())
        return State::Failed;
    const char *end = m_at - 1;
    if (m_limits.refuseDuplicateKeys)
        keepKey(begin, end);
    if (m_record && m_levels.size() == 1)
        m_pieces.push_back({begin, end, nullptr, nullptr});
    skipSpace();
    if (m_at == m_end || *m_at != ':')
        return unexpected(u"a colon"_s);
    ++m_at;
    return State::Value;
}

Scanner::State Scanner::afterValue()
{
    if (m_levels.empty())
        return m_at == m_end ? State::Done : fail(u"something follows the value"_s);
    const bool isObject = m_levels.back().isObject;
    if (m_at < m_end && *m_at == ',') {
        ++m_at;
        return isObject ? State::Key : State::Value;
    }
    if (m_at < m_end && *m_at == (isObject ? '}' : ']'))
        return close();
    return unexpected(isObject ? u"a comma or }"_s : u"a comma or ]"_s);
}

Scanner::State Scanner::number()
{
    const char *begin = m_at;
    if (*m_at == '-')
        ++m_at;
    if (!isDigit())
        return fail(begin, u"a minus sign without digits is no number"_s);
    if (*m_at++ != '0')
        skipDigits();
    else if (isDigit())
        return fail(begin, u"a number must not begin with 0"_s);
    if (m_at < m_end && *m_at == '.') {
        ++m_at;
        if (!isDigit())
            return fail(begin, u"a number needs digits after the point"_s);
        skipDigits();
    }
    if (m_at < m_end && (*m_at == 'e' || *m_at == 'E')) {
        ++m_at;
        if (m_at < m_end && (*m_at == '+' || *m_at == '-'))
            ++m_at;
        if (!isDigit())
            return fail(begin, u"a number needs digits in its exponent"_s);
        skipDigits();
    }
    endPiece();
    return State::AfterValue;
}

Scanner::State Scanner::literal(QByteArrayView word)
{
    if (!QByteArrayView(m_at, m_end - m_at).startsWith(word))
        return fail(u"this is none of true, false and null"_s);
    m_at += word.size();
    endPiece();
    return State::AfterValue;
}

void Scanner::beginPiece()
{
    if (!m_record || m_levels.size() != 1)
        return;
    if (!m_levels.back().isObject)
        m_pieces.emplace_back();
    m_pieces.back().begin = m_at;
}

void Scanner::endPiece()
{
    if (m_record && m_levels.size() == 1)
        m_pieces.back().end = m_at;
}

void Scanner::keepKey(const char *begin, const char *end)
{
    QByteArrayView bytes(begin, end - begin);
    if (m_escaped) {
        m_decoded.push_back(comparableKey(bytes));
        bytes = m_decoded.back();
    }
    static const size_t seed = QHashSeed::globalSeed(); // so that nobody can prepare collisions
    m_keys.push_back({qHashBits(bytes.data(), size_t(bytes.size()), seed), bytes, begin});
}

bool Scanner::keysDiffer()
{
    const auto first = m_keys.begin() + ptrdiff_t(m_levels.back().firstKey);
    const auto same = [](const Key &a, const Key &b) {
        return a.hash == b.hash && a.bytes == b.bytes;
    };
    auto twin = m_keys.end();
    if (m_keys.end() - first <= kFewKeys) {
        for (auto it = first; it != m_keys.end() && twin == m_keys.end(); ++it)
            twin = std::find_if(it + 1, m_keys.end(), [&](const Key &k) { return same(*it, k); });
    } else {
        std::sort(first, m_keys.end(), [](const Key &a, const Key &b) {
            if (a.hash != b.hash)
                return a.hash < b.hash;
            const int order = a.bytes.compare(b.bytes);
            return order != 0 ? order < 0 : a.place < b.place;
        });
        twin = std::adjacent_find(first, m_keys.end(), same);
        twin += twin == m_keys.end() ? 0 : 1;
    }
    if (twin != m_keys.end()) {
        refuseRepeated(*twin);
        return false;
    }
    m_keys.erase(first, m_keys.end());
    if (m_keys.empty())
        m_decoded.clear();
    return true;
}

void Scanner::refuseRepeated(const Key &key)
{
    const QString name =
        QString::fromUtf8(key.bytes.first(std::min<qsizetype>(key.bytes.size(), 60)));
    fail(key.place - 1, u"the key \"%1\" is there twice"_s.arg(name));
}

void Scanner::skipSpace()
{
    while (m_at < m_end && (*m_at == ' ' || *m_at == '\n' || *m_at == '\r' || *m_at == '\t'))
        ++m_at;
}

void Scanner::skipDigits()
{
    while (isDigit())
        ++m_at;
}

Scanner::State Scanner::unexpected(const QString &wanted)
{
    if (m_at == m_end)
        return fail(u"the text ends where %1 is expected"_s.arg(wanted));
    if (*m_at == '\0')
        return fail(u"a NUL byte is not allowed"_s);
    return fail(u"expected %1"_s.arg(wanted));
}

Scanner::State Scanner::fail(const QString &message)
{
    return fail(m_at, message);
}

Scanner::State Scanner::fail(const char *place, const QString &message)
{
    m_error =
        Error(ErrorCode::InvalidBody,
              u"The JSON text is invalid at byte %1: %2."_s.arg(place - m_begin).arg(message));
    return State::Failed;
}

} // namespace bridge::json
