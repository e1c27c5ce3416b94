// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/logging/redaction.h"

#include "common/logging/credentialscan.h"
#include "common/logging/secretstore.h"

namespace bridge::logging {

namespace {

/// Which scanners a text needs at all; most log lines need none.
struct Hints {
    bool separator = false;
    bool scheme = false;
    bool jsonWebToken = false;
};

Hints inspect(const QString &text)
{
    Hints hints;
    char16_t previous = 0;
    for (const QChar c : text) {
        const char16_t now = c.unicode();
        const char16_t lower = now | 0x20;
        if (now == u':' || now == u'=')
            hints.separator = true;
        else if ((previous | 0x20) == u'b' && (lower == u'e' || lower == u'a'))
            hints.scheme = true;
        else if (previous == u'e' && now == u'y')
            hints.jsonWebToken = true;
        previous = now;
    }
    return hints;
}

/// The word that makes a name secret and begins with \a letter. U+017F and U+212A are an s and a k
/// to whoever ignores case.
QLatin1StringView secretWord(QChar letter)
{
    switch (letter.unicode()) {
    case u'P':
    case u'p':
        return QLatin1StringView("PASSWORD");
    case u'S':
    case u's':
    case u'\u017f':
        return QLatin1StringView("SECRET");
    case u'T':
    case u't':
        return QLatin1StringView("TOKEN");
    case u'K':
    case u'k':
    case u'\u212a':
        return QLatin1StringView("KEY");
    default:
        return {};
    }
}

} // namespace

QString redact(const QString &text)
{
    QString clean = text; // shared until a scanner finds something
    secretStore().mask(clean);
    const Hints hints = inspect(clean);
    if (hints.separator)
        maskUserInfo(clean);
    if (hints.scheme)
        maskSchemes(clean);
    if (hints.jsonWebToken)
        maskJsonWebTokens(clean);
    if (hints.separator)
        maskNamedValues(clean);
    return clean;
}

void registerSecret(const QString &secret)
{
    secretStore().add(secret);
}

void forgetSecret(const QString &secret)
{
    secretStore().remove(secret);
}

bool isSecretName(QStringView name)
{
    for (qsizetype i = 0; i < name.size(); ++i) {
        const QLatin1StringView word = secretWord(name.at(i));
        if (!word.isEmpty() && name.sliced(i).startsWith(word, Qt::CaseInsensitive))
            return true;
    }
    return false;
}

} // namespace bridge::logging
