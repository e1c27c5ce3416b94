// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/strategy.h"

namespace bridge::auth {

namespace {

bool isCalled(const QByteArray &field, QByteArrayView name)
{
    return field.size() == name.size()
           && qstrnicmp(field.constData(), name.data(), size_t(name.size())) == 0;
}

QByteArrayView unquoted(QByteArrayView value)
{
    if (value.size() >= 2 && value.startsWith('"') && value.endsWith('"'))
        return value.sliced(1, value.size() - 2);
    return value;
}

/// Value of cookie \a name among the pairs of one Cookie field; null when it is not there.
QByteArrayView cookieIn(QByteArrayView field, QByteArrayView name)
{
    while (!field.isEmpty()) {
        const qsizetype end = field.indexOf(';');
        const QByteArrayView pair = (end < 0 ? field : field.first(end)).trimmed();
        field = end < 0 ? QByteArrayView() : field.sliced(end + 1);
        const qsizetype equals = pair.indexOf('=');
        if (equals >= 0 && pair.first(equals).trimmed() == name)
            return unquoted(pair.sliced(equals + 1).trimmed());
    }
    return {};
}

} // namespace

QByteArray AuthRequest::header(QByteArrayView name) const
{
    for (const auto &[field, value] : *headers) {
        if (isCalled(field, name))
            return value;
    }
    return {};
}

int AuthRequest::count(QByteArrayView name) const
{
    int found = 0;
    for (const auto &[field, value] : *headers)
        found += isCalled(field, name) ? 1 : 0;
    return found;
}

QByteArray AuthRequest::cookie(QByteArrayView name) const
{
    for (const auto &[field, value] : *headers) {
        if (!isCalled(field, "cookie"))
            continue;
        const QByteArrayView found = cookieIn(value, name);
        if (!found.isNull())
            return found.toByteArray();
    }
    return {};
}

} // namespace bridge::auth
