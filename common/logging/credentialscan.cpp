// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/logging/credentialscan.h"

#include "common/logging/redaction.h"

#include <QtCore/QList>

#include <algorithm>
#include <iterator>
#include <utility>

using namespace Qt::StringLiterals;

namespace bridge::logging {

namespace {

bool isAsciiAlnum(QChar c)
{
    return c.unicode() < 128 && c.isLetterOrNumber();
}

bool isNameChar(QChar c)
{
    return isAsciiAlnum(c) || c == u'_' || c == u'-' || c == u'.';
}

/// token68 of RFC 7235 §2.1.
bool isTokenChar(QChar c)
{
    return isNameChar(c) || c == u'~' || c == u'+' || c == u'/' || c == u'=';
}

bool endsPlainValue(QChar c)
{
    return c.isSpace() || QStringView(u"&\"'<>,;()[]{}|\\`").contains(c);
}

template <typename Predicate>
qsizetype skip(const QString &text, qsizetype from, Predicate wanted)
{
    while (from < text.size() && wanted(text.at(from)))
        ++from;
    return from;
}

/// Collects what to hide and hides it in one pass, so that a hostile line costs linear work.
class Masks
{
public:
    explicit Masks(QString &text) : m_text(text) {}

    const QString &text() const { return m_text; }
    /// Hides [from, to); returns where to go on.
    qsizetype add(qsizetype from, qsizetype to)
    {
        if (to > from)
            m_ranges.append({from, to});
        return to;
    }
    ~Masks()
    {
        if (m_ranges.isEmpty())
            return;
        QString clean;
        clean.reserve(m_text.size() + m_ranges.size() * kRedacted.size());
        qsizetype done = 0;
        for (const auto &[from, to] : std::as_const(m_ranges)) {
            clean += QStringView(m_text).mid(done, from - done);
            clean += kRedacted;
            done = to;
        }
        m_text = clean + QStringView(m_text).mid(done);
    }

private:
    Q_DISABLE_COPY_MOVE(Masks)
    QString &m_text;
    QList<std::pair<qsizetype, qsizetype>> m_ranges;
};

/// Words that follow "Bearer" in prose and in challenges, where nothing secret follows.
bool isPlainWord(QStringView word)
{
    static constexpr QLatin1StringView kWords[] = {
        "token"_L1,         "tokens"_L1,        "auth"_L1,   "authentication"_L1,
        "authorization"_L1, "credentials"_L1,   "scheme"_L1, "header"_L1,
        "realm="_L1,        "scope="_L1,        "error="_L1, "resource_metadata="_L1,
        "settings"_L1,      "configuration"_L1, "usage"_L1,  kRedacted};
    return std::any_of(std::begin(kWords), std::end(kWords), [&](QLatin1StringView known) {
        return word.compare(known, Qt::CaseInsensitive) == 0;
    });
}

/// "Basic" is followed by prose more often than by credentials; those are base64 of `user:password`
/// and hardly ever lower-case letters only.
bool isPlainAfterBasic(QStringView word)
{
    return isPlainWord(word)
           || std::all_of(word.begin(), word.end(), [](QChar c) { return c >= u'a' && c <= u'z'; });
}

template <typename Predicate>
void maskScheme(QString &target, QLatin1StringView scheme, Predicate isPlain)
{
    Masks masks(target);
    const QString &text = masks.text();
    qsizetype at = text.indexOf(scheme, 0, Qt::CaseInsensitive);
    while (at >= 0) {
        const qsizetype gap = at + scheme.size();
        const qsizetype from = skip(text, gap, [](QChar c) { return c == u' ' || c == u'\t'; });
        qsizetype to = skip(text, from, isTokenChar);
        // What stands before does not matter: it may be the n of an escaped line break.
        if (from > gap && !isPlain(QStringView(text).mid(from, to - from)))
            to = masks.add(from, to);
        at = text.indexOf(scheme, std::max(to, gap), Qt::CaseInsensitive);
    }
}

/// The last part of a name decides: `access_token`, `clientSecret` and `x-api-key` are secrets,
/// `token_type` and `monkey` are not.
bool namesSecretValue(QStringView name)
{
    static constexpr QLatin1StringView kEndings[] = {
        "token"_L1,      "secret"_L1,    "password"_L1,   "passwd"_L1,    "apikey"_L1,
        "api_key"_L1,    "api-key"_L1,   "access_key"_L1, "accesskey"_L1, "private_key"_L1,
        "privatekey"_L1, "signature"_L1, "assertion"_L1};
    return std::any_of(std::begin(kEndings), std::end(kEndings), [&](QLatin1StringView ending) {
        return name.endsWith(ending, Qt::CaseInsensitive);
    });
}

/// Short names that mean a secret only where parameters are listed: `?key=`, `&code=`.
bool namesSecretParameter(QStringView name)
{
    return name.compare("key"_L1, Qt::CaseInsensitive) == 0
           || name.compare("code"_L1, Qt::CaseInsensitive) == 0
           || name.compare("sig"_L1, Qt::CaseInsensitive) == 0;
}

/// Names that tell a secret even without quotes, `password: x`. A bare "token" does not: parsers
/// say "Unexpected token: x".
bool namesSecretInProse(QStringView name)
{
    return namesSecretValue(name) && name.compare("token"_L1, Qt::CaseInsensitive) != 0;
}

bool namesCredentialHeader(QStringView name)
{
    static constexpr QLatin1StringView kNames[] = {
        "authorization"_L1, "proxy-authorization"_L1, "cookie"_L1,
        "set-cookie"_L1,    "x-api-key"_L1,           "x-auth-request-access-token"_L1};
    return std::any_of(std::begin(kNames), std::end(kNames), [&](QLatin1StringView known) {
        return name.compare(known, Qt::CaseInsensitive) == 0;
    });
}

/// Where the value starting at \a from ends; a quoted one ends at its unescaped closing quote.
qsizetype endOfValue(const QString &text, qsizetype &from)
{
    if (from >= text.size() || (text.at(from) != u'"' && text.at(from) != u'\''))
        return skip(text, from, [](QChar c) { return !endsPlainValue(c); });
    const QChar quote = text.at(from++);
    qsizetype to = from;
    while (to < text.size() && text.at(to) != quote)
        to += text.at(to) == u'\\' ? 2 : 1;
    return std::min(to, text.size());
}

/// What stands left of a `=` or `:`, and how it was written.
struct Name {
    QStringView text;
    bool quoted = false;
    bool parameter = false; ///< begins the text or follows `?` or `&`
};

Name nameBefore(const QString &text, qsizetype separator)
{
    qsizetype end = separator;
    while (end > 0 && text.at(end - 1) == u' ')
        --end;
    const bool quoted = end > 0 && (text.at(end - 1) == u'"' || text.at(end - 1) == u'\'');
    if (quoted)
        --end;
    // A JSON text inside a JSON text has its quotes escaped.
    if (quoted && end > 0 && text.at(end - 1) == u'\\')
        --end;
    qsizetype start = end;
    while (start > 0 && isNameChar(text.at(start - 1)))
        --start;
    const bool parameter = start == 0 || text.at(start - 1) == u'?' || text.at(start - 1) == u'&';
    return {QStringView(text).mid(start, end - start), quoted, parameter};
}

qsizetype maskAfterEquals(Masks &masks, qsizetype at)
{
    const QString &text = masks.text();
    const Name name = nameBefore(text, at);
    if (!namesSecretValue(name.text) && !(name.parameter && namesSecretParameter(name.text)))
        return at + 1;
    qsizetype from = at + 1;
    const qsizetype to = endOfValue(text, from);
    return std::max(masks.add(from, to), at + 1);
}

qsizetype maskAfterColon(Masks &masks, qsizetype at)
{
    const QString &text = masks.text();
    const Name name = nameBefore(text, at);
    qsizetype from = skip(text, at + 1, [](QChar c) { return c == u' '; });
    if (!name.quoted && namesCredentialHeader(name.text)) {
        const qsizetype to = skip(text, from, [](QChar c) { return c != u'\n' && c != u'\r'; });
        return std::max(masks.add(from, to), at + 1);
    }
    const bool secret = name.quoted
                            ? namesSecretValue(name.text) || namesCredentialHeader(name.text)
                            : from > at + 1 && namesSecretInProse(name.text);
    if (!secret)
        return at + 1;
    if (from + 1 < text.size() && text.at(from) == u'\\') {
        from += 2; // behind an escaped quote; its partner is escaped as well
        const qsizetype to = skip(text, from, [](QChar c) { return c != u'\\' && c != u'"'; });
        return std::max(masks.add(from, to), at + 1);
    }
    const qsizetype to = endOfValue(text, from);
    return std::max(masks.add(from, to), at + 1);
}

} // namespace

void maskSchemes(QString &text)
{
    maskScheme(text, "bearer"_L1, isPlainWord);
    maskScheme(text, "basic"_L1, isPlainAfterBasic);
}

void maskJsonWebTokens(QString &target)
{
    Masks masks(target);
    const QString &text = masks.text();
    qsizetype at = text.indexOf("eyJ"_L1);
    while (at >= 0) {
        const qsizetype to = skip(text, at, isNameChar);
        const auto dots = QStringView(text).mid(at, to - at).count(u'.');
        const qsizetype next = dots >= 2 ? masks.add(at, to) : to;
        at = text.indexOf("eyJ"_L1, next);
    }
}

void maskUserInfo(QString &target)
{
    Masks masks(target);
    const QString &text = masks.text();
    qsizetype at = text.indexOf("://"_L1);
    while (at >= 0) {
        const qsizetype from = at + 3;
        const qsizetype end = skip(text, from, [](QChar c) {
            return !c.isSpace() && !QStringView(u"/?#\"'<>").contains(c);
        });
        const qsizetype length = QStringView(text).mid(from, end - from).lastIndexOf(u'@');
        masks.add(from, from + length);
        at = text.indexOf("://"_L1, end);
    }
}

void maskNamedValues(QString &target)
{
    Masks masks(target);
    const QString &text = masks.text();
    for (qsizetype at = 0; at < text.size();) {
        const QChar c = text.at(at);
        if (c == u'=')
            at = maskAfterEquals(masks, at);
        else if (c == u':')
            at = maskAfterColon(masks, at);
        else
            ++at;
    }
}

} // namespace bridge::logging
