// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/shellwords.h"

using namespace Qt::StringLiterals;

namespace bridge::config {

namespace {

class Splitter
{
public:
    explicit Splitter(const QString &text) : m_text(text) {}

    Result<QStringList> run()
    {
        while (m_at < m_text.size()) {
            if (!step())
                return Error(ErrorCode::InvalidConfig, m_problem);
        }
        endWord();
        return m_words;
    }

private:
    /// Takes what begins at the position outside quotes; false on a problem.
    bool step()
    {
        const QChar c = m_text.at(m_at++);
        if (c == u' ' || c == u'\t' || c == u'\n' || c == u'\r') {
            endWord();
            return true;
        }
        m_inWord = true;
        if (c == u'\'')
            return singleQuoted();
        if (c == u'"')
            return doubleQuoted();
        if (c == u'\\')
            return escaped();
        m_word += c;
        return true;
    }

    bool escaped()
    {
        if (m_at >= m_text.size()) {
            m_problem = u"ends with a lone backslash; remove it or write two."_s;
            return false;
        }
        const QChar c = m_text.at(m_at++);
        if (c != u'\n') // a continued line
            m_word += c;
        return true;
    }

    bool singleQuoted()
    {
        const qsizetype end = m_text.indexOf(u'\'', m_at);
        if (end < 0)
            return openQuote(u'\'');
        m_word += QStringView(m_text).mid(m_at, end - m_at);
        m_at = end + 1;
        return true;
    }

    bool doubleQuoted()
    {
        while (m_at < m_text.size()) {
            const QChar c = m_text.at(m_at++);
            if (c == u'"')
                return true;
            // Inside double quotes a backslash only escapes these (XCU §2.2.3).
            const bool escape = c == u'\\' && m_at < m_text.size()
                                && QStringView(u"$`\"\\\n").contains(m_text.at(m_at));
            if (!escape)
                m_word += c;
            else if (const QChar next = m_text.at(m_at++); next != u'\n')
                m_word += next;
        }
        return openQuote(u'"');
    }

    bool openQuote(QChar quote)
    {
        m_problem = u"has a quote %1 that is never closed; close it."_s.arg(quote);
        return false;
    }

    void endWord()
    {
        if (m_inWord)
            m_words.append(m_word);
        m_word.clear();
        m_inWord = false;
    }

    const QString &m_text;
    qsizetype m_at = 0;
    QStringList m_words;
    QString m_word;
    QString m_problem;
    bool m_inWord = false; ///< '' is a word, too
};

} // namespace

Result<QStringList> splitShellWords(const QString &text)
{
    return Splitter(text).run();
}

} // namespace bridge::config
