// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/json/regex.h"

#include <QtCore/QHash>

using namespace Qt::StringLiterals;

namespace bridge::json {
namespace {

/// Long names of Unicode general categories that ECMA-262 knows and PCRE2 does not.
QString shortProperty(const QString &name)
{
    static const QHash<QString, QString> names = {
        {u"Letter"_s, u"L"_s},
        {u"Uppercase_Letter"_s, u"Lu"_s},
        {u"Lowercase_Letter"_s, u"Ll"_s},
        {u"Titlecase_Letter"_s, u"Lt"_s},
        {u"Modifier_Letter"_s, u"Lm"_s},
        {u"Other_Letter"_s, u"Lo"_s},
        {u"Alphabetic"_s, u"L"_s},
        {u"Uppercase"_s, u"Lu"_s},
        {u"Lowercase"_s, u"Ll"_s},
        {u"Mark"_s, u"M"_s},
        {u"Nonspacing_Mark"_s, u"Mn"_s},
        {u"Spacing_Mark"_s, u"Mc"_s},
        {u"Enclosing_Mark"_s, u"Me"_s},
        {u"Number"_s, u"N"_s},
        {u"Decimal_Number"_s, u"Nd"_s},
        {u"digit"_s, u"Nd"_s},
        {u"Letter_Number"_s, u"Nl"_s},
        {u"Other_Number"_s, u"No"_s},
        {u"Punctuation"_s, u"P"_s},
        {u"punct"_s, u"P"_s},
        {u"Connector_Punctuation"_s, u"Pc"_s},
        {u"Dash_Punctuation"_s, u"Pd"_s},
        {u"Open_Punctuation"_s, u"Ps"_s},
        {u"Close_Punctuation"_s, u"Pe"_s},
        {u"Initial_Punctuation"_s, u"Pi"_s},
        {u"Final_Punctuation"_s, u"Pf"_s},
        {u"Other_Punctuation"_s, u"Po"_s},
        {u"Symbol"_s, u"S"_s},
        {u"Math_Symbol"_s, u"Sm"_s},
        {u"Currency_Symbol"_s, u"Sc"_s},
        {u"Modifier_Symbol"_s, u"Sk"_s},
        {u"Other_Symbol"_s, u"So"_s},
        {u"Separator"_s, u"Z"_s},
        {u"Space_Separator"_s, u"Zs"_s},
        {u"Line_Separator"_s, u"Zl"_s},
        {u"Paragraph_Separator"_s, u"Zp"_s},
        {u"Other"_s, u"C"_s},
        {u"Control"_s, u"Cc"_s},
        {u"Format"_s, u"Cf"_s},
        {u"Surrogate"_s, u"Cs"_s},
        {u"Private_Use"_s, u"Co"_s},
        {u"Unassigned"_s, u"Cn"_s},
    };
    // `General_Category=Lu`, `Script=Greek`, `gc=…`, `sc=…`, `scx=…`: PCRE2 wants the value alone.
    const QString value = name.mid(name.indexOf(u'=') + 1);
    return names.value(value, value);
}

class EcmaTranslator
{
public:
    explicit EcmaTranslator(const QString &pattern) : m_in(pattern) {}

    Result<QString> run()
    {
        while (m_at < m_in.size() && m_problem.isEmpty())
            step();
        if (!m_problem.isEmpty())
            return Error(ErrorCode::InvalidArguments, m_problem);
        return m_out;
    }

private:
    QChar peek(qsizetype ahead) const
    {
        return m_at + ahead < m_in.size() ? m_in.at(m_at + ahead) : QChar();
    }
    void copy(qsizetype units) { m_out += QStringView(m_in).sliced(m_at, units), m_at += units; }
    void replace(qsizetype units, QLatin1StringView by) { m_out += by, m_at += units; }

    void step()
    {
        const QChar c = m_in.at(m_at);
        if (c == u'\\')
            escape();
        else if (m_inClass)
            classCharacter(c);
        else if (c == u'[')
            openClass();
        else if (c == u'$')
            replace(1, "\\z"_L1); // `$` of PCRE2 would also match before a final newline
        else if (c == u'(' && peek(1) == u'*')
            m_problem = u"nothing to repeat at position %1"_s.arg(m_at + 1);
        else
            copy(1);
    }

    void classCharacter(QChar c)
    {
        if (c == u'[') {
            replace(1, "\\["_L1); // literal in ECMA-262, may begin `[:name:]` in PCRE2
            return;
        }
        m_inClass = c != u']';
        copy(1);
    }

