// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/logging/format.h"

#include "common/base/duration.h"
#include "common/logging/redaction.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonObject>

#include <algorithm>
#include <array>
#include <cmath>

using namespace Qt::StringLiterals;

namespace bridge::logging {

namespace {

/// What a child prints ends up here; one entry must not fill the disk.
constexpr qsizetype kLongestText = 16 * 1024;
/// How far a cut moves back to a space, so that it does not leave half a secret unrecognised.
constexpr qsizetype kCutMargin = 4 * 1024;

QString shortened(const QString &text)
{
    if (text.size() <= kLongestText)
        return text;
    const qsizetype space = text.lastIndexOf(u' ', kLongestText);
    return text.left(std::max(space, kLongestText - kCutMargin)) + u"… (cut)"_s;
}

QString clean(const QString &text)
{
    return redact(shortened(text));
}

QJsonValue clean(const QJsonValue &value)
{
    if (value.isString())
        return clean(value.toString());
    if (value.isArray()) {
        QJsonArray result;
        for (const QJsonValue item : value.toArray())
            result.append(clean(item));
        return result;
    }
    if (!value.isObject())
        return value;
    QJsonObject result;
    const QJsonObject object = value.toObject();
    for (auto it = object.begin(); it != object.end(); ++it) {
        const bool secret = it.value().isString() && isSecretName(it.key());
        result.insert(clean(it.key()), secret ? QJsonValue(kRedacted) : clean(it.value()));
    }
    return result;
}

QJsonValue cleanField(const Field &field)
{
    // arg_keys lists names of arguments, contract §9.4; counts such as input_tokens are no texts.
    const bool secret =
        field.second.isString() && field.first != "arg_keys"_L1 && isSecretName(field.first);
    return secret ? QJsonValue(kRedacted) : clean(field.second);
}

/// Escapes what would end the line or steer a terminal: C0, DEL, C1 and Unicode line breaks.
bool needsEscape(QChar c)
{
    const char16_t code = c.unicode();
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029
           || (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

void appendEscaped(QString &out, QStringView text, bool quotes)
{
    for (const QChar c : text) {
        if (c == u'\n')
            out += "\\n"_L1;
        else if (c == u'\r')
            out += "\\r"_L1;
        else if (c == u'\t')
            out += "\\t"_L1;
        else if (quotes && (c == u'"' || c == u'\\'))
            out += u'\\' + c;
        else if (needsEscape(c))
            out += "\\u"_L1 + QString::number(c.unicode(), 16).rightJustified(4, u'0');
        else
            out += c;
    }
}

void appendQuoted(QString &out, QStringView text)
{
    out += u'"';
    appendEscaped(out, text, true);
    out += u'"';
}

void appendJson(QString &out, const QJsonValue &value);

void appendArray(QString &out, const QJsonArray &array)
{
    out += u'[';
    for (qsizetype i = 0; i < array.size(); ++i) {
        if (i > 0)
            out += u',';
        appendJson(out, array.at(i));
    }
    out += u']';
}

void appendObject(QString &out, const QJsonObject &object)
{
    out += u'{';
    for (auto it = object.begin(); it != object.end(); ++it) {
        if (it != object.begin())
            out += u',';
        appendQuoted(out, it.key());
        out += u':';
        appendJson(out, it.value());
    }
    out += u'}';
}

void appendNumber(QString &out, const QJsonValue &value)
{
    const double number = value.toDouble();
    const qint64 whole = value.toInteger();
    if (!std::isfinite(number))
        out += "null"_L1;
    else if (double(whole) == number) // whole numbers stay whole, also above 2^53
        out += QString::number(whole);
    else
        out += QString::number(number, 'g', 10);
}

void appendJson(QString &out, const QJsonValue &value)
{
    switch (value.type()) {
    case QJsonValue::Bool:
        out += value.toBool() ? "true"_L1 : "false"_L1;
        return;
    case QJsonValue::Double:
        appendNumber(out, value);
        return;
    case QJsonValue::String:
        appendQuoted(out, value.toString());
        return;
    case QJsonValue::Array:
        appendArray(out, value.toArray());
        return;
    case QJsonValue::Object:
        appendObject(out, value.toObject());
        return;
    case QJsonValue::Null:
    case QJsonValue::Undefined:
        out += "null"_L1;
        return;
    }
}

/// A field in text format: bare when it is one plain word, else as in JSON.
void appendTextValue(QString &out, const QJsonValue &value)
{
    const QString text = value.toString();
    const bool bare =
        value.isString() && !text.isEmpty() && std::none_of(text.begin(), text.end(), [](QChar c) {
            return c.isSpace() || c == u'"' || c == u'=' || needsEscape(c);
        });
    if (bare)
        out += text;
    else
        appendJson(out, value);
}

QLatin1StringView levelName(Level level)
{
    static constexpr QLatin1StringView kNames[] = {"debug"_L1, "info"_L1, "warning"_L1, "error"_L1};
    return kNames[int(level)];
}

QLatin1StringView paddedLevel(Level level)
{
    static constexpr QLatin1StringView kNames[] = {"DEBUG"_L1, "INFO "_L1, "WARN "_L1, "ERROR"_L1};
    return kNames[int(level)];
}

/// Formatting a date costs more than the rest of a line, so each thread keeps the last second. No
/// destructor: entries may still come while a thread ends.
QString timestamp(qint64 time)
{
    static thread_local qint64 second = -1;
    static thread_local std::array<char, 20> text{};
    if (time / 1000 != second) {
        second = time / 1000;
        const QByteArray iso =
            isoUtc(QDateTime::fromMSecsSinceEpoch(second * 1000, Qt::UTC)).toLatin1();
        std::copy_n(iso.begin(), std::min<qsizetype>(iso.size(), 20), text.begin());
    }
    return QLatin1StringView(text.data(), 20) + QString::number(time % 1000).rightJustified(3, u'0')
           + u'Z';
}

} // namespace

QByteArray formatText(const Entry &entry)
{
    QString line =
        timestamp(entry.time) + u' ' + paddedLevel(entry.level) + u' ' + entry.logger + ": "_L1;
    appendEscaped(line, clean(entry.message), false);
    for (const Field &field : entry.fields) {
        line += u' ';
        appendEscaped(line, field.first, false);
        line += u'=';
        appendTextValue(line, cleanField(field));
    }
    line += u'\n';
    return line.toUtf8();
}

QByteArray formatJson(const Entry &entry)
{
    QString line = "{\"timestamp\":\""_L1 + timestamp(entry.time) + "\",\"level\":\""_L1
                   + levelName(entry.level) + "\",\"logger\":"_L1;
    appendQuoted(line, entry.logger);
    line += ",\"message\":"_L1;
    appendQuoted(line, clean(entry.message));
    for (const Field &field : entry.fields) {
        line += u',';
        appendQuoted(line, field.first);
        line += u':';
        appendJson(line, cleanField(field));
    }
    line += "}\n"_L1;
    return line.toUtf8();
}

} // namespace bridge::logging
