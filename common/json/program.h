// SPDX-License-Identifier: GPL-3.0-or-later
// Internal to bridge::json: what a schema is compiled to. A subschema is a Node; nodes refer to
// each other by their index, so that circles among schemas are no circles of ownership. Immutable
// once compiled.
#pragma once

#include "common/json/format.h"
#include "common/json/regex.h"

#include <QtCore/QHash>
#include <QtCore/QJsonArray>
#include <QtCore/QJsonValue>
#include <QtCore/QStringList>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace bridge::json {

inline constexpr int kNoNode = -1;
inline constexpr qint64 kNoLimit = -1;

struct NumberRules {
    QJsonValue minimum{QJsonValue::Undefined};
    QJsonValue maximum{QJsonValue::Undefined};
    QJsonValue above{QJsonValue::Undefined}; ///< exclusiveMinimum
    QJsonValue below{QJsonValue::Undefined}; ///< exclusiveMaximum
    QJsonValue multipleOf{QJsonValue::Undefined};
};

struct StringRules {
    qint64 minLength = kNoLimit;
    qint64 maxLength = kNoLimit;
    std::optional<Regex> pattern;
    QString format;
    FormatCheck check = nullptr; ///< only set where `format` is asserted
};

struct ObjectRules {
    QHash<QString, int> properties;
    std::vector<std::pair<Regex, int>> patterns;
    int additional = kNoNode;
    int names = kNoNode;
    qint64 minCount = kNoLimit;
    qint64 maxCount = kNoLimit;
    QStringList required;
    std::vector<std::pair<QString, QStringList>> dependentRequired;
    std::vector<std::pair<QString, int>> dependentSchemas;
};

struct ArrayRules {
    std::vector<int> prefix;
    int rest = kNoNode; ///< items after the prefix
    int contains = kNoNode;
    bool containsMarks = false; ///< matches of `contains` count as evaluated (2020-12)
    qint64 minContains = 1;
    qint64 maxContains = kNoLimit;
    qint64 minItems = kNoLimit;
    qint64 maxItems = kNoLimit;
    bool unique = false;
};

/// Subschemas that look at the same value.
struct LogicRules {
    int ref = kNoNode;
    int dynamicRef = kNoNode; ///< where `$dynamicRef` leads without regard to the callers
    QString dynamicName;      ///< the `$dynamicAnchor` to look for among the callers; may be empty
    std::vector<int> allOf;
    std::vector<int> anyOf;
    std::vector<int> oneOf;
    int negated = kNoNode;
    int condition = kNoNode;
    int thenNode = kNoNode;
    int elseNode = kNoNode;
};

enum TypeBit : unsigned {
    NullType = 1,
    BooleanType = 2,
    IntegerType = 4,
    NumberType = 8,
    StringType = 16,
    ArrayType = 32,
    ObjectType = 64,
};

struct Node {
    enum class Kind { Rules, Anything, NothingAtAll };
    Kind kind = Kind::Rules; ///< the schemas `true` and `false` need no rules
    int resource = 0;
    unsigned types = 0;                ///< TypeBit, 0 = any
    std::optional<QJsonArray> choices; ///< enum
    QJsonValue constant{QJsonValue::Undefined};
    std::unique_ptr<NumberRules> number;
    std::unique_ptr<StringRules> string;
    std::unique_ptr<ObjectRules> object;
    std::unique_ptr<ArrayRules> array;
    std::unique_ptr<LogicRules> logic;
    int unevaluatedItems = kNoNode;
    int unevaluatedProperties = kNoNode;
};

class Program
{
public:
    std::vector<Node> nodes; ///< the first one is the schema itself
    /// Per schema resource: its `$dynamicAnchor`s.
    std::vector<QHash<QString, int>> dynamicAnchors;
    bool tracksEvaluated = false; ///< some node has an unevaluated… keyword
};

} // namespace bridge::json
