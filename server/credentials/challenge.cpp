// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/credentials/challenge.h"

#include <QtCore/QMap>

using namespace Qt::StringLiterals;

namespace bridge::credentials {

namespace {

constexpr qsizetype kMaxField = 8'192;

bool isTokenChar(QChar c)
{
    return c.unicode() > ' ' && c.unicode() < 127 && !u"\"(),/:;<=>?@[\\]{}"_s.contains(c);
}

/// Walks through `Scheme a=b, c="d", Other …`.
class Reader
{
public:
    explicit Reader(const QString &text) : m_text(text) {}

    /// The parameters of the first challenge called Bearer.
    std::optional<QMap<QString, QString>> bearer()
    {
        while (m_at < m_text.size()) {
            skip(u" \t,"_s);
            const QString scheme = token();
            if (scheme.isEmpty())
                return std::nullopt;
            const QMap<QString, QString> found = parameters();
            if (scheme.compare("bearer"_L1, Qt::CaseInsensitive) == 0)
                return found;
        }
        return std::nullopt;
    }

private:
    void skip(const QString &characters)
    {
        while (m_at < m_text.size() && characters.contains(m_text[m_at]))
            ++m_at;
    }
    QString token()
    {
        const qsizetype begin = m_at;
        while (m_at < m_text.size() && isTokenChar(m_text[m_at]))
            ++m_at;
        return m_text.mid(begin, m_at - begin);
    }
    QString value()
    {
        if (m_at >= m_text.size() || m_text[m_at] != u'"')
            return token();
        QString text;
        for (++m_at; m_at < m_text.size() && m_text[m_at] != u'"'; ++m_at) {
            if (m_text[m_at] == u'\\' && m_at + 1 < m_text.size())
                ++m_at;
            text += m_text[m_at];
        }
        ++m_at;
        return text;
    }
    QMap<QString, QString> parameters()
    {
        QMap<QString, QString> found;
        for (;;) {
            skip(u" \t,"_s);
            const qsizetype before = m_at;
            const QString name = token().toLower();
            skip(u" \t"_s);
            if (name.isEmpty() || m_at >= m_text.size() || m_text[m_at] != u'=') {
                m_at = name.isEmpty() ? m_text.size() : before; // the next scheme
                return found;
            }
            ++m_at;
            skip(u" \t="_s);
            const QString text = value();
            if (!found.contains(name))
                found.insert(name, text);
        }
    }

    const QString m_text;
    qsizetype m_at = 0;
};

} // namespace

std::optional<BearerChallenge> bearerChallenge(const httpclient::Headers &headers)
{
    for (const httpclient::Header &header : headers) {
        if (header.first.compare("www-authenticate", Qt::CaseInsensitive) != 0
            || header.second.size() > kMaxField)
            continue;
        const auto found = Reader(QString::fromLatin1(header.second)).bearer();
        if (!found)
            continue;
        BearerChallenge challenge;
        const QUrl url(found->value(u"resource_metadata"_s), QUrl::StrictMode);
        const bool isWeb = url.scheme() == "https"_L1 || url.scheme() == "http"_L1;
        if (url.isValid() && isWeb && !url.host().isEmpty() && url.userInfo().isEmpty())
            challenge.resourceMetadata = url;
        challenge.scopes = found->value(u"scope"_s).split(u' ', Qt::SkipEmptyParts);
        challenge.error = found->value(u"error"_s);
        return challenge;
    }
    return std::nullopt;
}

} // namespace bridge::credentials
