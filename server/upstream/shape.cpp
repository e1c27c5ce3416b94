// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/shape.h"

#include "common/json/scan.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>

using namespace Qt::StringLiterals;

namespace bridge::upstream {

namespace {

template <typename Items>
QString counted(QLatin1StringView type, const Items &items)
{
    return items ? u"type=%1 items=%2"_s.arg(type).arg(items->size()) : u"type=%1"_s.arg(type);
}

} // namespace

QString shapeOf(const QByteArray &json)
{
    const QByteArray text = json.trimmed();
    switch (text.isEmpty() ? 'n' : text.front()) {
    case '{':
        return counted("dict"_L1, json::members(text));
    case '[':
        return counted("list"_L1, json::elements(text));
    case '"': {
        const QJsonValue value = QJsonDocument::fromJson('[' + text + ']').array().at(0);
        return u"type=str chars=%1"_s.arg(value.toString().size());
    }
    case 't':
    case 'f':
        return u"type=bool"_s;
    case 'n':
        return u"type=none"_s;
    default:
        return u"type=number"_s;
    }
}

} // namespace bridge::upstream
