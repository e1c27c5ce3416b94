// SPDX-License-Identifier: GPL-3.0-or-later
// The course of a validation, and the checks of plain values.
#include "common/json/validation.h"
#include "common/json/compare.h"
#include "common/json/pointer.h"

#include <QtCore/QElapsedTimer>

using namespace Qt::StringLiterals;

namespace bridge::json {
namespace {

/// `a string or null`
QString phraseOfTypes(unsigned types)
{
    static constexpr std::pair<unsigned, QLatin1StringView> kPhrases[] = {
        {StringType, "a string"_L1},   {NumberType, "a number"_L1}, {IntegerType, "an integer"_L1},
        {BooleanType, "a boolean"_L1}, {ArrayType, "an array"_L1},  {ObjectType, "an object"_L1},
        {NullType, "null"_L1},
    };
    if (types & NumberType)
        types &= ~unsigned(IntegerType);
    QStringList phrases;
    for (const auto &[bit, phrase] : kPhrases) {
        if (types & bit)
            phrases.append(phrase);
    }
    return phrases.join(" or "_L1);
}

} // namespace

unsigned typeBitsOf(const QJsonValue &value)
{
    switch (value.type()) {
    case QJsonValue::Null:
        return NullType;
    case QJsonValue::Bool:
        return BooleanType;
    case QJsonValue::Double:
        return isInteger(value) ? IntegerType | NumberType : NumberType;
    case QJsonValue::String:
        return StringType;
    case QJsonValue::Array:
        return ArrayType;
    case QJsonValue::Object:
        return ObjectType;
    default:
        return 0;
    }
}

QString Place::pointer() const
{
    QString text;
    for (const Place *at = this; at->up; at = at->up)
        text.prepend(u'/' % (at->index < 0 ? escapePointer(at->key) : QString::number(at->index)));
    return text;
}

void Evaluated::markFirst(qsizetype count, qsizetype all)
{
    grow(all);
    std::fill_n(m_marks.begin(), std::min(count, all), true);
}

void Evaluated::merge(const Evaluated &other)
{
    grow(other.size());
    for (size_t i = 0; i < other.m_marks.size(); ++i) {
        if (other.m_marks[i])
            m_marks[i] = true;
    }
}

Validation::Validation(const Program &program, const ValidateOptions &options)
    : m_program(program)
    , m_options(options)
    , m_limit(std::max(1, options.maxProblems))
    , m_stepsLeft(options.maxSteps)
{
}

QList<FieldProblem> Validation::run(const QJsonValue &instance)
{
    check(0, instance, Place(), nullptr);
    // A check that was given up has no result, whatever `not` or `anyOf` made of it.
    if (stopped())
        return {FieldProblem{QString(), m_reason}};
    return m_problems;
}

bool Validation::report(const Place &place, const QString &message)
{
    if (listening() && !stopped())
        m_problems.append({place.pointer(), message});
    return false;
}

bool Validation::giveUp(const QString &reason)
{
    if (!stopped())
        m_reason = reason;
    return false;
}

bool Validation::spend(qint64 steps)
{
    if (stopped())
        return false;
    m_stepsLeft -= steps;
    return m_stepsLeft >= 0
           || giveUp(u"cannot be checked: the schema needs more than %1 steps for this value"_s.arg(
               m_options.maxSteps));
}

bool Validation::check(int node, const QJsonValue &value, const Place &place, Evaluated *evaluated)
{
    const Node &rules = m_program.nodes[size_t(node)];
    if (!spend(1))
        return false;
    if (rules.kind == Node::Kind::Anything)
        return true;
    if (rules.kind == Node::Kind::NothingAtAll)
        return report(place, u"is not allowed here"_s);
    if (m_depth >= m_options.maxDepth) {
        return giveUp(u"cannot be checked: value and schema are nested deeper than %1"_s.arg(
            m_options.maxDepth));
    }
    ++m_depth;
    const bool entered = m_scope.empty() || m_scope.back() != rules.resource;
    if (entered)
        m_scope.push_back(rules.resource);
    const bool good = checkRules(rules, value, place, evaluated);
    if (entered)
        m_scope.pop_back();
    --m_depth;
    return good && !stopped();
}

bool Validation::checkRules(const Node &node, const QJsonValue &value, const Place &place,
                            Evaluated *evaluated)
{
    Evaluated own;
    Evaluated *marks = m_program.tracksEvaluated ? &own : nullptr;
    bool good = checkType(node, value, place);
    // After a first problem the others are only worth the work if somebody reads them.
    const auto goOn = [&] { return good || listening(); };
    if (goOn())
        good &= checkChoices(node, value, place);
    if (goOn() && node.number && value.isDouble())
        good &= checkNumber(*node.number, value, place);
    if (goOn() && node.string && value.isString())
        good &= checkString(*node.string, value.toString(), place);
    if (goOn() && node.object && value.isObject())
        good &= checkObject(*node.object, value.toObject(), place, marks);
    if (goOn() && node.array && value.isArray())
        good &= checkArray(*node.array, value.toArray(), place, marks);
    if (goOn() && node.logic)
        good &= checkLogic(*node.logic, value, place, marks);
    if (good && marks)
        good = checkUnevaluated(node, value, place, marks);
    if (good && evaluated && own.size() > 0)
        evaluated->merge(own);
    return good && spend(own.size() / 64);
}

bool Validation::checkChild(int node, const QJsonValue &value, const Place &place)
{
    return check(node, value, place, nullptr);
}

bool Validation::checkType(const Node &node, const QJsonValue &value, const Place &place)
{
    if (node.types == 0 || (node.types & typeBitsOf(value)))
        return true;
    const QString wanted = phraseOfTypes(node.types);
    return report(place, u"must be %1, is %2"_s.arg(wanted, typePhrase(value)));
}

bool Validation::checkChoices(const Node &node, const QJsonValue &value, const Place &place)
{
    qint64 steps = 0;
    bool good = node.constant.isUndefined() || sameValue(node.constant, value, &steps);
    if (!good)
        report(place, u"must be %1"_s.arg(shortText(node.constant)));
    if (!node.choices)
        return spend(steps) && good;
    bool found = false;
    for (qsizetype i = 0; i < node.choices->size() && !found; ++i)
        found = sameValue(node.choices->at(i), value, &steps);
    if (!found && listening()) {
        QStringList names;
        for (qsizetype i = 0; i < node.choices->size() && i < 10; ++i)
            names.append(shortText(node.choices->at(i), 40));
        if (node.choices->size() > 10)
            names.append(u"…"_s);
        report(place, u"must be one of %1"_s.arg(names.join(", "_L1)));
    }
    return spend(steps) && good && found;
}

bool Validation::checkNumber(const NumberRules &rules, const QJsonValue &value, const Place &place)
{
    bool good = true;
    const auto refuse = [&](QLatin1StringView must, const QJsonValue &limit) {
        good =
            report(place, u"must be %1 %2, is %3"_s.arg(must, shortText(limit), shortText(value)));
    };
    if (!rules.minimum.isUndefined() && compareNumbers(value, rules.minimum) < 0)
        refuse("at least"_L1, rules.minimum);
    if (!rules.maximum.isUndefined() && compareNumbers(value, rules.maximum) > 0)
        refuse("at most"_L1, rules.maximum);
    if (!rules.above.isUndefined() && compareNumbers(value, rules.above) <= 0)
        refuse("more than"_L1, rules.above);
    if (!rules.below.isUndefined() && compareNumbers(value, rules.below) >= 0)
        refuse("less than"_L1, rules.below);
    if (!rules.multipleOf.isUndefined() && !isMultipleOf(value, rules.multipleOf))
        refuse("a multiple of"_L1, rules.multipleOf);
    return good;
}

bool Validation::checkString(const StringRules &rules, const QString &text, const Place &place)
{
    bool good = true;
    const qsizetype length = codePoints(text);
    if (rules.minLength > length)
        good = report(
            place, u"must have at least %1 characters, has %2"_s.arg(rules.minLength).arg(length));
    if (rules.maxLength != kNoLimit && rules.maxLength < length)
        good = report(
            place, u"must have at most %1 characters, has %2"_s.arg(rules.maxLength).arg(length));
    if (rules.pattern && !matches(*rules.pattern, text))
        good =
            report(place, u"must match the pattern %1"_s.arg(rules.pattern->pattern().left(200)));
    if (rules.check && !rules.check(text))
        good = report(place, u"must be a valid %1"_s.arg(rules.format));
    return spend(text.size() / 256) && good;
}

bool Validation::matches(const Regex &regex, const QString &text)
{
    // Time is the only measure that covers what a match really costs.
    QElapsedTimer timer;
    timer.start();
    const Regex::Outcome outcome = regex.match(text);
    if (outcome == Regex::Outcome::TooExpensive) {
        return giveUp(
            u"cannot be checked: the pattern %1 takes too long"_s.arg(regex.pattern().left(200)));
    }
    return spend(1 + timer.nsecsElapsed() / 1000) && outcome == Regex::Outcome::Match;
}

} // namespace bridge::json
