// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/value.h"

#include "common/config/suggest.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>
#include <QtCore/QUrl>

#include <cmath>

using namespace Qt::StringLiterals;

namespace bridge::config {

namespace {

Error invalid(const QString &message)
{
    return Error(ErrorCode::InvalidConfig, message);
}

/// How a message names the value that is wrong.
QString shown(const Option &option, const QString &text)
{
    if (option.secret)
        return u"the value"_s;
    return u"\"%1\""_s.arg(text.size() > 60 ? text.left(60) + u'…' : text);
}

QString number(double value)
{
    return QString::number(value, 'f', QLocale::FloatingPointShortest);
}

QString range(const Option &option)
{
    if (option.minimum && option.maximum)
        return u" from %1 to %2"_s.arg(number(*option.minimum), number(*option.maximum));
    if (option.minimum)
        return u" of at least %1"_s.arg(number(*option.minimum));
    return option.maximum ? u" of at most %1"_s.arg(number(*option.maximum)) : QString();
}

QString expectedNumber(const Option &option)
{
    switch (option.type) {
    case OptionType::Integer:
        return u"a whole number"_s + range(option);
    case OptionType::Bytes:
        return u"a number of bytes%1, such as 1048576 or 1MiB"_s.arg(range(option));
    case OptionType::Seconds:
        return u"a number of seconds%1, such as 30, 0.5 or 5m"_s.arg(range(option));
    default:
        return u"a number"_s + range(option);
    }
}

Result<QJsonValue> bounded(const Option &option, double value, const QString &text)
{
    const bool whole = option.type == OptionType::Integer || option.type == OptionType::Bytes;
    // 2^53 keeps whole numbers exact, and milliseconds far from overflow.
    const bool sane = std::isfinite(value) && std::abs(value) <= 9007199254740992.0 / 1000;
    const bool inRange = (!option.minimum || value >= *option.minimum)
                         && (!option.maximum || value <= *option.maximum);
    if (!sane || !inRange || (whole && value != std::floor(value)))
        return invalid(
            u"%1 is not allowed; use %2."_s.arg(shown(option, text), expectedNumber(option)));
    return whole ? QJsonValue(qint64(value)) : QJsonValue(value);
}

using Suffixes = QList<std::pair<QLatin1StringView, double>>;

/// Longer suffixes stand first, because `ms` ends like `s`.
const Suffixes &suffixesOf(OptionType type)
{
    static const Suffixes none;
    static const Suffixes seconds{{"ms"_L1, 0.001}, {"s"_L1, 1}, {"m"_L1, 60}, {"h"_L1, 3600}};
    static const Suffixes bytes{
        {"kib"_L1, 1024.0}, {"mib"_L1, 1048576.0}, {"gib"_L1, 1073741824.0}, {"b"_L1, 1}};
    if (type == OptionType::Seconds)
        return seconds;
    return type == OptionType::Bytes ? bytes : none;
}

Result<QJsonValue> parseNumber(const Option &option, const QString &text)
{
    QString digits = text.trimmed().toLower();
    double factor = 1;
    for (const auto &[suffix, scale] : suffixesOf(option.type)) {
        if (digits.endsWith(suffix)) {
            digits = digits.chopped(suffix.size()).trimmed();
            factor = scale;
            break;
        }
    }
    bool ok = false;
    const double value = digits.toDouble(&ok) * factor;
    if (!ok)
        return invalid(
            u"%1 is no number; use %2."_s.arg(shown(option, text), expectedNumber(option)));
    return bounded(option, value, text);
}

Result<QJsonValue> parseBoolean(const Option &option, const QString &text)
{
    static const QStringList yes{u"true"_s, u"1"_s, u"yes"_s, u"on"_s};
    static const QStringList no{u"false"_s, u"0"_s, u"no"_s, u"off"_s};
    const QString word = text.trimmed().toLower();
    if (yes.contains(word))
        return QJsonValue(true);
    if (no.contains(word))
        return QJsonValue(false);
    return invalid(u"%1 is neither true nor false; use one of them."_s.arg(shown(option, text)));
}

Result<QJsonValue> parseEnum(const Option &option, const QString &text)
{
    const QString word = text.trimmed();
    for (const QString &value : option.values) {
        if (value.compare(word, Qt::CaseInsensitive) == 0)
            return QJsonValue(value);
    }
    for (const auto &[synonym, value] : option.synonyms) {
        if (synonym.compare(word, Qt::CaseInsensitive) == 0)
            return QJsonValue(value);
    }
    return invalid(u"%1 is not available; use %2.%3"_s.arg(
        shown(option, text), option.values.join(" or "_L1), didYouMean(word, option.values)));
}

QJsonValue splitList(const QString &text)
{
    QJsonArray entries;
    for (const QString &entry : text.split(u',')) {
        if (const QString trimmed = entry.trimmed(); !trimmed.isEmpty())
            entries.append(trimmed);
    }
    return entries;
}

Result<QJsonValue> checkedJson(const Option &option, const QJsonValue &value)
{
    const QString kind = value.isObject() ? u"object"_s : value.isArray() ? u"array"_s : u"other"_s;
    if (option.values.isEmpty() || option.values.contains(kind))
        return value;
    return invalid(u"must be a JSON %1."_s.arg(option.values.join(" or "_L1)));
}

Result<QJsonValue> parseJson(const Option &option, const QString &text)
{
    if (text.trimmed().isEmpty())
        return QJsonValue(); // not set
    QJsonParseError problem;
    const QJsonDocument document = QJsonDocument::fromJson(text.toUtf8(), &problem);
    if (problem.error != QJsonParseError::NoError)
        return invalid(u"is no valid JSON object or array: %1 at byte %2."_s.arg(
            problem.errorString(), QString::number(problem.offset)));
    return checkedJson(option, document.isArray() ? QJsonValue(document.array())
                                                  : QJsonValue(document.object()));
}

Result<QJsonValue> parseUrl(const Option &option, const QString &text)
{
    const QUrl url(text.trimmed(), QUrl::StrictMode);
    const bool web = url.scheme() == "http"_L1 || url.scheme() == "https"_L1;
    if (text.trimmed().isEmpty() || (url.isValid() && web && !url.host().isEmpty()))
        return QJsonValue(text.trimmed());
    return invalid(u"%1 is no URL; write one that begins with http:// or https:// and names a "
                   "host."_s.arg(shown(option, text)));
}

Result<QJsonValue> parseByType(const Option &option, const QString &text)
{
    switch (option.type) {
    case OptionType::Integer:
    case OptionType::Number:
    case OptionType::Bytes:
    case OptionType::Seconds:
        return parseNumber(option, text);
    case OptionType::Boolean:
        return parseBoolean(option, text);
    case OptionType::Enum:
        return parseEnum(option, text);
    case OptionType::List:
        return splitList(text);
    case OptionType::Json:
        return parseJson(option, text);
    case OptionType::Url:
        return parseUrl(option, text);
    case OptionType::Text:
    case OptionType::Path:
        break;
    }
    if (text.contains(QChar(u'\0')))
        return invalid(u"holds a NUL character; remove it."_s);
    return QJsonValue(text);
}

Result<QJsonValue> checked(const Option &option, Result<QJsonValue> value)
{
    if (!value || !option.check)
        return value;
    const QString problem = option.check(*value);
    return problem.isEmpty() ? value : Result<QJsonValue>(invalid(problem));
}

Result<QJsonValue> fileList(const QJsonArray &array)
{
    for (const QJsonValue entry : array) {
        if (!entry.isString())
            return invalid(u"must be a list of texts."_s);
    }
    return QJsonValue(array);
}

} // namespace

Result<QJsonValue> parseValue(const Option &option, const QString &text)
{
    return checked(option, parseByType(option, text));
}

Result<QJsonValue> parseFileValue(const Option &option, const QJsonValue &value)
{
    if (value.isString())
        return parseValue(option, value.toString());
    const bool numeric = option.type == OptionType::Integer || option.type == OptionType::Number
                         || option.type == OptionType::Bytes || option.type == OptionType::Seconds;
    if (numeric && value.isDouble())
        return checked(option, bounded(option, value.toDouble(), number(value.toDouble())));
    if (option.type == OptionType::Boolean && value.isBool())
        return checked(option, value);
    if (option.type == OptionType::List && value.isArray())
        return checked(option, fileList(value.toArray()));
    if (option.type == OptionType::Json)
        return checked(option, checkedJson(option, value));
    if (option.ignored)
        return QJsonValue(QString());
    return invalid(numeric ? u"must be %1."_s.arg(expectedNumber(option))
                           : u"has a value of the wrong kind; write it as in the environment, in "
                             "quotes."_s);
}

QJsonValue defaultValue(const Option &option)
{
    const bool empty = option.defaultValue.isEmpty();
    if (empty && option.type == OptionType::List)
        return QJsonArray();
    if (empty && option.type == OptionType::Json)
        return QJsonValue();
    if (empty)
        return QString();
    const Result<QJsonValue> value = parseValue(option, option.defaultValue);
    return value ? *value : QJsonValue();
}

} // namespace bridge::config
