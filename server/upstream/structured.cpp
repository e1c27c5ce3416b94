// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/structured.h"

#include "common/json/scan.h"
#include "common/json/writer.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonObject>
#include <QtCore/QXmlStreamReader>

using namespace Qt::StringLiterals;

namespace bridge::upstream {

namespace {

constexpr int kMaxDepth = 64;
constexpr qsizetype kMaxSize = 1024 * 1024;

QString qualified(QStringView space, QStringView name)
{
    if (space.isEmpty())
        return name.toString();
    return u"{%1}%2"_s.arg(space, name);
}

void addChild(QJsonObject &object, const QString &tag, const QJsonValue &value,
              QSet<QString> &repeated)
{
    const auto existing = object.constFind(tag);
    if (existing == object.constEnd()) {
        object.insert(tag, value);
        return;
    }
    // A set of its own: a single child may itself be an array one day.
    QJsonArray all = repeated.contains(tag) ? existing->toArray() : QJsonArray{*existing};
    repeated.insert(tag);
    all.append(value);
    object.insert(tag, all);
}

QJsonObject attributesOf(const QXmlStreamReader &xml)
{
    QJsonObject attributes;
    for (const QXmlStreamAttribute &attribute : xml.attributes())
        attributes.insert(qualified(attribute.namespaceUri(), attribute.name()),
                          attribute.value().toString());
    return attributes;
}

QJsonValue leaf(QJsonObject attributes, const QString &text)
{
    if (attributes.isEmpty())
        return text.isEmpty() ? QJsonValue() : QJsonValue(text);
    if (!text.isEmpty())
        attributes.insert("_text"_L1, text);
    return attributes;
}

/// The element the reader stands on, up to its end tag. Sets an error on the reader when the text
/// is deeper than allowed.
QJsonValue readElement(QXmlStreamReader &xml, int depth)
{
    if (depth > kMaxDepth) {
        xml.raiseError(u"too deep"_s);
        return {};
    }
    const QJsonObject attributes = attributesOf(xml);
    QJsonObject children;
    QSet<QString> repeated;
    QString text;
    while (!xml.atEnd()) {
        switch (xml.readNext()) {
        case QXmlStreamReader::StartElement: {
            const QString tag = qualified(xml.namespaceUri(), xml.name());
            addChild(children, tag, readElement(xml, depth + 1), repeated);
            break;
        }
        case QXmlStreamReader::Characters:
            text += xml.text();
            break;
        case QXmlStreamReader::EndElement:
            if (children.isEmpty())
                return leaf(attributes, text.trimmed());
            for (auto it = attributes.begin(); it != attributes.end(); ++it)
                children.insert(it.key(), it.value());
            return children;
        default:
            break;
        }
    }
    return {};
}

} // namespace

std::optional<QJsonValue> structuredFromXml(const QString &text)
{
    const QString trimmed = text.trimmed();
    if (!trimmed.startsWith(u'<') || trimmed.size() > kMaxSize)
        return std::nullopt;
    // The reader would expand entities only after their declaration, so it never gets that far.
    QXmlStreamReader xml(trimmed);
    std::optional<QJsonValue> result;
    while (!xml.atEnd()) {
        switch (xml.readNext()) {
        case QXmlStreamReader::DTD:
            return std::nullopt;
        case QXmlStreamReader::StartElement: {
            const QString tag = qualified(xml.namespaceUri(), xml.name());
            result = QJsonObject{{tag, readElement(xml, 1)}};
            break;
        }
        default:
            break;
        }
    }
    return xml.hasError() ? std::nullopt : result;
}

std::optional<QByteArray> structuredFromText(const QString &text)
{
    const QString trimmed = text.trimmed();
    if (trimmed.startsWith(u'{') || trimmed.startsWith(u'[')) {
        QByteArray bytes = trimmed.toUtf8();
        if (json::check(bytes))
            return bytes;
        return std::nullopt;
    }
    if (const auto value = structuredFromXml(trimmed))
        return json::compactJson(*value);
    return std::nullopt;
}

} // namespace bridge::upstream
