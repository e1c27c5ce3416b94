// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/json/pointer.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonObject>

using namespace Qt::StringLiterals;

namespace bridge::json {

QString escapePointer(const QString &token)
{
    QString text = token;
    return text.replace(u'~', "~0"_L1).replace(u'/', "~1"_L1);
}

QString appendPointer(const QString &pointer, const QString &token)
{
    return pointer % u'/' % escapePointer(token);
}

QString appendPointer(const QString &pointer, qsizetype index)
{
    return pointer % u'/' % QString::number(index);
}

std::optional<QStringList> pointerTokens(const QString &pointer)
{
    if (pointer.isEmpty())
        return QStringList();
    if (!pointer.startsWith(u'/'))
        return std::nullopt;
    for (qsizetype at = pointer.indexOf(u'~'); at >= 0; at = pointer.indexOf(u'~', at + 1)) {
        const QChar next = at + 1 < pointer.size() ? pointer.at(at + 1) : QChar();
        if (next != u'0' && next != u'1')
            return std::nullopt;
    }
    QStringList tokens = pointer.sliced(1).split(u'/');
    for (QString &token : tokens) // `~01` is `~1`, hence `~1` first (§4)
        token.replace("~1"_L1, "/"_L1).replace("~0"_L1, "~"_L1);
    return tokens;
}

std::optional<qsizetype> pointerIndex(const QString &token)
{
    if (token.isEmpty() || token.size() > 10 || (token.size() > 1 && token.startsWith(u'0')))
        return std::nullopt;
    qsizetype index = 0;
    for (QChar c : token) {
        if (c < u'0' || c > u'9')
            return std::nullopt;
        index = index * 10 + (c.unicode() - u'0');
    }
    return index;
}

QJsonValue pointerStep(const QJsonValue &value, const QString &token)
{
    if (value.isObject())
        return value.toObject().value(token);
    if (value.isArray()) {
        const QJsonArray array = value.toArray();
        const std::optional<qsizetype> index = pointerIndex(token);
        if (index && *index < array.size())
            return array.at(*index);
    }
    return QJsonValue(QJsonValue::Undefined);
}

QJsonValue resolvePointer(const QJsonValue &root, const QString &pointer)
{
    const std::optional<QStringList> tokens = pointerTokens(pointer);
    if (!tokens)
        return QJsonValue(QJsonValue::Undefined);
    QJsonValue value = root;
    for (const QString &token : *tokens)
        value = pointerStep(value, token);
    return value;
}

} // namespace bridge::json
