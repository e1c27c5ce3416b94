// SPDX-License-Identifier: GPL-3.0-or-later
// The part of Validation for subschemas that look at the same value.
#include "common/json/validation.h"

#include <utility>

using namespace Qt::StringLiterals;

namespace bridge::json {

bool Validation::quietly(int node, const QJsonValue &value, const Place &place,
                         Evaluated *evaluated)
{
    ++m_silent;
    const bool good = check(node, value, place, evaluated);
    --m_silent;
    return good;
}

/// Like check(), but hands the problems (few of them) to \a problems.
bool Validation::collecting(int node, const QJsonValue &value, const Place &place,
                            Evaluated *evaluated, QList<FieldProblem> *problems)
{
    if (!listening())
        return quietly(node, value, place, evaluated);
    const QList<FieldProblem> outer = std::exchange(m_problems, {});
    const qsizetype limit = std::exchange(m_limit, 3);
    const bool good = check(node, value, place, evaluated);
    *problems = std::exchange(m_problems, outer);
    m_limit = limit;
    return good;
}

bool Validation::checkLogic(const LogicRules &logic, const QJsonValue &value, const Place &place,
                            Evaluated *evaluated)
{
    bool good = true;
    const auto goOn = [&] { return good || listening(); };
    if (logic.ref != kNoNode)
        good &= check(logic.ref, value, place, evaluated);
    if (goOn() && logic.dynamicRef != kNoNode)
        good &= check(dynamicTarget(logic), value, place, evaluated);
    for (size_t i = 0; i < logic.allOf.size() && goOn(); ++i)
        good &= check(logic.allOf[i], value, place, evaluated);
    if (goOn() && !logic.anyOf.empty())
        good &= checkAnyOf(logic, value, place, evaluated);
    if (goOn() && !logic.oneOf.empty())
        good &= checkOneOf(logic, value, place, evaluated);
    if (goOn() && logic.negated != kNoNode && quietly(logic.negated, value, place, nullptr))
        good = report(place, u"must not match the schema under \"not\""_s);
    if (goOn() && logic.condition != kNoNode)
        good &= checkCondition(logic, value, place, evaluated);
    return good;
}

/// The outermost caller that has the dynamic anchor decides (core §8.2.3.2).
int Validation::dynamicTarget(const LogicRules &logic)
{
    if (logic.dynamicName.isEmpty())
        return logic.dynamicRef;
    for (int resource : m_scope) {
        const auto &anchors = m_program.dynamicAnchors[size_t(resource)];
        const auto found = anchors.constFind(logic.dynamicName);
        if (found != anchors.cend())
            return *found;
        spend(1);
    }
    return logic.dynamicRef;
}

bool Validation::checkAnyOf(const LogicRules &logic, const QJsonValue &value, const Place &place,
                            Evaluated *evaluated)
{
    bool good = false;
    QList<QList<FieldProblem>> failures;
    for (int node : logic.anyOf) {
        QList<FieldProblem> problems;
        if (collecting(node, value, place, evaluated, &problems))
            good = true;
        else
            failures.append(problems);
        if ((good && !evaluated) || stopped())
            break;
    }
    return good || reportAlternatives(place, failures);
}

bool Validation::checkOneOf(const LogicRules &logic, const QJsonValue &value, const Place &place,
                            Evaluated *evaluated)
{
    int matched = 0;
    QList<QList<FieldProblem>> failures;
    for (size_t i = 0; i < logic.oneOf.size() && matched < 2 && !stopped(); ++i) {
        QList<FieldProblem> problems;
        if (collecting(logic.oneOf[i], value, place, evaluated, &problems))
            ++matched;
        else
            failures.append(problems);
    }
    if (matched > 1)
        return report(place, u"must match exactly one of the alternatives, matches several"_s);
    return matched == 1 || reportAlternatives(place, failures);
}

/// Says what each alternative wanted; only the relevant one if the others are of another type.
bool Validation::reportAlternatives(const Place &place, const QList<QList<FieldProblem>> &failures)
{
    if (!listening() || stopped())
        return false;
    const QString here = place.pointer();
    QStringList reasons;
    QList<QList<FieldProblem>> close;
    for (const QList<FieldProblem> &problems : failures) {
        if (problems.isEmpty())
            continue;
        const FieldProblem &first = problems.first();
        const bool otherType = first.path == here && first.message.contains(", is a"_L1)
                               && first.message.startsWith("must be a"_L1)
                               && !first.message.contains(" at "_L1);
        if (!otherType)
            close.append(problems);
        if (reasons.size() < 4) {
            const QString where =
                first.path == here ? QString() : first.path.mid(here.size()) % u' ';
            reasons.append(where % first.message);
        }
    }
    if (close.size() == 1) {
        for (const FieldProblem &problem : close.first()) {
            if (listening())
                m_problems.append(problem);
        }
        return false;
    }
    return report(place, u"must match one of the alternatives: %1"_s.arg(reasons.join("; or "_L1)));
}

bool Validation::checkCondition(const LogicRules &logic, const QJsonValue &value,
                                const Place &place, Evaluated *evaluated)
{
    const bool holds = quietly(logic.condition, value, place, evaluated);
    const int next = holds ? logic.thenNode : logic.elseNode;
    return next == kNoNode || check(next, value, place, evaluated);
}

} // namespace bridge::json