    void openClass()
    {
        if (peek(1) == u']') {
            replace(2, "(?!)"_L1); // matches nothing
        } else if (peek(1) == u'^' && peek(2) == u']') {
            replace(3, "[\\s\\S]"_L1);
        } else {
            m_inClass = true;
            copy(peek(1) == u'^' ? 2 : 1);
        }
    }

    void escape()
    {
        const QChar c = peek(1);
        if (c == u'u')
            unicodeEscape();
        else if ((c == u'p' || c == u'P') && peek(2) == u'{')
            propertyEscape();
        else if (c == u'C' || c == u'K' || c == u'G' || c == u'Q' || c == u'E')
            m_problem = u"unknown escape \\%1 at position %2"_s.arg(c).arg(m_at);
        else if (m_at + 1 >= m_in.size())
            m_problem = u"it ends in a single backslash"_s;
        else
            copy(2);
    }

    std::optional<uint> hex(qsizetype ahead, qsizetype digits) const
    {
        if (m_at + ahead + digits > m_in.size())
            return std::nullopt;
        bool ok = false;
        const uint unit = QStringView(m_in).sliced(m_at + ahead, digits).toUInt(&ok, 16);
        return ok ? std::optional(unit) : std::nullopt;
    }

    void codePoint(qsizetype units, uint code)
    {
        m_out += "\\x{"_L1 % QString::number(code, 16) % u'}';
        m_at += units;
    }

    void unicodeEscape()
    {
        if (peek(2) == u'{') {
            const qsizetype end = m_in.indexOf(u'}', m_at);
            const auto code = end > m_at + 3 ? hex(3, end - m_at - 3) : std::nullopt;
            if (code)
                codePoint(end + 1 - m_at, *code);
            else
                m_problem = u"bad \\u{…} at position %1"_s.arg(m_at);
            return;
        }
        const auto high = hex(2, 4);
        if (!high) {
            m_problem = u"\\u needs four hexadecimal digits at position %1"_s.arg(m_at);
            return;
        }
        const auto low = peek(6) == u'\\' && peek(7) == u'u' ? hex(8, 4) : std::nullopt;
        if (QChar::isHighSurrogate(*high) && low && QChar::isLowSurrogate(*low))
            codePoint(12, QChar::surrogateToUcs4(char16_t(*high), char16_t(*low)));
        else
            codePoint(6, *high);
    }

    void propertyEscape()
    {
        const qsizetype end = m_in.indexOf(u'}', m_at);
        if (end < 0) {
            m_problem = u"\\p{ is not closed at position %1"_s.arg(m_at);
            return;
        }
        m_out +=
            "\\"_L1 % peek(1) % u'{' % shortProperty(m_in.sliced(m_at + 3, end - m_at - 3)) % u'}';
        m_at = end + 1;
    }

    const QString m_in;
    QString m_out;
    QString m_problem;
    qsizetype m_at = 0;
    bool m_inClass = false;
};

} // namespace

Result<Regex> Regex::compile(const QString &pattern)
{
    if (pattern.size() > kMaxPatternLength) {
        return Error(ErrorCode::InvalidArguments,
                     u"the pattern is longer than %1 characters"_s.arg(kMaxPatternLength));
    }
    Result<QString> translated = EcmaTranslator(pattern).run();
    Regex regex;
    regex.m_pattern = pattern;
    QString reason;
    if (translated) {
        regex.m_regex.setPattern(u"(*LIMIT_MATCH=%1)"_s.arg(kMatchLimit) % *translated);
        if (regex.m_regex.isValid())
            return regex;
        reason = regex.m_regex.errorString();
    } else {
        reason = translated.error().message;
    }
    return Error(
        ErrorCode::InvalidArguments,
        u"the pattern \"%1\" is no regular expression: %2"_s.arg(pattern.left(80), reason));
}

Regex::Outcome Regex::match(const QString &text) const
{
    // A lone surrogate is no Unicode text and would be refused: replace it.
    const bool wellFormed = QStringView(text).isValidUtf16();
    const QString subject = wellFormed ? text : QString::fromUtf8(text.toUtf8());
    const QRegularExpressionMatch match = m_regex.match(subject);
    if (!match.isValid())
        return Outcome::TooExpensive;
    return match.hasMatch() ? Outcome::Match : Outcome::NoMatch;
}

} // namespace bridge::json
