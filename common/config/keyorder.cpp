// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/keyorder.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>

namespace bridge::config {

namespace {

/// Behind the string that begins at \a at.
qsizetype skipString(const QByteArray &json, qsizetype at)
{
    for (++at; at < json.size() && json.at(at) != '"'; ++at)
        at += json.at(at) == '\\' ? 1 : 0;
    return at + 1;
}

bool colonFollows(const QByteArray &json, qsizetype at)
{
    while (at < json.size() && QByteArrayView(" \t\r\n").contains(json.at(at)))
        ++at;
    return at < json.size() && json.at(at) == ':';
}

QString decoded(const QByteArray &quoted)
{
    return QJsonDocument::fromJson('[' + quoted + ']').array().at(0).toString();
}

} // namespace

QStringList memberNames(const QByteArray &json, const QByteArray &member)
{
    QStringList names;
    const QString wanted = QString::fromUtf8(member);
    int depth = 0;
    bool inside = false; // of the wanted member
    for (qsizetype at = 0; at < json.size();) {
        const char c = json.at(at);
        if (c == '"') {
            const qsizetype end = skipString(json, at);
            const bool key = depth <= 2 && colonFollows(json, end);
            const QString name = key ? decoded(json.mid(at, end - at)) : QString();
            if (key && depth == 1) {
                inside = name == wanted;
                names = inside ? QStringList() : names; // as in QJsonDocument the last one counts
            } else if (key && inside && !names.contains(name)) {
                names.append(name);
            }
            at = end;
            continue;
        }
        depth += c == '{' || c == '[' ? 1 : 0;
        depth -= c == '}' || c == ']' ? 1 : 0;
        ++at;
    }
    return names;
}

} // namespace bridge::config
