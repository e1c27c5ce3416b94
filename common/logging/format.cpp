// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/logging/format.h"

#include "common/base/duration.h"
#include "common/logging/redaction.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonObject>

#include <algorithm>
#include <array>
#include <charconv>
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

bool isMasked(const Field &field)
{
    // arg_keys lists names of arguments, contract §9.4; counts such as input_tokens are no texts.
    return std::holds_alternative<QString>(field.second.variant()) && field.first != "arg_keys"_L1
           && isSecretName(field.first);
}

/// Escapes what would end the line or steer a terminal: C0, DEL, C1 and Unicode line breaks.
bool needsEscape(QChar c)
{
    const char16_t code = c.unicode();
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029
           || (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

bool isPlain(QStringView text)
{
    return std::all_of(text.begin(), text.end(), [](QChar c) {
        const char16_t code = c.unicode();
        return code >= 0x20 && code < 0x7f && code != u'"' && code != u'\\';
    });
}

void appendEscaped(QByteArray &out, QStringView text, bool quotes)
{
    if (isPlain(text)) { // nearly always
        const qsizetype at = out.size();
        out.resize(at + text.size());
        std::transform(text.begin(), text.end(), out.begin() + at,
                       [](QChar c) { return char(c.unicode()); });
        return;
    }
    QString escaped;
    for (const QChar c : text) {
        if (c == u'\n')
            escaped += "\\n"_L1;
        else if (c == u'\r')
            escaped += "\\r"_L1;
        else if (c == u'\t')
            escaped += "\\t"_L1;
        else if (quotes && (c == u'"' || c == u'\\'))
            escaped += u'\\' + c;
        else if (needsEscape(c))
            escaped += "\\u"_L1 + QString::number(c.unicode(), 16).rightJustified(4, u'0');
        else
            escaped += c;
    }
    out += escaped.toUtf8();
}

void appendQuoted(QByteArray &out, QStringView text)
{
    out += '"';
    appendEscaped(out, text, true);
    out += '"';
}

void appendJson(QByteArray &out, const QJsonValue &value);

void appendArray(QByteArray &out, const QJsonArray &array)
{
    out += '[';
    for (qsizetype i = 0; i < array.size(); ++i) {
        if (i > 0)
            out += ',';
        appendJson(out, array.at(i));
    }
    out += ']';
}

void appendObject(QByteArray &out, const QJsonObject &object)
{
    out += '{';
    for (auto it = object.begin(); it != object.end(); ++it) {
        if (it != object.begin())
            out += ',';
        appendQuoted(out, it.key());
        out += ':';
        appendJson(out, it.value());
    }
    out += '}';
}

void appendWhole(QByteArray &out, qint64 number)
{
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end - digits.data());
}

void appendFraction(QByteArray &out, double number)
{
    if (!std::isfinite(number)) {
        out += "null";
        return;
    }
    std::array<char, 40> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number,
                                   std::chars_format::general, 10)
                         .ptr;
    out.append(digits.data(), end - digits.data());
}

void appendNumber(QByteArray &out, const QJsonValue &value)
{
    const double number = value.toDouble();
    const qint64 whole = value.toInteger();
    if (double(whole) == number) // whole numbers stay whole, also above 2^53
        appendWhole(out, whole);
    else
        appendFraction(out, number);
}

void appendJson(QByteArray &out, const QJsonValue &value)
{
    switch (value.type()) {
    case QJsonValue::Bool:
        out += value.toBool() ? "true" : "false";
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
        out += "null";
        return;
    }
}

/// A field in text format: bare when it is one plain word, else as in JSON.
bool isBare(const QString &text)
{
    return !text.isEmpty() && std::none_of(text.begin(), text.end(), [](QChar c) {
        return c.isSpace() || c == u'"' || c == u'=' || needsEscape(c);
    });
}

void appendValue(QByteArray &out, const Field &field, bool asText)
{
    const FieldValue::Variant &value = field.second.variant();
    if (const auto *text = std::get_if<QString>(&value)) {
        const QString shown = isMasked(field) ? QString(kRedacted) : clean(*text);
        if (asText && isBare(shown))
            appendEscaped(out, shown, false);
        else
            appendQuoted(out, shown);
    } else if (const auto *whole = std::get_if<qint64>(&value)) {
        appendWhole(out, *whole);
    } else if (const auto *fraction = std::get_if<double>(&value)) {
        appendFraction(out, *fraction);
    } else if (const auto *truth = std::get_if<bool>(&value)) {
        out += *truth ? "true" : "false";
    } else {
        appendJson(out, clean(std::get<QJsonValue>(value)));
    }
}

QByteArrayView levelName(Level level)
{
    static constexpr QByteArrayView kNames[] = {"debug", "info", "warning", "error"};
    return kNames[int(level)];
}

QByteArrayView paddedLevel(Level level)
{
    static constexpr QByteArrayView kNames[] = {"DEBUG", "INFO ", "WARN ", "ERROR"};
    return kNames[int(level)];
}

/// Formatting a date costs more than the rest of a line, so each thread keeps the last second. No
/// destructor: entries may still come while a thread ends.
void appendTime(QByteArray &out, qint64 time)
{
    static thread_local qint64 second = -1;
    static thread_local std::array<char, 20> text{};
    if (time / 1000 != second) {
        second = time / 1000;
        const QByteArray iso =
            isoUtc(QDateTime::fromMSecsSinceEpoch(second * 1000, kUtc)).toLatin1();
        std::copy_n(iso.begin(), std::min<qsizetype>(iso.size(), 20), text.begin());
    }
    const int rest = int(time % 1000);
    const char digits[] = {char('0' + rest / 100), char('0' + rest / 10 % 10),
                           char('0' + rest % 10), 'Z'};
    out.append(text.data(), text.size()).append(digits, sizeof digits);
}

constexpr qsizetype kUsualLine = 512;

} // namespace

QByteArray formatText(const Entry &entry)
{
    QByteArray line;
    line.reserve(kUsualLine);
    appendTime(line, entry.time);
    line += ' ';
    line += paddedLevel(entry.level);
    line += ' ';
    appendEscaped(line, entry.logger, false);
    line += ": ";
    appendEscaped(line, clean(entry.message), false);
    for (const Field &field : entry.fields) {
        line += ' ';
        appendEscaped(line, field.first, false);
        line += '=';
        appendValue(line, field, true);
    }
    line += '\n';
    return line;
}

QByteArray formatJson(const Entry &entry)
{
    QByteArray line;
    line.reserve(kUsualLine);
    line += "{\"timestamp\":\"";
    appendTime(line, entry.time);
    line += "\",\"level\":\"";
    line += levelName(entry.level);
    line += "\",\"logger\":";
    appendQuoted(line, entry.logger);
    line += ",\"message\":";
    appendQuoted(line, clean(entry.message));
    for (const Field &field : entry.fields) {
        line += ',';
        appendQuoted(line, field.first);
        line += ':';
        appendValue(line, field, false);
    }
    line += "}\n";
    return line;
}

} // namespace bridge::logging
