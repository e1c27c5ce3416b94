// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/uritemplate.h"

#include <QtCore/QStringList>

namespace bridge::gateway {

namespace {

/// The literal texts between the expressions, the first and last perhaps empty.
QStringList literalsOf(const QString &uriTemplate)
{
    QStringList literals;
    qsizetype from = 0;
    for (;;) {
        const qsizetype open = uriTemplate.indexOf(u'{', from);
        const qsizetype close = open < 0 ? -1 : uriTemplate.indexOf(u'}', open);
        if (close < 0)
            break;
        literals.append(uriTemplate.mid(from, open - from));
        from = close + 1;
    }
    literals.append(uriTemplate.mid(from));
    return literals;
}

} // namespace

bool matchesTemplate(const QString &uriTemplate, const QString &uri)
{
    QStringList literals = literalsOf(uriTemplate);
    if (literals.size() == 1)
        return uriTemplate == uri;
    const QString first = literals.takeFirst();
    const QString last = literals.takeLast();
    if (uri.size() < first.size() + last.size() || !uri.startsWith(first) || !uri.endsWith(last))
        return false;
    qsizetype at = first.size();
    const qsizetype end = uri.size() - last.size();
    for (const QString &literal : std::as_const(literals)) {
        const qsizetype found = uri.indexOf(literal, at);
        if (found < 0 || found + literal.size() > end)
            return false;
        at = found + literal.size();
    }
    return true;
}

} // namespace bridge::gateway
