// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/json/sample.h"
#include "common/json/compare.h"
#include "common/json/samplemerge.h"
#include "common/json/samplescalar.h"
#include "common/json/schema.h"
#include "common/json/writer.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonObject>

using namespace Qt::StringLiterals;

namespace bridge::json {
namespace {

constexpr int kBudget = 4000;     ///< subschemas visited
constexpr int kChecks = 200;      ///< tries that are validated
constexpr int kOptionalDepth = 5; ///< deeper, only required properties are filled in
constexpr qsizetype kMostElements = 100;

class Sampler
{
public:
    Sampler(const QJsonValue &root, bool onlyRequired) : m_root(root), m_onlyRequired(onlyRequired)
    {
    }
    QJsonValue make(const QJsonValue &schema, int depth)
    {
        return fromFlat(flatten(schema), depth);
    }

private:
    QJsonObject flatten(const QJsonValue &schema)
    {
        return flattenSchema(schema, m_root, &m_budget);
    }
    QJsonValue fromFlat(const QJsonObject &flat, int depth);
    QJsonValue given(const QJsonObject &flat);
    QJsonValue fromAlternatives(const QJsonObject &flat, const QJsonArray &alternatives,
                                const QJsonObject &rest, int depth);
    QJsonValue fromCondition(const QJsonObject &flat, int depth);
    QJsonValue ofType(const QString &type, const QJsonObject &flat, int depth);
    QJsonValue object(const QJsonObject &flat, int depth);
    void addDependencies(const QJsonObject &flat, QJsonArray *names) const;
    void fillUp(const QJsonObject &flat, QJsonObject *made, int depth);
    QJsonValue array(const QJsonObject &flat, int depth);
    QJsonValue distinct(const QJsonValue &item, const QJsonArray &others, const QJsonObject &flat);
    bool fits(const QJsonObject &flat, const QJsonValue &value);

