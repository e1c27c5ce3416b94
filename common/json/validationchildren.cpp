// SPDX-License-Identifier: GPL-3.0-or-later
// The part of Validation for objects and arrays.
#include "common/json/compare.h"
#include "common/json/validation.h"

using namespace Qt::StringLiterals;

namespace bridge::json {
namespace {

constexpr qsizetype kNamesInMessage = 12;

QString knownNames(const ObjectRules &rules)
{
    QStringList names = rules.properties.keys();
    names.sort();
    if (names.isEmpty() || names.size() > kNamesInMessage)
        return QString();
    return u", known are "_s % names.join(", "_L1).left(300);
}

} // namespace

bool Validation::checkObject(const ObjectRules &rules, const QJsonObject &object,
                             const Place &place, Evaluated *evaluated)
{
    bool good = true;
    const qsizetype size = object.size();
    if (rules.minCount > size)
        good = report(place,
                      u"must have at least %1 properties, has %2"_s.arg(rules.minCount).arg(size));
    if (rules.maxCount != kNoLimit && rules.maxCount < size)
        good = report(place,
                      u"must have at most %1 properties, has %2"_s.arg(rules.maxCount).arg(size));
    for (const QString &name : rules.required) {
        if (!object.contains(name))
            good = report(place, u"lacks the required property \"%1\""_s.arg(name.left(200)));
    }
    if (!spend(rules.required.size()) || (!good && !listening()))
        return false;
    if (!rules.properties.isEmpty() || !rules.patterns.empty() || rules.additional != kNoNode
        || rules.names != kNoNode) {
        good &= checkMembers(rules, object, place, evaluated);
    }
    return (good || listening()) && checkDependencies(rules, object, place, evaluated) && good;
}

bool Validation::checkMembers(const ObjectRules &rules, const QJsonObject &object,
                              const Place &place, Evaluated *evaluated)
{
    bool good = true;
    qsizetype position = 0;
    for (auto it = object.constBegin(); it != object.constEnd(); ++it, ++position) {
        const Place here{&place, it.key(), -1};
        if (!spend(1 + here.key.size() / 256) || (!good && !listening()))
            return false;
        bool looked = false;
        if (rules.names != kNoNode)
            good &= checkChild(rules.names, QJsonValue(here.key), here);
        good &= checkMember(rules, it.value(), here, &looked);
        if (looked && evaluated)
            evaluated->mark(position, object.size());
    }
    return good;
}

bool Validation::checkMember(const ObjectRules &rules, const QJsonValue &value, const Place &place,
                             bool *looked)
{
    bool good = true;
    const auto declared = rules.properties.constFind(place.key);
    if (declared != rules.properties.cend()) {
        *looked = true;
        good &= checkChild(*declared, value, place);
    }
    for (const auto &[regex, node] : rules.patterns) {
        if (stopped() || !matches(regex, place.key))
            continue;
        *looked = true;
        good &= checkChild(node, value, place);
    }
    if (*looked || rules.additional == kNoNode)
        return good;
    *looked = true;
    if (m_program.nodes[size_t(rules.additional)].kind == Node::Kind::NothingAtAll)
        return report(place, u"is not a known property"_s % knownNames(rules));
    return checkChild(rules.additional, value, place) && good;
}

bool Validation::checkDependencies(const ObjectRules &rules, const QJsonObject &object,
                                   const Place &place, Evaluated *evaluated)
{
    bool good = true;
    for (const auto &[name, needed] : rules.dependentRequired) {
        if (!spend(1 + needed.size()) || !object.contains(name))
            continue;
        for (const QString &other : needed) {
            if (!object.contains(other))
                good = report(place, u"lacks the property \"%1\", required because of \"%2\""_s.arg(
                                         other.left(200), name.left(200)));
        }
    }
    for (const auto &[name, node] : rules.dependentSchemas) {
        if (object.contains(name))
            good &= check(node, object, place, evaluated);
    }
    return good;
}

bool Validation::checkArray(const ArrayRules &rules, const QJsonArray &array, const Place &place,
                            Evaluated *evaluated)
{
    bool good = true;
    const qsizetype size = array.size();
    if (rules.minItems > size)
        good =
            report(place, u"must have at least %1 items, has %2"_s.arg(rules.minItems).arg(size));
    if (rules.maxItems != kNoLimit && rules.maxItems < size)
        good = report(place, u"must have at most %1 items, has %2"_s.arg(rules.maxItems).arg(size));
    const auto goOn = [&] { return good || listening(); };
    if (goOn() && (!rules.prefix.empty() || rules.rest != kNoNode))
        good &= checkItems(rules, array, place, evaluated);
    if (goOn() && rules.contains != kNoNode)
        good &= checkContains(rules, array, place, evaluated);
    if (goOn() && rules.unique)
        good &= checkUnique(array, place);
    return good;
}

bool Validation::checkItems(const ArrayRules &rules, const QJsonArray &array, const Place &place,
                            Evaluated *evaluated)
{
    bool good = true;
    const qsizetype size = array.size();
    const qsizetype prefix = std::min(qsizetype(rules.prefix.size()), size);
    const qsizetype end = rules.rest == kNoNode ? prefix : size;
    for (qsizetype i = 0; i < end; ++i) {
        if (stopped() || (!good && !listening()))
            return false;
        const int node = i < prefix ? rules.prefix[size_t(i)] : rules.rest;
        good &= checkChild(node, array.at(i), Place{&place, QString(), i});
    }
    if (evaluated)
        evaluated->markFirst(end, size);
    return good;
}

bool Validation::checkContains(const ArrayRules &rules, const QJsonArray &array, const Place &place,
                               Evaluated *evaluated)
{
    qint64 found = 0;
    for (qsizetype i = 0; i < array.size() && !stopped(); ++i) {
        if (!quietly(rules.contains, array.at(i), Place{&place, QString(), i}, nullptr))
            continue;
        ++found;
        if (evaluated && rules.containsMarks)
            evaluated->mark(i, array.size());
    }
    if (found < rules.minContains)
        return report(place, u"must contain at least %1 items of the schema under \"contains\", "
                             "contains %2"_s.arg(rules.minContains)
                                 .arg(found));
    if (rules.maxContains != kNoLimit && found > rules.maxContains)
        return report(place, u"must contain at most %1 items of the schema under \"contains\", "
                             "contains %2"_s.arg(rules.maxContains)
                                 .arg(found));
    return true;
}

bool Validation::checkUnique(const QJsonArray &array, const Place &place)
{
    QMultiHash<size_t, qsizetype> seen;
    for (qsizetype i = 0; i < array.size(); ++i) {
        qint64 steps = 1;
        const QJsonValue item = array.at(i);
        const size_t hash = hashValue(item, &steps);
        for (auto it = seen.constFind(hash); it != seen.cend() && it.key() == hash; ++it) {
            if (sameValue(array.at(*it), item, &steps)) {
                return report(Place{&place, QString(), i},
                              u"repeats item %1, items must be unique"_s.arg(*it));
            }
            if (!spend(steps))
                return false;
        }
        if (!spend(steps))
            return false;
        seen.insert(hash, i);
    }
    return true;
}

bool Validation::checkUnevaluated(const Node &node, const QJsonValue &value, const Place &place,
                                  Evaluated *evaluated)
{
    bool good = true;
    if (node.unevaluatedProperties != kNoNode && value.isObject()) {
        const QJsonObject object = value.toObject();
        qsizetype position = 0;
        for (auto it = object.constBegin(); it != object.constEnd(); ++it, ++position) {
            if (!spend(1))
                return false;
            if (!evaluated->has(position))
                good &= checkChild(node.unevaluatedProperties, it.value(), {&place, it.key(), -1});
        }
        evaluated->markFirst(object.size(), object.size());
    }
    if (node.unevaluatedItems != kNoNode && value.isArray()) {
        const QJsonArray array = value.toArray();
        for (qsizetype i = 0; i < array.size() && spend(1); ++i) {
            if (!evaluated->has(i))
                good &= checkChild(node.unevaluatedItems, array.at(i), {&place, QString(), i});
        }
        evaluated->markFirst(array.size(), array.size());
    }
    return good;
}

} // namespace bridge::json
