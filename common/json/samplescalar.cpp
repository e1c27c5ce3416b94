// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/json/samplescalar.h"
#include "common/json/compare.h"
#include "common/json/regex.h"

#include <QtCore/QHash>

#include <algorithm>
#include <cmath>

using namespace Qt::StringLiterals;

namespace bridge::json {
namespace {

constexpr int kLongestSample = 10'000;

/// The lowest and highest number allowed; exclusive limits are moved one step inwards.
struct NumberRange {
    double low = -HUGE_VAL;
    double high = HUGE_VAL;
};

NumberRange rangeOf(const QJsonObject &schema, bool wholeNumber)
{
    NumberRange range;
    range.low = schema.value("minimum"_L1).toDouble(-HUGE_VAL);
    range.high = schema.value("maximum"_L1).toDouble(HUGE_VAL);
    const double above = schema.value("exclusiveMinimum"_L1).toDouble(-HUGE_VAL);
    const double below = schema.value("exclusiveMaximum"_L1).toDouble(HUGE_VAL);
    const double gap = std::min(range.high, below) - std::max(range.low, above);
    const double step = wholeNumber || gap > 2 ? 1 : gap / 4;
    if (above >= range.low)
        range.low = wholeNumber ? std::floor(above) + 1 : above + step;
    if (below <= range.high)
        range.high = wholeNumber ? std::ceil(below) - 1 : below - step;
    if (wholeNumber) {
        range.low = std::ceil(range.low);
        range.high = std::floor(range.high);
    }
    return range;
}

const QHash<QString, QString> &formatSamples()
{
    static const QHash<QString, QString> samples = {
        {u"date-time"_s, u"2026-01-31T12:00:00Z"_s},
        {u"date"_s, u"2026-01-31"_s},
        {u"time"_s, u"12:00:00Z"_s},
        {u"duration"_s, u"PT1H"_s},
        {u"email"_s, u"user@example.com"_s},
        {u"idn-email"_s, u"user@example.com"_s},
        {u"hostname"_s, u"example.com"_s},
        {u"idn-hostname"_s, u"example.com"_s},
        {u"ipv4"_s, u"192.0.2.1"_s},
        {u"ipv6"_s, u"2001:db8::1"_s},
        {u"uri"_s, u"https://example.com/"_s},
        {u"iri"_s, u"https://example.com/"_s},
        {u"uri-reference"_s, u"/path"_s},
        {u"iri-reference"_s, u"/path"_s},
        {u"uuid"_s, u"00000000-0000-4000-8000-000000000000"_s},
        {u"json-pointer"_s, u"/path"_s},
        {u"relative-json-pointer"_s, u"0"_s},
        {u"regex"_s, u"^.*$"_s},
    };
    return samples;
}

bool fitsLength(const QString &text, qsizetype shortest, qsizetype longest)
{
    const qsizetype length = codePoints(text);
    return length >= shortest && length <= longest;
}

} // namespace

QJsonValue sampleNumber(const QJsonObject &schema, bool wholeNumber)
{
    const NumberRange range = rangeOf(schema, wholeNumber);
    double number =
        std::isfinite(range.low) && range.low > 1 ? range.low : std::min(1.0, range.high);
    number = std::max(number, range.low);
    const double unit = schema.value("multipleOf"_L1).toDouble(0);
    if (unit > 0) {
        number = std::ceil(number / unit) * unit;
        if (number > range.high)
            number = std::floor(range.high / unit) * unit;
        for (int i = 0; wholeNumber && i < 1000 && std::trunc(number) != number; ++i)
            number += unit;
    }
    if (std::abs(number) < 9e15 && std::trunc(number) == number)
        return QJsonValue(qint64(number));
    return std::isfinite(number) ? QJsonValue(number) : QJsonValue(0);
}

QString sampleText(const QJsonObject &schema)
{
    const auto limit = [&](QLatin1StringView keyword, double fallback) {
        return qsizetype(
            std::clamp(schema.value(keyword).toDouble(fallback), 0.0, double(kLongestSample)));
    };
    const qsizetype shortest = limit("minLength"_L1, 0);
    const qsizetype longest = limit("maxLength"_L1, kLongestSample);
    const QJsonValue pattern = schema.value("pattern"_L1);
    const Result<Regex> regex = Regex::compile(pattern.toString());
    const auto fits = [&](const QString &text) {
        return fitsLength(text, shortest, longest)
               && (!pattern.isString() || !regex || regex->match(text) == Regex::Outcome::Match);
    };
    const QString ofFormat = formatSamples().value(schema.value("format"_L1).toString());
    if (!ofFormat.isEmpty() && fits(ofFormat))
        return ofFormat;
    for (int extra : {0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64, 128, 256}) {
        const QString text =
            pattern.isString() ? textForPattern(pattern.toString(), extra) : QString();
        if (!text.isEmpty() && fits(text))
            return text;
        if (text.size() > longest)
            break;
    }
    QString text = u"string"_s.left(longest);
    return text.leftJustified(shortest, u'x');
}

} // namespace bridge::json