    const QJsonValue m_root;
    bool m_onlyRequired;
    int m_budget = kBudget;
    int m_checks = kChecks;
};

QString typeOf(const QJsonObject &flat)
{
    const QJsonValue type = flat.value("type"_L1);
    if (type.isString())
        return type.toString();
    for (const QJsonValue one : type.toArray()) {
        if (one != "null"_L1)
            return one.toString();
    }
    if (type.isArray())
        return u"null"_s;
    static const std::pair<QLatin1StringView, QString> kHints[] = {
        {"properties"_L1, u"object"_s},
        {"required"_L1, u"object"_s},
        {"minProperties"_L1, u"object"_s},
        {"additionalProperties"_L1, u"object"_s},
        {"items"_L1, u"array"_s},
        {"prefixItems"_L1, u"array"_s},
        {"minItems"_L1, u"array"_s},
        {"contains"_L1, u"array"_s},
        {"minimum"_L1, u"number"_s},
        {"maximum"_L1, u"number"_s},
        {"exclusiveMinimum"_L1, u"number"_s},
        {"exclusiveMaximum"_L1, u"number"_s},
        {"multipleOf"_L1, u"number"_s},
    };
    for (const auto &[keyword, hinted] : kHints) {
        if (flat.contains(keyword))
            return hinted;
    }
    return u"string"_s;
}

QJsonValue Sampler::fromFlat(const QJsonObject &flat, int depth)
{
    if (--m_budget < 0 || depth > kMaxSampleDepth)
        return QJsonValue(QJsonValue::Null);
    const QJsonValue known = given(flat);
    if (!known.isUndefined())
        return known;
    for (const auto &keyword : {"anyOf"_L1, "oneOf"_L1}) {
        const QJsonArray alternatives = flat.value(keyword).toArray();
        if (alternatives.isEmpty())
            continue;
        QJsonObject rest = flat;
        rest.remove(keyword);
        return fromAlternatives(flat, alternatives, rest, depth);
    }
    if (flat.contains("if"_L1))
        return fromCondition(flat, depth);
    return ofType(typeOf(flat), flat, depth);
}

/// What the author of the schema wrote down as a value.
QJsonValue Sampler::given(const QJsonObject &flat)
{
    if (flat.contains("const"_L1))
        return flat.value("const"_L1);
    QJsonArray candidates = flat.value("enum"_L1).toArray();
    const bool mustChoose = !candidates.isEmpty();
    if (flat.contains("default"_L1))
        candidates.insert(mustChoose ? candidates.size() : 0, flat.value("default"_L1));
    for (const QJsonValue example : flat.value("examples"_L1).toArray())
        candidates.append(example);
    for (const QJsonValue candidate : candidates) {
        if (fits(flat, candidate))
            return candidate;
    }
    return mustChoose ? candidates.at(0) : QJsonValue(QJsonValue::Undefined);
}

QJsonValue Sampler::fromAlternatives(const QJsonObject &flat, const QJsonArray &alternatives,
                                     const QJsonObject &rest, int depth)
{
    QJsonValue first(QJsonValue::Undefined);
    const bool before = m_onlyRequired;
    // Optional properties may make a second alternative match, so try without them as well.
    for (const bool onlyRequired : {before, true}) {
        m_onlyRequired = onlyRequired;
        for (const QJsonValue alternative : alternatives) {
            const QJsonObject merged = mergeSchemas(flatten(alternative), rest);
            const QJsonValue value = fromFlat(merged, depth + 1);
            m_onlyRequired = onlyRequired;
            if (first.isUndefined())
                first = value;
            if (m_budget < 0 || fits(flat, value)) {
                m_onlyRequired = before;
                return m_budget < 0 ? first : value;
            }
        }
    }
    m_onlyRequired = before;
    return first;
}

QJsonValue Sampler::fromCondition(const QJsonObject &flat, int depth)
{
    QJsonObject rest = flat;
    const QJsonValue condition = rest.take("if"_L1);
    const QJsonValue thenSchema = rest.take("then"_L1);
    const QJsonValue elseSchema = rest.take("else"_L1);
    QJsonObject holding = mergeSchemas(rest, flatten(condition));
    holding = mergeSchemas(holding, flatten(thenSchema));
    const QJsonObject failing = mergeSchemas(rest, flatten(elseSchema));
    for (const QJsonObject &way : {rest, holding, failing}) {
        const QJsonValue value = fromFlat(way, depth + 1);
        if (fits(flat, value))
            return value;
    }
    return fromFlat(rest, depth + 1);
}

QJsonValue Sampler::ofType(const QString &type, const QJsonObject &flat, int depth)
{
    if (type == "object"_L1)
        return object(flat, depth);
    if (type == "array"_L1)
        return array(flat, depth);
    if (type == "integer"_L1 || type == "number"_L1)
        return sampleNumber(flat, type == "integer"_L1);
    if (type == "boolean"_L1)
        return QJsonValue(true);
    if (type == "null"_L1)
        return QJsonValue(QJsonValue::Null);
    return sampleText(flat);
}

QJsonValue Sampler::object(const QJsonObject &flat, int depth)
{
    const QJsonObject properties = flat.value("properties"_L1).toObject();
    QJsonArray names = flat.value("required"_L1).toArray();
    const qsizetype most = qsizetype(flat.value("maxProperties"_L1).toDouble(1e6));
    if (!m_onlyRequired && depth < kOptionalDepth) {
        for (const QString &name : properties.keys()) {
            const QJsonValue property = properties.value(name);
            if (names.size() < most && !names.contains(name) && property != QJsonValue(false))
                names.append(name);
        }
    }
    addDependencies(flat, &names);
    QJsonObject made;
    for (const QJsonValue name : names) {
        QJsonValue property = properties.value(name.toString());
        if (property.isUndefined())
            property = flat.value("additionalProperties"_L1);
        made.insert(name.toString(), make(property, depth + 1));
    }
    fillUp(flat, &made, depth);
    return made;
}

void Sampler::addDependencies(const QJsonObject &flat, QJsonArray *names) const
{
    for (const auto &keyword : {"dependentRequired"_L1, "dependencies"_L1}) {
        const QJsonObject needs = flat.value(keyword).toObject();
        for (qsizetype i = 0; i < names->size(); ++i) { // grows while it is walked
            for (const QJsonValue need : needs.value(names->at(i).toString()).toArray()) {
                if (!names->contains(need))
                    names->append(need);
            }
        }
    }
}

/// Invents properties until there are as many as `minProperties` wants.
void Sampler::fillUp(const QJsonObject &flat, QJsonObject *made, int depth)
{
    const double wanted =
        std::min(flat.value("minProperties"_L1).toDouble(0), double(kMostElements));
    const QJsonObject properties = flat.value("properties"_L1).toObject();
    for (const QString &name : properties.keys()) {
        if (double(made->size()) < wanted && !made->contains(name))
            made->insert(name, make(properties.value(name), depth + 1));
    }
    for (int i = 1; double(made->size()) < wanted; ++i) {
        const QString name = u"property%1"_s.arg(i);
        if (!made->contains(name))
            made->insert(name, make(flat.value("additionalProperties"_L1), depth + 1));
    }
}

QJsonValue Sampler::array(const QJsonObject &flat, int depth)
{
    const bool isTuple = flat.value("items"_L1).isArray();
    const QJsonArray prefix = flat.value(isTuple ? "items"_L1 : "prefixItems"_L1).toArray();
    const QJsonValue rest = flat.value(isTuple ? "additionalItems"_L1 : "items"_L1);
    const double fewest = std::min(flat.value("minItems"_L1).toDouble(0), double(kMostElements));
    const double most = flat.value("maxItems"_L1).toDouble(double(kMostElements));
    const bool showOne = !m_onlyRequired && depth < kOptionalDepth && rest.isObject();
    const double wanted = std::min(
        std::max(fewest, showOne ? double(prefix.size() + 1) : double(prefix.size())), most);
    const bool unique = flat.value("uniqueItems"_L1).toBool();
    QJsonArray made;
    if (flat.contains("contains"_L1)) {
        const double matches = std::min(flat.value("minContains"_L1).toDouble(1), most);
        while (double(made.size() + prefix.size()) < matches + double(prefix.size())
               && made.size() < kMostElements)
            made.append(make(flat.value("contains"_L1), depth + 1));
    }
    for (qsizetype i = 0; double(made.size()) < wanted; ++i) {
        const QJsonValue schema = i < prefix.size() ? prefix.at(i) : rest;
        QJsonValue item = make(schema, depth + 1);
        if (unique)
            item = distinct(item, made, flatten(schema));
        // A prefix describes the first places, what `contains` wants comes after it.
        made.insert(std::min(i, made.size()), item);
    }
    return made;
}

/// \a item changed so that none of \a others equals it, where that is possible.
QJsonValue Sampler::distinct(const QJsonValue &item, const QJsonArray &others,
                             const QJsonObject &flat)
{
    const QJsonArray choices = flat.value("enum"_L1).toArray();
    const double step = flat.value("multipleOf"_L1).toDouble(1);
    const auto taken = [&](const QJsonValue &value) {
        return std::any_of(others.begin(), others.end(),
                           [&](const QJsonValue &other) { return sameValue(other, value); });
    };
    QJsonValue value = item;
    for (qsizetype i = 0; i <= others.size() && taken(value); ++i) {
        if (!choices.isEmpty())
            value = choices.at(i % choices.size());
        else if (item.isDouble())
            value = item.toDouble() + step * double(i + 1);
        else if (item.isString())
            value = QString(item.toString() % QString::number(i + 1));
        else if (item.isBool())
            value = !item.toBool();
        else if (item.isObject() && !item.toObject().isEmpty()) {
            QJsonObject changed = item.toObject();
            const QString name = changed.keys().constFirst();
            changed.insert(name, changed.value(name).isString()
                                     ? QJsonValue(QString(changed.value(name).toString()
                                                          % QString::number(i + 1)))
                                     : QJsonValue(changed.value(name).toDouble() + double(i + 1)));
            value = changed;
        }
    }
    return value;
}

/// Whether \a value satisfies \a flat. What cannot be checked on its own, or not any more because
/// too many checks were made, counts as met.
bool Sampler::fits(const QJsonObject &flat, const QJsonValue &value)
{
    if (--m_checks < 0)
        return true;
    QJsonObject schema = flat;
    schema.remove("$id"_L1);
    const QJsonObject root = m_root.toObject();
    if (root.contains("$schema"_L1))
        schema.insert("$schema"_L1, root.value("$schema"_L1));
    if (compactJson(schema).contains("\"$ref\"")) {
        for (const auto &keyword : {"$defs"_L1, "definitions"_L1}) {
            if (root.contains(keyword))
                schema.insert(keyword, root.value(keyword));
        }
    }
    const Result<Schema> compiled = Schema::compile(schema, {.maxNodes = 2000});
    return !compiled
           || compiled->validate(value, {.maxProblems = 1, .maxSteps = 100'000}).isEmpty();
}

} // namespace

QJsonValue sample(const QJsonValue &schema)
{
    const QJsonValue value = Sampler(schema, false).make(schema, 0);
    const Result<Schema> compiled = Schema::compile(schema);
    if (!compiled || compiled->validate(value, {.maxProblems = 1}).isEmpty())
        return value;
    const QJsonValue smaller = Sampler(schema, true).make(schema, 0);
    return compiled->validate(smaller, {.maxProblems = 1}).isEmpty() ? smaller : value;
}

} // namespace bridge::json
