// SPDX-License-Identifier: GPL-3.0-or-later
// Internal to bridge::json: one validation of one value against a Program. Counts its work and its
// depth and gives up, with a problem, when either exceeds the options. Used by one thread, once.
#pragma once

#include "common/json/program.h"
#include "common/json/schema.h"

#include <QtCore/QJsonObject>

namespace bridge::json {

/// Where in the instance a check takes place; a chain on the stack, written out only for problems.
struct Place {
    const Place *up = nullptr;
    QString key;
    qsizetype index = -1;
    QString pointer() const;
};

/// Which members (by position) or elements of one value a schema has looked at.
class Evaluated
{
public:
    void mark(qsizetype child, qsizetype all)
    {
        grow(all);
        m_marks[size_t(child)] = true;
    }
    void markFirst(qsizetype count, qsizetype all);
    bool has(qsizetype child) const
    {
        return size_t(child) < m_marks.size() && m_marks[size_t(child)];
    }
    void merge(const Evaluated &other);
    qsizetype size() const { return qsizetype(m_marks.size()); }

private:
    void grow(qsizetype all)
    {
        if (m_marks.size() < size_t(all))
            m_marks.resize(size_t(all));
    }
    std::vector<bool> m_marks;
};

/// The TypeBit of \a value; an integer is a number as well.
unsigned typeBitsOf(const QJsonValue &value);

class Validation
{
public:
    Validation(const Program &program, const ValidateOptions &options);
    QList<FieldProblem> run(const QJsonValue &instance);

private:
    /// An alternative that did not match, and why.
    struct Failure {
        int node;
        QList<FieldProblem> problems;
    };

    bool check(int node, const QJsonValue &value, const Place &place, Evaluated *evaluated);
    bool checkRules(const Node &node, const QJsonValue &value, const Place &place,
                    Evaluated *evaluated);
    bool checkChild(int node, const QJsonValue &value, const Place &place);

    bool checkType(const Node &node, const QJsonValue &value, const Place &place);
    bool checkChoices(const Node &node, const QJsonValue &value, const Place &place);
    bool checkNumber(const NumberRules &rules, const QJsonValue &value, const Place &place);
    bool checkString(const StringRules &rules, const QString &text, const Place &place);
    bool matches(const Regex &regex, const QString &text);

    bool checkLogic(const LogicRules &logic, const QJsonValue &value, const Place &place,
                    Evaluated *evaluated);
    bool checkAnyOf(const LogicRules &logic, const QJsonValue &value, const Place &place,
                    Evaluated *evaluated);
    bool checkOneOf(const LogicRules &logic, const QJsonValue &value, const Place &place,
                    Evaluated *evaluated);
    bool checkCondition(const LogicRules &logic, const QJsonValue &value, const Place &place,
                        Evaluated *evaluated);
    bool quietly(int node, const QJsonValue &value, const Place &place, Evaluated *evaluated);
    bool collecting(int node, const QJsonValue &value, const Place &place, Evaluated *evaluated,
                    QList<FieldProblem> *problems);
    int dynamicTarget(const LogicRules &logic);
    bool admitsType(int node, const QJsonValue &value) const;
    bool reportAlternatives(const QJsonValue &value, const Place &place,
                            const QList<Failure> &failures);

    bool checkObject(const ObjectRules &rules, const QJsonObject &object, const Place &place,
                     Evaluated *evaluated);
    bool checkMembers(const ObjectRules &rules, const QJsonObject &object, const Place &place,
                      Evaluated *evaluated);
    bool checkMember(const ObjectRules &rules, const QJsonValue &value, const Place &place,
                     bool *looked);
    bool checkDependencies(const ObjectRules &rules, const QJsonObject &object, const Place &place,
                           Evaluated *evaluated);
    bool checkArray(const ArrayRules &rules, const QJsonArray &array, const Place &place,
                    Evaluated *evaluated);
    bool checkItems(const ArrayRules &rules, const QJsonArray &array, const Place &place,
                    Evaluated *evaluated);
    bool checkContains(const ArrayRules &rules, const QJsonArray &array, const Place &place,
                       Evaluated *evaluated);
    bool checkUnique(const QJsonArray &array, const Place &place);
    bool checkUnevaluated(const Node &node, const QJsonValue &value, const Place &place,
                          Evaluated *evaluated);

    /// Notes a problem unless nobody listens; always false.
    bool report(const Place &place, const QString &message);
    /// Whether further problems are worth looking for after a first one.
    bool listening() const { return m_silent == 0 && m_problems.size() < m_limit; }
    /// Counts \a steps of work; false once there is no more to spend.
    bool spend(qint64 steps);
    bool giveUp(const QString &reason);
    bool stopped() const { return !m_reason.isEmpty(); }

    const Program &m_program;
    const ValidateOptions &m_options;
    QList<FieldProblem> m_problems;
    qsizetype m_limit;
    int m_silent = 0;
    int m_depth = 0;
    qint64 m_stepsLeft;
    QString m_reason;         ///< why it gave up
    std::vector<int> m_scope; ///< resources entered, outermost first, for `$dynamicRef`
};

} // namespace bridge::json
