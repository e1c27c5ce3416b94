// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/json/writer.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>

#include <utility>

using namespace Qt::StringLiterals;

namespace bridge::json {
namespace {

void appendUnicodeEscape(QByteArray *out, char16_t unit)
{
    static constexpr char kHex[] = "0123456789abcdef";
    out->append("\\u");
    for (int shift = 12; shift >= 0; shift -= 4)
        out->append(kHex[(unit >> shift) & 0xf]);
}

void appendEscaped(QByteArray *out, char16_t unit)
{
    switch (unit) {
    case u'"':
        out->append("\\\"");
        return;
    case u'\\':
        out->append("\\\\");
        return;
    case u'\n':
        out->append("\\n");
        return;
    case u'\r':
        out->append("\\r");
        return;
    case u'\t':
        out->append("\\t");
        return;
    default:
        appendUnicodeEscape(out, unit);
    }
}

bool isPlain(QStringView text, qsizetype at)
{
    const QChar c = text[at];
    if (c.isHighSurrogate())
        return at + 1 < text.size() && text[at + 1].isLowSurrogate();
    if (c.isLowSurrogate())
        return at > 0 && text[at - 1].isHighSurrogate();
    return c.unicode() >= 0x20 && c != u'"' && c != u'\\';
}

} // namespace

QByteArray quoted(QStringView text)
{
    QByteArray out;
    out.reserve(text.size() + 2);
    out.append('"');
    qsizetype from = 0;
    for (qsizetype at = 0; at < text.size(); ++at) {
        if (isPlain(text, at))
            continue;
        out.append(text.sliced(from, at - from).toUtf8());
        appendEscaped(&out, text[at].unicode());
        from = at + 1;
    }
    out.append(text.sliced(from).toUtf8());
    out.append('"');
    return out;
}

QByteArray compactJson(const QJsonValue &value)
{
    if (value.isString())
        return quoted(value.toString());
    if (value.isUndefined())
        return "null"_ba;
    const QByteArray array = QJsonDocument(QJsonArray{value}).toJson(QJsonDocument::Compact);
    return array.sliced(1, array.size() - 2);
}

ObjectWriter &ObjectWriter::raw(QStringView key, QByteArrayView json)
{
    m_bytes.append(m_bytes.isEmpty() ? '{' : ',');
    m_bytes.append(quoted(key)).append(':').append(json);
    return *this;
}

ObjectWriter &ObjectWriter::value(QStringView key, const QJsonValue &value)
{
    if (!value.isUndefined())
        raw(key, compactJson(value));
    return *this;
}

QByteArray ObjectWriter::take()
{
    if (m_bytes.isEmpty())
        return "{}"_ba;
    m_bytes.append('}');
    return std::exchange(m_bytes, QByteArray());
}

} // namespace bridge::json
