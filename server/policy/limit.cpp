// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/policy/limit.h"

#include <QtCore/QRegularExpression>

using namespace Qt::StringLiterals;

namespace bridge::policy {

namespace {

constexpr qsizetype kMaxLimits = 100;
constexpr qint64 kMaxCount = 1'000'000'000;
constexpr qint64 kMaxWindow = 366 * 86'400;
const QString kPlace = u"file: bridge.limits"_s;
const QString kRateWords = u"must be a number of calls and a time, such as \"100/min\", \"5/s\", "
                           "\"1000/day\" or \"10/30s\"."_s;

qint64 secondsOf(const QString &unit)
{
    static const QHash<QString, qint64> units{
        {u"s"_s, 1},      {u"sec"_s, 1},     {u"second"_s, 1}, {u"m"_s, 60},
        {u"min"_s, 60},   {u"minute"_s, 60}, {u"h"_s, 3'600},  {u"hour"_s, 3'600},
        {u"d"_s, 86'400}, {u"day"_s, 86'400}};
    return units.value(unit);
}

/// What goes into a string of RFC 8941 §3.3.3 as it is.
bool isLimitName(const QString &name)
{
    static const QRegularExpression plain(u"^[A-Za-z0-9][A-Za-z0-9 ._:-]{0,63}$"_s);
    return plain.match(name).hasMatch();
}

class LimitReader
{
public:
    LimitReader(Reading &reading, const KnownNames &known) : m_reading(reading), m_known(known) {}

    Limit read(const QString &place, qsizetype index, const QJsonValue &value)
    {
        Limit limit;
        limit.json = value;
        if (!value.isObject()) {
            m_reading.problem(place, u"must be an object with rate or quota."_s);
            return limit;
        }
        static const QStringList about =
            QStringList{u"servers"_s, u"tools"_s, u"prompts"_s, u"resources"_s, u"annotations"_s}
            + Who::keys();
        const QJsonObject object = value.toObject();
        m_reading.checkKeys(place, object,
                            QStringList{u"name"_s, u"rate"_s, u"burst"_s, u"quota"_s, u"per"_s}
                                + about);
        limit.name = object.contains("name"_L1)
                         ? m_reading.text(place + u".name"_s, object["name"_L1])
                         : u"limit-%1"_s.arg(index);
        if (!isLimitName(limit.name))
            m_reading.problem(place + u".name"_s,
                              u"must be up to 64 letters, digits, spaces and \". _ : -\"; callers "
                              "see it."_s);
        readRate(place, object, limit);
        readPer(place + u".per"_s, object["per"_L1], limit);
        // In doubt a call counts, as with rules that deny: no other issuer's names, nor a URI that
        // takes a detour, are a way around a limit.
        QJsonObject rule{{"effect"_L1, u"deny"_s}};
        for (const QString &key : about) {
            if (object.contains(key))
                rule.insert(key, object[key]);
        }
        limit.rule = Rule::read(m_reading, place, rule, m_known);
        return limit;
    }

private:
    void readRate(const QString &place, const QJsonObject &object, Limit &limit)
    {
        const bool hasRate = object.contains("rate"_L1);
        limit.isBucket = hasRate;
        if (hasRate == object.contains("quota"_L1))
            return m_reading.problem(place, u"must have either rate, which is filled up all the "
                                            "time, or quota, which is there again afterwards."_s);
        const QString key = hasRate ? u"rate"_s : u"quota"_s;
        const auto rate = parseRate(object[key].toString());
        if (!rate)
            return m_reading.problem(place + u'.' + key, kRateWords);
        limit.rate = *rate;
        limit.burst = rate->count;
        const QJsonValue burst = object["burst"_L1];
        if (burst.isUndefined())
            return;
        limit.burst = burst.toInteger();
        if (!hasRate || limit.burst < 1 || limit.burst > kMaxCount)
            m_reading.problem(place + u".burst"_s,
                              u"must be a number of calls above 0, beside rate."_s);
    }

    void readPer(const QString &place, const QJsonValue &value, Limit &limit)
    {
        if (value.isUndefined()) {
            limit.perUser = true;
            return;
        }
        if (value.isArray() && value.toArray().isEmpty())
            return; // all together
        const QStringList words = m_reading.texts(place, value).value_or(QStringList());
        for (const QString &word : words) {
            if (word == "user"_L1)
                limit.perUser = true;
            else if (word == "tool"_L1)
                limit.perTool = true;
            else if (word == "server"_L1)
                limit.perServer = true;
            else
                m_reading.problem(
                    place,
                    u"knows \"user\", \"tool\" and \"server\", not \"%1\"."_s.arg(word.left(64)));
        }
    }

    Reading &m_reading;
    const KnownNames &m_known;
};

} // namespace

std::optional<Rate> parseRate(const QString &text)
{
    static const QRegularExpression form(u"^\\s*(\\d{1,10})\\s*/\\s*(\\d{0,9})\\s*([a-z]+)\\s*$"_s);
    const auto match = form.match(text);
    if (!match.hasMatch())
        return std::nullopt;
    const qint64 count = match.captured(1).toLongLong();
    const qint64 times = match.captured(2).isEmpty() ? 1 : match.captured(2).toLongLong();
    const qint64 window = times * secondsOf(match.captured(3));
    if (count < 1 || count > kMaxCount || window < 1 || window > kMaxWindow)
        return std::nullopt;
    return Rate{count, std::chrono::seconds(window)};
}

Result<QList<Limit>> limitsFrom(const QJsonValue &json, const KnownNames &known,
                                const QString &perUser, const QString &perTool,
                                const QString &perServer)
{
    QList<FieldProblem> problems;
    Reading reading(problems);
    LimitReader reader(reading, known);
    QList<Limit> limits;
    if (!json.isUndefined() && !json.isArray())
        reading.problem(kPlace, u"must be an array of limits."_s);
    const QJsonArray list = json.toArray();
    if (list.size() > kMaxLimits)
        reading.problem(kPlace, u"holds more than %1 limits."_s.arg(kMaxLimits));
    for (qsizetype i = 0; i < std::min(list.size(), kMaxLimits); ++i)
        limits.append(reader.read(placeOf(kPlace, i), i, list[i]));
    const auto simple = [&](const QString &setting, const QString &rate, const QString &name) {
        if (rate.isEmpty())
            return;
        if (!parseRate(rate))
            return reading.problem(setting, kRateWords);
        QJsonObject object{{"name"_L1, name}, {"rate"_L1, rate}, {"per"_L1, name}};
        if (name == "tool"_L1)
            object.insert("tools"_L1, u"*"_s);
        limits.append(reader.read(setting, 0, object));
    };
    simple(u"RATE_LIMIT_PER_USER"_s, perUser, u"user"_s);
    simple(u"RATE_LIMIT_PER_TOOL"_s, perTool, u"tool"_s);
    simple(u"RATE_LIMIT_PER_SERVER"_s, perServer, u"server"_s);
    if (problems.isEmpty())
        return limits;
    Error error(ErrorCode::InvalidConfig, u"The limits have problems."_s);
    error.problems = std::move(problems);
    return error;
}

} // namespace bridge::policy
