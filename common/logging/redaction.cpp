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
    static constexpr QLatin1StringView kWords[] = {
        QLatin1StringView("PASSWORD"), QLatin1StringView("SECRET"), QLatin1StringView("TOKEN"),
        QLatin1StringView("KEY")};
    for (const QLatin1StringView word : kWords) {
        if (name.contains(word, Qt::CaseInsensitive))
            return true;
    }
    return false;
}

} // namespace bridge::logging
