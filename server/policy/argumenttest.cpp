// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/policy/argumenttest.h"

#include "common/json/compare.h"
#include "common/json/pointer.h"

#include <QtCore/QDir>
#include <QtCore/QUrl>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace bridge::policy {

namespace {

const QString kEvery = u"*"_s;

/// The values \a tokens lead to; undefined for each that is not there.
void collect(const QJsonValue &value, const QStringList &tokens, qsizetype at,
             QList<QJsonValue> &found)
{
    if (at == tokens.size()) {
        found.append(value);
    } else if (tokens[at] != kEvery) {
        collect(json::pointerStep(value, tokens[at]), tokens, at + 1, found);
    } else if (value.isArray()) {
        const QJsonArray array = value.toArray();
        for (const QJsonValue &item : array)
            collect(item, tokens, at + 1, found);
    } else if (value.isObject()) {
        const QJsonObject object = value.toObject();
        for (const QJsonValue &item : object)
            collect(item, tokens, at + 1, found);
    } else {
        found.append(QJsonValue(QJsonValue::Undefined));
    }
}

QString forwardSlashes(const QString &path)
{
    QString plain = QUrl::fromPercentEncoding(path.toUtf8());
    return plain.replace(u'\\', u'/');
}

} // namespace

bool climbs(const QString &path)
{
    return forwardSlashes(path).split(u'/').contains(".."_L1);
}

QString resolvedPath(const QString &path)
{
    const QString plain = forwardSlashes(path);
    const qsizetype scheme = plain.indexOf("://"_L1);
    if (scheme < 0)
        return QDir::cleanPath(plain);
    return plain.first(scheme).toLower() + u"://"_s + QDir::cleanPath(plain.mid(scheme + 3));
}

ArgumentTest ArgumentTest::read(Reading &reading, const QString &place, const QString &pointer,
                                const QJsonValue &value)
{
    ArgumentTest test;
    test.m_pointer = pointer;
    const auto tokens = json::pointerTokens(pointer);
    if (!tokens || tokens->isEmpty())
        reading.problem(place, u"is no JSON pointer to an argument. Write \"/\" and the name of "
                               "the argument, e.g. \"/path\"."_s);
    test.m_tokens = tokens.value_or(QStringList());
    if (value.isArray())
        reading.problem(place, u"must be a value or an object with equals, in, glob, matches, "
                               "range or exists. For one of several values write {\"in\": […]}."_s);
    if (!value.isObject()) {
        test.m_equals = value;
        return test;
    }
    const QJsonObject object = value.toObject();
    const QStringList known{u"equals"_s, u"in"_s, u"glob"_s, u"matches"_s, u"range"_s, u"exists"_s};
    reading.checkKeys(place, object, known);
    if (object.isEmpty())
        reading.problem(place, u"says nothing. There are %1."_s.arg(known.join(", "_L1)));
    if (object.contains("equals"_L1))
        test.m_equals = object["equals"_L1];
    if (const QJsonValue list = object["in"_L1]; list.isArray())
        test.m_in = list.toArray();
    else if (!list.isUndefined())
        reading.problem(place + u".in"_s, u"must be an array of values."_s);
    test.m_glob = reading.globs(place + u".glob"_s, object["glob"_L1]);
    if (object.contains("matches"_L1)) {
        const QString pattern = reading.text(place + u".matches"_s, object["matches"_L1]);
        // Alone first: what closes the group around it is a mistake.
        auto regex = json::Regex::compile(pattern);
        if (regex)
            regex = json::Regex::compile(u"^(?:%1)$"_s.arg(pattern));
        if (regex)
            test.m_matches = std::move(*regex);
        else
            reading.problem(place + u".matches"_s,
                            u"is no regular expression: %1."_s.arg(regex.error().message));
    }
    test.readRange(reading, place + u".range"_s, object["range"_L1]);
    if (const QJsonValue exists = object["exists"_L1]; exists.isBool())
        test.m_exists = exists.toBool();
    else if (!exists.isUndefined())
        reading.problem(place + u".exists"_s, u"must be true or false."_s);
    if (test.m_exists == false && object.size() > 1)
        reading.problem(place, u"asks for a value that is not there and for what it is like."_s);
    return test;
}

void ArgumentTest::readRange(Reading &reading, const QString &place, const QJsonValue &value)
{
    if (value.isUndefined())
        return;
    const QJsonObject object = value.toObject();
    reading.checkKeys(place, object, {u"min"_s, u"max"_s});
    Range range;
    const auto bound = [&](QLatin1StringView key) -> std::optional<double> {
        const QJsonValue number = object[key];
        if (!number.isUndefined() && !number.isDouble())
            reading.problem(place + u'.' + key, u"must be a number."_s);
        return number.isDouble() ? std::optional(number.toDouble()) : std::nullopt;
    };
    range.minimum = bound("min"_L1);
    range.maximum = bound("max"_L1);
    if (!range.minimum && !range.maximum)
        reading.problem(place, u"must be an object with min, max or both."_s);
    m_range = range;
}

bool ArgumentTest::holds(const QJsonObject &arguments, Purpose purpose) const
{
    QList<QJsonValue> values;
    collect(arguments, m_tokens, 0, values);
    const auto isThere = [](const QJsonValue &value) { return !value.isUndefined(); };
    if (m_exists == false)
        return std::none_of(values.cbegin(), values.cend(), isThere);
    const auto fitting = [&](const QJsonValue &value) {
        return isThere(value) && fits(value, purpose);
    };
    if (purpose == Purpose::Deny)
        return std::any_of(values.cbegin(), values.cend(), fitting);
    return !values.isEmpty() && std::all_of(values.cbegin(), values.cend(), fitting);
}

bool ArgumentTest::fits(const QJsonValue &value, Purpose purpose) const
{
    if (m_equals && !json::sameValue(*m_equals, value))
        return false;
    if (m_in && std::none_of(m_in->cbegin(), m_in->cend(), [&](const QJsonValue &one) {
            return json::sameValue(one, value);
        }))
        return false;
    if (m_range) {
        if (!value.isDouble())
            return false;
        const double number = value.toDouble();
        if ((m_range->minimum && number < *m_range->minimum)
            || (m_range->maximum && number > *m_range->maximum))
            return false;
    }
    if (!m_glob && !m_matches)
        return true;
    return value.isString() && fitsText(value.toString(), purpose);
}

bool ArgumentTest::fitsText(const QString &text, Purpose purpose) const
{
    const auto isMatch = [&](const QString &form) {
        if (m_glob && !m_glob->matches(form))
            return false;
        if (!m_matches)
            return true;
        switch (m_matches->match(form)) {
        case json::Regex::Outcome::Match:
            return true;
        case json::Regex::Outcome::NoMatch:
            return false;
        case json::Regex::Outcome::TooExpensive:
            break;
        }
        return purpose == Purpose::Deny;
    };
    if (purpose == Purpose::Deny)
        return isMatch(text) || isMatch(resolvedPath(text));
    return isMatch(text) && !climbs(text);
}

} // namespace bridge::policy
