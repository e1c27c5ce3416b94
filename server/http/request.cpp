// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/http/request.h"

namespace bridge::http {

namespace {

bool sameName(const QByteArray &a, QByteArrayView b)
{
    return a.size() == b.size() && qstrnicmp(a.constData(), a.size(), b.data(), b.size()) == 0;
}

/// Authority of an absolute-form target (RFC 9112 §3.2.2), empty for the usual origin form.
QByteArrayView targetAuthority(QByteArrayView target)
{
    if (target.startsWith('/'))
        return {};
    const qsizetype scheme = target.indexOf("://");
    if (scheme < 0)
        return {};
    target = target.sliced(scheme + 3);
    for (qsizetype i = 0; i < target.size(); ++i) {
        if (target[i] == '/' || target[i] == '?')
            return target.first(i);
    }
    return target;
}

} // namespace

QByteArray headerValue(const Headers &headers, QByteArrayView name)
{
    for (const auto &field : headers) {
        if (sameName(field.first, name))
            return field.second;
    }
    return {};
}

bool Request::hasHeader(QByteArrayView name) const
{
    return std::any_of(headers.cbegin(), headers.cend(),
                       [name](const auto &field) { return sameName(field.first, name); });
}

QByteArray Request::cookie(QByteArrayView name) const
{
    for (const auto &field : headers) {
        if (!sameName(field.first, "cookie"))
            continue;
        for (const QByteArray &pair : field.second.split(';')) {
            const qsizetype equals = pair.indexOf('=');
            if (equals < 0 || pair.first(equals).trimmed() != name)
                continue;
            const QByteArray value = pair.sliced(equals + 1).trimmed();
            if (value.size() >= 2 && value.startsWith('"') && value.endsWith('"'))
                return value.sliced(1, value.size() - 2);
            return value;
        }
    }
    return {};
}

QString Request::queryValue(const QString &name) const
{
    QString value = query.queryItemValue(name, QUrl::PrettyDecoded);
    // HTML forms write spaces as '+'; QUrlQuery leaves that to its user.
    value.replace(u'+', u' ');
    return QUrl::fromPercentEncoding(value.toUtf8());
}

QByteArray Request::host() const
{
    const QByteArrayView authority = targetAuthority(target);
    return (authority.isEmpty() ? header("host") : authority.toByteArray()).toLower();
}

QByteArray Request::rawPath() const
{
    QByteArrayView rest = target;
    if (!rest.startsWith('/') && rest != QByteArrayView("*")) {
        const QByteArrayView authority = targetAuthority(rest);
        if (!authority.isEmpty())
            rest = rest.sliced(authority.data() + authority.size() - rest.data());
    }
    const qsizetype end = rest.indexOf('?');
    const QByteArray raw = (end < 0 ? rest : rest.first(end)).toByteArray();
    return raw.isEmpty() ? QByteArray("/") : raw;
}

} // namespace bridge::http
