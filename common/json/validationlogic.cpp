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
    QList<Failure> failures;
    for (int node : logic.anyOf) {
        Failure failure{node, {}};
        if (collecting(node, value, place, evaluated, &failure.problems))
            good = true;
        else
            failures.append(failure);
        if ((good && !evaluated) || stopped())
            break;
    }
    return good || reportAlternatives(value, place, failures);
}

bool Validation::checkOneOf(const LogicRules &logic, const QJsonValue &value, const Place &place,
                            Evaluated *evaluated)
{
    int matched = 0;
    QList<Failure> failures;
    for (size_t i = 0; i < logic.oneOf.size() && matched < 2 && !stopped(); ++i) {
        Failure failure{logic.oneOf[i], {}};
        if (collecting(failure.node, value, place, evaluated, &failure.problems))
            ++matched;
        else
            failures.append(failure);
    }
    if (matched > 1)
        return report(place, u"must match exactly one of the alternatives, matches several"_s);
    return matched == 1 || reportAlternatives(value, place, failures);
}

/// Whether \a node could accept a value of the type \a value has, as far as `type` tells.
bool Validation::admitsType(int node, const QJsonValue &value) const
{
    for (int hops = 0; hops < 16 && node != kNoNode; ++hops) {
        const Node &rules = m_program.nodes[size_t(node)];
        if (rules.types != 0)
            return rules.types & typeBitsOf(value);
        node = rules.logic ? rules.logic->ref : kNoNode;
    }
    return true;
}

/// Says what each alternative wanted; only the relevant one if the others are of another type.
bool Validation::reportAlternatives(const QJsonValue &value, const Place &place,
                                    const QList<Failure> &failures)
{
    if (!listening() || stopped())
        return false;
    const QString here = place.pointer();
    QStringList reasons;
    QList<FieldProblem> close;
    int closeCount = 0;
    for (const Failure &failure : failures) {
        if (failure.problems.isEmpty())
            continue;
        if (admitsType(failure.node, value) && ++closeCount)
            close = failure.problems;
        const FieldProblem &first = failure.problems.first();
        // Cut, since alternatives within alternatives would multiply the text.
        const QString where = first.path.mid(here.size()).left(100);
        const QString why = first.message.left(200);
        if (reasons.size() < 4)
            reasons.append(where.isEmpty() ? why : QString(where % u' ' % why));
    }
    if (closeCount != 1)
        return report(place,
                      u"must match one of the alternatives: %1"_s.arg(reasons.join("; or "_L1)));
    for (const FieldProblem &problem : close) {
        if (listening())
            m_problems.append(problem);
    }
    return false;
}

bool Validation::checkCondition(const LogicRules &logic, const QJsonValue &value,
                                const Place &place, Evaluated *evaluated)
{
    const bool holds = quietly(logic.condition, value, place, evaluated);
    const int next = holds ? logic.thenNode : logic.elseNode;
    return next == kNoNode || check(next, value, place, evaluated);
}

} // namespace bridge::json
