// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/json/keywordreader.h"
#include "common/json/compare.h"

#include <algorithm>
#include <limits>

using namespace Qt::StringLiterals;

namespace bridge::json {

KeywordReader::KeywordReader(Compiler &compiler, int spot, int id, const QJsonObject &schema,
                             int depth)
    : m_compiler(compiler)
    , m_spot(spot)
    , m_id(id)
    , m_schema(schema)
    , m_depth(depth)
    , m_vocabulary(compiler.vocabulary(spot))
{
}

Node KeywordReader::read()
{
    indexDefinitions();
    readLogic();
    readObject();
    readDependencies();
    readArray();
    readUnevaluated();
    if (m_vocabulary.validation) {
        readTypes();
        readChoices();
        readNumber();
    }
    readString();
    if (m_vocabulary.draft07 && has("$ref"_L1))
        m_node = Node(); // the siblings were only visited for the schemas inside them
    readReferences();
    return std::move(m_node);
}

void KeywordReader::indexDefinitions()
{
    schemaMap("definitions"_L1);
    if (!m_vocabulary.draft07)
        schemaMap("$defs"_L1);
}

void KeywordReader::readReferences()
{
    for (const auto &keyword : {"$ref"_L1, "$dynamicRef"_L1}) {
        const bool dynamic = keyword == "$dynamicRef"_L1;
        if (!has(keyword) || (dynamic && m_vocabulary.draft07))
            continue;
        const QJsonValue target = m_schema.value(keyword);
        if (!target.isString())
            return fail(u"\"%1\" must be a string"_s.arg(keyword));
        if (!m_node.logic)
            m_node.logic = std::make_unique<LogicRules>();
        m_compiler.refer(m_spot, m_id, target.toString(), dynamic);
    }
}

void KeywordReader::readLogic()
{
    if (!hasAny({"allOf"_L1, "anyOf"_L1, "oneOf"_L1, "not"_L1, "if"_L1, "then"_L1, "else"_L1}))
        return;
    m_node.logic = std::make_unique<LogicRules>();
    LogicRules &logic = *m_node.logic;
    logic.allOf = schemaList("allOf"_L1);
    logic.anyOf = schemaList("anyOf"_L1);
    logic.oneOf = schemaList("oneOf"_L1);
    logic.negated = schemaAt("not"_L1);
    logic.condition = schemaAt("if"_L1);
    logic.thenNode = schemaAt("then"_L1);
    logic.elseNode = schemaAt("else"_L1);
    if (logic.condition == kNoNode)
        logic.thenNode = logic.elseNode = kNoNode;
}

unsigned KeywordReader::typeBit(const QString &name)
{
    static const QHash<QString, unsigned> bits = {
        {u"null"_s, NullType},       {u"boolean"_s, BooleanType},
        {u"integer"_s, IntegerType}, {u"number"_s, NumberType | IntegerType},
        {u"string"_s, StringType},   {u"array"_s, ArrayType},
        {u"object"_s, ObjectType},
    };
    const unsigned bit = bits.value(name, 0);
    if (bit == 0)
        fail(u"\"%1\" is no type of JSON Schema"_s.arg(name.left(60)));
    return bit;
}

void KeywordReader::readTypes()
{
    const QJsonValue type = m_schema.value("type"_L1);
    if (type.isString())
        m_node.types = typeBit(type.toString());
    else if (type.isArray() && !type.toArray().isEmpty())
        for (const QString &name : stringsOf(type, "type"_L1))
            m_node.types |= typeBit(name);
    else if (!type.isUndefined())
        fail(u"\"type\" must be a string or a list of strings"_s);
}

void KeywordReader::readChoices()
{
    m_node.constant = m_schema.value("const"_L1);
    const QJsonValue choices = m_schema.value("enum"_L1);
    if (choices.isArray())
        m_node.choices = choices.toArray();
    else if (!choices.isUndefined())
        fail(u"\"enum\" must be a list"_s);
}

void KeywordReader::readNumber()
{
    if (!hasAny({"minimum"_L1, "maximum"_L1, "exclusiveMinimum"_L1, "exclusiveMaximum"_L1,
                 "multipleOf"_L1}))
        return;
    m_node.number = std::make_unique<NumberRules>();
    m_node.number->minimum = numberAt("minimum"_L1);
    m_node.number->maximum = numberAt("maximum"_L1);
    m_node.number->above = numberAt("exclusiveMinimum"_L1);
    m_node.number->below = numberAt("exclusiveMaximum"_L1);
    m_node.number->multipleOf = numberAt("multipleOf"_L1);
    if (m_node.number->multipleOf.toDouble(1) <= 0)
        fail(u"\"multipleOf\" must be above 0"_s);
}

void KeywordReader::readString()
{
    if (!hasAny({"minLength"_L1, "maxLength"_L1, "pattern"_L1, "format"_L1}))
        return;
    auto rules = std::make_unique<StringRules>();
    if (m_vocabulary.validation) {
        rules->minLength = countAt("minLength"_L1);
        rules->maxLength = countAt("maxLength"_L1);
        if (has("pattern"_L1) && !m_schema.value("pattern"_L1).isString())
            fail(u"\"pattern\" must be a string"_s);
        else if (has("pattern"_L1))
            rules->pattern = regexOf(m_schema.value("pattern"_L1).toString());
    }
    if (m_vocabulary.assertFormat) {
        rules->format = m_schema.value("format"_L1).toString();
        rules->check = formatCheck(rules->format);
    }
    m_node.string = std::move(rules);
}

void KeywordReader::readObject()
{
    if (!hasAny({"properties"_L1, "patternProperties"_L1, "additionalProperties"_L1,
                 "propertyNames"_L1, "minProperties"_L1, "maxProperties"_L1, "required"_L1}))
        return;
    m_node.object = std::make_unique<ObjectRules>();
    ObjectRules &rules = *m_node.object;
    for (auto &[name, node] : schemaMap("properties"_L1))
        rules.properties.insert(name, node);
    for (auto &[pattern, node] : schemaMap("patternProperties"_L1)) {
        if (std::optional<Regex> regex = regexOf(pattern))
            rules.patterns.emplace_back(*std::move(regex), node);
    }
    rules.additional = schemaAt("additionalProperties"_L1);
    rules.names = schemaAt("propertyNames"_L1);
    if (m_vocabulary.validation) {
        rules.minCount = countAt("minProperties"_L1);
        rules.maxCount = countAt("maxProperties"_L1);
        rules.required = stringsOf(m_schema.value("required"_L1), "required"_L1);
    }
}

void KeywordReader::readDependencies()
{
    if (!hasAny({"dependencies"_L1, "dependentRequired"_L1, "dependentSchemas"_L1}))
        return;
    if (!m_node.object)
        m_node.object = std::make_unique<ObjectRules>();
    ObjectRules &rules = *m_node.object;
    // `dependencies` is draft-07's word for both; many 2020-12 schemas still use it.
    const QJsonObject both = m_schema.value("dependencies"_L1).toObject();
    for (auto it = both.constBegin(); it != both.constEnd(); ++it) {
        if (it.value().isArray()) {
            rules.dependentRequired.emplace_back(it.key(),
                                                 stringsOf(it.value(), "dependencies"_L1));
        } else {
            rules.dependentSchemas.emplace_back(
                it.key(),
                m_compiler.compileBelow(m_spot, u"dependencies"_s, it.key(), m_depth + 1));
        }
    }
    if (m_vocabulary.draft07)
        return;
    for (auto &entry : schemaMap("dependentSchemas"_L1))
        rules.dependentSchemas.push_back(std::move(entry));
    const QJsonValue required = m_schema.value("dependentRequired"_L1);
    if (!required.isUndefined() && !required.isObject())
        return fail(u"\"dependentRequired\" must be an object"_s);
    const QJsonObject names = m_vocabulary.validation ? required.toObject() : QJsonObject();
    for (auto it = names.constBegin(); it != names.constEnd(); ++it) {
        rules.dependentRequired.emplace_back(it.key(),
                                             stringsOf(it.value(), "dependentRequired"_L1));
    }
}

void KeywordReader::readArray()
{
    if (!hasAny({"items"_L1, "prefixItems"_L1, "additionalItems"_L1, "contains"_L1, "minItems"_L1,
                 "maxItems"_L1, "uniqueItems"_L1}))
        return;
    m_node.array = std::make_unique<ArrayRules>();
    ArrayRules &rules = *m_node.array;
    readItems();
    rules.contains = schemaAt("contains"_L1);
    rules.containsMarks = !m_vocabulary.draft07;
    if (!m_vocabulary.validation)
        return;
    if (!m_vocabulary.draft07) {
        rules.minContains = countAt("minContains"_L1, 1);
        rules.maxContains = countAt("maxContains"_L1);
    }
    rules.minItems = countAt("minItems"_L1);
    rules.maxItems = countAt("maxItems"_L1);
    const QJsonValue unique = m_schema.value("uniqueItems"_L1);
    if (!unique.isUndefined() && !unique.isBool())
        fail(u"\"uniqueItems\" must be true or false"_s);
    rules.unique = unique.toBool();
}

void KeywordReader::readItems()
{
    ArrayRules &rules = *m_node.array;
    // A list under `items` is draft-07's word for `prefixItems`; it cannot be mistaken for
    // anything else, so schemas without `$schema` that use it are understood as well.
    if (m_schema.value("items"_L1).isArray()) {
        const bool none = m_schema.value("items"_L1).toArray().isEmpty();
        rules.prefix = none ? std::vector<int>() : schemaList("items"_L1);
        rules.rest = schemaAt("additionalItems"_L1);
        return;
    }
    rules.rest = schemaAt("items"_L1);
    if (m_vocabulary.draft07)
        schemaAt("additionalItems"_L1); // without a list it has no effect
    else
        rules.prefix = schemaList("prefixItems"_L1);
}

void KeywordReader::readUnevaluated()
{
    if (m_vocabulary.draft07 || !m_vocabulary.unevaluated)
        return;
    m_node.unevaluatedItems = schemaAt("unevaluatedItems"_L1);
    m_node.unevaluatedProperties = schemaAt("unevaluatedProperties"_L1);
    if (m_node.unevaluatedItems != kNoNode || m_node.unevaluatedProperties != kNoNode)
        m_compiler.markTracking();
}

bool KeywordReader::hasAny(std::initializer_list<QLatin1StringView> keywords) const
{
    return std::any_of(keywords.begin(), keywords.end(), [this](auto word) { return has(word); });
}

int KeywordReader::schemaAt(QLatin1StringView keyword)
{
    return has(keyword) ? m_compiler.compileBelow(m_spot, keyword, m_depth + 1) : kNoNode;
}

std::vector<int> KeywordReader::schemaList(QLatin1StringView keyword)
{
    std::vector<int> nodes;
    if (!has(keyword))
        return nodes;
    const QJsonArray list = m_schema.value(keyword).toArray();
    if (list.isEmpty())
        fail(u"\"%1\" must be a list with at least one schema"_s.arg(keyword));
    for (qsizetype i = 0; i < list.size() && !m_compiler.failed(); ++i) {
        nodes.push_back(m_compiler.compileBelow(m_spot, keyword, QString::number(i), m_depth + 1));
    }
    return nodes;
}

std::vector<std::pair<QString, int>> KeywordReader::schemaMap(QLatin1StringView keyword)
{
    std::vector<std::pair<QString, int>> nodes;
    const QJsonValue map = m_schema.value(keyword);
    if (!map.isUndefined() && !map.isObject())
        fail(u"\"%1\" must be an object with schemas"_s.arg(keyword));
    for (const QString &name : map.toObject().keys()) {
        if (m_compiler.failed())
            break;
        nodes.emplace_back(name, m_compiler.compileBelow(m_spot, keyword, name, m_depth + 1));
    }
    return nodes;
}

qint64 KeywordReader::countAt(QLatin1StringView keyword, qint64 fallback)
{
    const QJsonValue value = m_schema.value(keyword);
    if (value.isUndefined())
        return fallback;
    const double number = value.toDouble(-1);
    if (!isInteger(value) || number < 0)
        fail(u"\"%1\" must be a whole number, 0 or more"_s.arg(keyword));
    // No value is ever that large, and converting a double beyond the range is undefined.
    return number >= 9e18 ? std::numeric_limits<qint64>::max() : qint64(number);
}

QJsonValue KeywordReader::numberAt(QLatin1StringView keyword)
{
    const QJsonValue value = m_schema.value(keyword);
    if (!value.isUndefined() && !value.isDouble())
        fail(u"\"%1\" must be a number"_s.arg(keyword));
    return value;
}

QStringList KeywordReader::stringsOf(const QJsonValue &value, QLatin1StringView keyword)
{
    QStringList strings;
    const QJsonArray list = value.toArray();
    bool good = value.isUndefined() || value.isArray();
    for (qsizetype i = 0; i < list.size(); ++i) {
        good = good && list.at(i).isString();
        strings.append(list.at(i).toString());
    }
    if (!good)
        fail(u"\"%1\" must be a list of strings"_s.arg(keyword));
    return strings;
}

std::optional<Regex> KeywordReader::regexOf(const QString &pattern)
{
    Result<Regex> regex = Regex::compile(pattern);
    if (regex)
        return *std::move(regex);
    fail(regex.error().message);
    return std::nullopt;
}

} // namespace bridge::json
