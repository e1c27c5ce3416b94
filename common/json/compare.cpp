// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/json/compare.h"
#include "common/json/writer.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonObject>

#include <cmath>

using namespace Qt::StringLiterals;

namespace bridge::json {
namespace {

constexpr double kExactIntegers = 9007199254740992.0; // 2^53, from here doubles skip integers

/// The exact integer behind \a value, if Qt holds or can name one.
bool exactInteger(const QJsonValue &value, qint64 *integer)
{
    *integer = value.toInteger(0);
    return *integer != 0 || value.toInteger(1) == 0;
}

void addSteps(qint64 *steps, qint64 more)
{
    if (steps)
        *steps += more;
}

bool sameAt(const QJsonValue &a, const QJsonValue &b, qint64 *steps, int depth);

bool sameArrays(const QJsonArray &a, const QJsonArray &b, qint64 *steps, int depth)
{
    if (a.size() != b.size())
        return false;
    for (qsizetype i = 0; i < a.size(); ++i) {
        if (!sameAt(a.at(i), b.at(i), steps, depth))
            return false;
    }
    return true;
}

bool sameObjects(const QJsonObject &a, const QJsonObject &b, qint64 *steps, int depth)
{
    if (a.size() != b.size())
        return false;
    // Both are sorted by key, so equal objects run in step.
    for (auto i = a.constBegin(), j = b.constBegin(); i != a.constEnd(); ++i, ++j) {
        if (i.key() != j.key() || !sameAt(i.value(), j.value(), steps, depth))
            return false;
    }
    return true;
}

bool sameAt(const QJsonValue &a, const QJsonValue &b, qint64 *steps, int depth)
{
    addSteps(steps, 1);
    if (a.type() != b.type() || depth > kMaxCompareDepth)
        return false;
    switch (a.type()) {
    case QJsonValue::Bool:
        return a.toBool() == b.toBool();
    case QJsonValue::Double:
        return compareNumbers(a, b) == 0;
    case QJsonValue::String: {
        const QString text = a.toString();
        addSteps(steps, text.size() / 256);
        return text == b.toString();
    }
    case QJsonValue::Array:
        return sameArrays(a.toArray(), b.toArray(), steps, depth + 1);
    case QJsonValue::Object:
        return sameObjects(a.toObject(), b.toObject(), steps, depth + 1);
    default:
        return true;
    }
}

size_t hashAt(const QJsonValue &value, qint64 *steps, int depth)
{
    addSteps(steps, 1);
    if (depth > kMaxCompareDepth)
        return 0;
    size_t hash = size_t(value.type());
    switch (value.type()) {
    case QJsonValue::Bool:
        return qHashMulti(hash, value.toBool());
    case QJsonValue::Double:
        return qHashMulti(hash, value.toDouble() + 0.0); // +0.0 folds the two zeros
    case QJsonValue::String: {
        const QString text = value.toString();
        addSteps(steps, text.size() / 256);
        return qHashMulti(hash, text);
    }
    case QJsonValue::Array: {
        const QJsonArray array = value.toArray();
        for (qsizetype i = 0; i < array.size(); ++i)
            hash = qHashMulti(hash, hashAt(array.at(i), steps, depth + 1));
        return hash;
    }
    case QJsonValue::Object: {
        const QJsonObject object = value.toObject();
        for (auto it = object.constBegin(); it != object.constEnd(); ++it)
            hash = qHashMulti(hash, it.key(), hashAt(it.value(), steps, depth + 1));
        return hash;
    }
    default:
        return hash;
    }
}

} // namespace

bool sameValue(const QJsonValue &a, const QJsonValue &b, qint64 *steps)
{
    return sameAt(a, b, steps, 0);
}

size_t hashValue(const QJsonValue &value, qint64 *steps)
{
    return hashAt(value, steps, 0);
}

std::partial_ordering compareNumbers(const QJsonValue &a, const QJsonValue &b)
{
    qint64 left = 0;
    qint64 right = 0;
    if (exactInteger(a, &left) && exactInteger(b, &right))
        return left <=> right;
    return a.toDouble(qQNaN()) <=> b.toDouble(qQNaN());
}

bool isInteger(const QJsonValue &value)
{
    const double number = value.toDouble(qQNaN());
    return std::isfinite(number) && std::trunc(number) == number;
}

bool isMultipleOf(const QJsonValue &value, const QJsonValue &divisor)
{
    qint64 left = 0;
    qint64 right = 0;
    if (exactInteger(value, &left) && exactInteger(divisor, &right))
        return right == 1 || (right != 0 && left % right == 0);
    const double number = value.toDouble(qQNaN());
    const double unit = divisor.toDouble(qQNaN());
    const double quotient = number / unit;
    if (!std::isfinite(quotient) || isInteger(divisor))
        return std::isfinite(number) && std::fmod(number, unit) == 0;
    if (std::abs(quotient) >= kExactIntegers)
        return true; // no fraction is left to tell
    const double slack = std::min(1e-6, 1e-12 * std::max(1.0, std::abs(quotient)));
    return std::abs(quotient - std::round(quotient)) <= slack;
}

qsizetype codePoints(QStringView text)
{
    qsizetype length = text.size();
    for (qsizetype i = 1; i < text.size(); ++i) {
        if (text[i].isLowSurrogate() && text[i - 1].isHighSurrogate())
            --length;
    }
    return length;
}

QString typePhrase(const QJsonValue &value)
{
    switch (value.type()) {
    case QJsonValue::Null:
        return u"null"_s;
    case QJsonValue::Bool:
        return u"a boolean"_s;
    case QJsonValue::Double:
        return isInteger(value) ? u"an integer"_s : u"a number"_s;
    case QJsonValue::String:
        return u"a string"_s;
    case QJsonValue::Array:
        return u"an array"_s;
    case QJsonValue::Object:
        return u"an object"_s;
    default:
        return u"missing"_s;
    }
}

QString shortText(const QJsonValue &value, qsizetype limit)
{
    QString text;
    if (value.isString())
        text = QString::fromUtf8(quoted(QStringView(value.toString()).left(limit + 1)));
    else
        text = QString::fromUtf8(compactJson(value));
    if (text.size() > limit)
        text = text.left(limit) % u'…';
    return text;
}

} // namespace bridge::json
