// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/jsonrpc/slice.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtCore/QUtf8StringView>
#include <QtCore/QVarLengthArray>

using namespace Qt::StringLiterals;

namespace bridge::jsonrpc {

namespace {

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

bool isHex(char c)
{
    return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

class Cutter
{
public:
    Cutter(const QByteArray &text, int maxDepth)
        : m_begin(text.constData())
        , m_at(m_begin)
        , m_end(m_begin + text.size())
        , m_maxDepth(maxDepth)
    {
    }

    void blanks()
    {
        while (m_at < m_end && (*m_at == ' ' || *m_at == '\t' || *m_at == '\n' || *m_at == '\r'))
            ++m_at;
    }
    bool take(char c)
    {
        if (m_at == m_end || *m_at != c)
            return false;
        ++m_at;
        return true;
    }
    bool atEnd() const { return m_at == m_end; }
    const char *position() const { return m_at; }
    QByteArray since(const char *start) const { return QByteArray(start, m_at - start); }

    bool string();
    /// One value of any kind, \a depth levels deep already.
    bool value(int depth);
    Error error() const
    {
        return Error(ErrorCode::UpstreamFailed,
                     m_tooDeep ? u"the JSON is nested too deeply"_s
                     : m_at == m_end
                         ? u"the JSON ends too early"_s
                         : u"it is no JSON, the mistake is at byte %1"_s.arg(m_at - m_begin));
    }

private:
    bool escape();
    bool number();
    bool literal(const char *word);
    bool scalar();

    const char *m_begin;
    const char *m_at;
    const char *m_end;
    int m_maxDepth;
    bool m_tooDeep = false;
};

bool Cutter::escape()
{
    if (m_at == m_end)
        return false;
    const char c = *m_at;
    if (c == 'u') {
        if (m_end - m_at < 5 || !isHex(m_at[1]) || !isHex(m_at[2]) || !isHex(m_at[3])
            || !isHex(m_at[4]))
            return false;
        m_at += 5;
        return true;
    }
    if (c == '\0' || !strchr("\"\\/bfnrt", c))
        return false;
    ++m_at;
    return true;
}

bool Cutter::string()
{
    if (!take('"'))
        return false;
    while (m_at < m_end) {
        const char c = *m_at;
        if (c == '"') {
            ++m_at;
            return true;
        }
        if (c >= 0 && c < 0x20)
            return false;
        ++m_at;
        if (c == '\\' && !escape())
            return false;
    }
    return false;
}

bool Cutter::number()
{
    const auto digits = [this] {
        const char *start = m_at;
        while (m_at < m_end && isDigit(*m_at))
            ++m_at;
        return m_at > start;
    };
    take('-');
    if (!take('0') && !digits())
        return false;
    if (take('.') && !digits())
        return false;
    if (m_at < m_end && (*m_at == 'e' || *m_at == 'E')) {
        ++m_at;
        if (!take('+'))
            take('-');
        return digits();
    }
    return true;
}

bool Cutter::literal(const char *word)
{
    for (; *word; ++word) {
        if (!take(*word))
            return false;
    }
    return true;
}

bool Cutter::scalar()
{
    if (m_at == m_end)
        return false;
    switch (*m_at) {
    case '"':
        return string();
    case 't':
        return literal("true");
    case 'f':
        return literal("false");
    case 'n':
        return literal("null");
    default:
        return number();
    }
}

bool Cutter::value(int depth)
{
    QVarLengthArray<char, 64> closers; // what ends each open level
    bool wantsValue = true;
    for (;;) {
        blanks();
        if (wantsValue) {
            const bool isObject = m_at < m_end && *m_at == '{';
            if (isObject || (m_at < m_end && *m_at == '[')) {
                if (depth + closers.size() >= m_maxDepth) {
                    m_tooDeep = true;
                    return false;
                }
                ++m_at;
                closers.append(isObject ? '}' : ']');
                blanks();
                if (!take(closers.back())) {
                    if (isObject && !(string() && (blanks(), take(':'))))
                        return false;
                    continue;
                }
                closers.removeLast();
            } else if (!scalar()) {
                return false;
            }
        }
        if (closers.isEmpty())
            return true;
        blanks();
        if (take(closers.back())) {
            closers.removeLast();
            wantsValue = false;
            continue;
        }
        if (!take(','))
            return false;
        blanks();
        if (closers.back() == '}' && !(string() && (blanks(), take(':'))))
            return false;
        wantsValue = true;
    }
}

/// \a quotedName without quotes and escapes.
QByteArray unescaped(const QByteArray &quotedName)
{
    if (!quotedName.contains('\\'))
        return quotedName.mid(1, quotedName.size() - 2);
    return QJsonDocument::fromJson('[' + quotedName + ']').array().at(0).toString().toUtf8();
}

Error notUtf8()
{
    return Error(ErrorCode::UpstreamFailed, u"it is not UTF-8"_s);
}

} // namespace

Result<QList<Member>> members(const QByteArray &text, int maxDepth)
{
    if (!QUtf8StringView(text).isValidUtf8())
        return notUtf8();
    QList<Member> out;
    Cutter cutter(text, maxDepth);
    cutter.blanks();
    if (!cutter.take('{'))
        return cutter.error();
    cutter.blanks();
    bool done = cutter.take('}');
    while (!done) {
        cutter.blanks();
        const char *start = cutter.position();
        if (!cutter.string())
            return cutter.error();
        Member member;
        member.name = unescaped(cutter.since(start));
        cutter.blanks();
        if (!cutter.take(':'))
            return cutter.error();
        cutter.blanks();
        start = cutter.position();
        if (!cutter.value(1))
            return cutter.error();
        member.value = cutter.since(start);
        out.append(std::move(member));
        cutter.blanks();
        done = cutter.take('}');
        if (!done && !cutter.take(','))
            return cutter.error();
    }
    cutter.blanks();
    if (!cutter.atEnd())
        return cutter.error();
    return out;
}

Result<QList<QByteArray>> elements(const QByteArray &text, int maxDepth)
{
    if (!QUtf8StringView(text).isValidUtf8())
        return notUtf8();
    QList<QByteArray> out;
    Cutter cutter(text, maxDepth);
    cutter.blanks();
    if (!cutter.take('['))
        return cutter.error();
    cutter.blanks();
    bool done = cutter.take(']');
    while (!done) {
        cutter.blanks();
        const char *start = cutter.position();
        if (!cutter.value(1))
            return cutter.error();
        out.append(cutter.since(start));
        cutter.blanks();
        done = cutter.take(']');
        if (!done && !cutter.take(','))
            return cutter.error();
    }
    cutter.blanks();
    if (!cutter.atEnd())
        return cutter.error();
    return out;
}

} // namespace bridge::jsonrpc
