// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/json/metaschemas.h"

#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>

using namespace Qt::StringLiterals;

namespace bridge::json {
namespace {

constexpr char kMeta202012[] = R"({
"$schema": "https://json-schema.org/draft/2020-12/schema",
"$id": "https://json-schema.org/draft/2020-12/schema",
"$dynamicAnchor": "meta",
"type": ["object", "boolean"],
"$defs": {
  "schema": {"$dynamicRef": "#meta"},
  "schemas": {"type": "object", "additionalProperties": {"$dynamicRef": "#meta"}},
  "list": {"type": "array", "minItems": 1, "items": {"$dynamicRef": "#meta"}},
  "count": {"type": "integer", "minimum": 0},
  "strings": {"type": "array", "items": {"type": "string"}, "uniqueItems": true},
  "anchor": {"type": "string", "pattern": "^[A-Za-z_][-A-Za-z0-9._]*$"},
  "type": {"enum": ["array", "boolean", "integer", "null", "number", "object", "string"]}
},
"properties": {
  "$id": {"type": "string", "pattern": "^[^#]*#?$"}, "$schema": {"type": "string"},
  "$ref": {"type": "string"}, "$dynamicRef": {"type": "string"},
  "$anchor": {"$ref": "#/$defs/anchor"}, "$dynamicAnchor": {"$ref": "#/$defs/anchor"},
  "$vocabulary": {"type": "object", "additionalProperties": {"type": "boolean"}},
  "$comment": {"type": "string"}, "$defs": {"$ref": "#/$defs/schemas"},
  "definitions": {"$ref": "#/$defs/schemas"},
  "prefixItems": {"$ref": "#/$defs/list"}, "items": {"$ref": "#/$defs/schema"},
  "contains": {"$ref": "#/$defs/schema"}, "additionalProperties": {"$ref": "#/$defs/schema"},
  "properties": {"$ref": "#/$defs/schemas"},
  "patternProperties": {"$ref": "#/$defs/schemas", "propertyNames": {"format": "regex"}},
  "dependentSchemas": {"$ref": "#/$defs/schemas"}, "propertyNames": {"$ref": "#/$defs/schema"},
  "if": {"$ref": "#/$defs/schema"}, "then": {"$ref": "#/$defs/schema"},
  "else": {"$ref": "#/$defs/schema"}, "allOf": {"$ref": "#/$defs/list"},
  "anyOf": {"$ref": "#/$defs/list"}, "oneOf": {"$ref": "#/$defs/list"},
  "not": {"$ref": "#/$defs/schema"}, "unevaluatedItems": {"$ref": "#/$defs/schema"},
  "unevaluatedProperties": {"$ref": "#/$defs/schema"},
  "type": {"anyOf": [{"$ref": "#/$defs/type"},
    {"type": "array", "items": {"$ref": "#/$defs/type"}, "minItems": 1, "uniqueItems": true}]},
  "enum": {"type": "array"}, "multipleOf": {"type": "number", "exclusiveMinimum": 0},
  "maximum": {"type": "number"}, "exclusiveMaximum": {"type": "number"},
  "minimum": {"type": "number"}, "exclusiveMinimum": {"type": "number"},
  "maxLength": {"$ref": "#/$defs/count"}, "minLength": {"$ref": "#/$defs/count"},
  "pattern": {"type": "string", "format": "regex"}, "maxItems": {"$ref": "#/$defs/count"},
  "minItems": {"$ref": "#/$defs/count"}, "uniqueItems": {"type": "boolean"},
  "maxContains": {"$ref": "#/$defs/count"}, "minContains": {"$ref": "#/$defs/count"},
  "maxProperties": {"$ref": "#/$defs/count"}, "minProperties": {"$ref": "#/$defs/count"},
  "required": {"$ref": "#/$defs/strings"},
  "dependentRequired": {"type": "object", "additionalProperties": {"$ref": "#/$defs/strings"}},
  "title": {"type": "string"}, "description": {"type": "string"},
  "deprecated": {"type": "boolean"}, "readOnly": {"type": "boolean"},
  "writeOnly": {"type": "boolean"}, "examples": {"type": "array"}, "format": {"type": "string"},
  "contentEncoding": {"type": "string"}, "contentMediaType": {"type": "string"},
  "contentSchema": {"$ref": "#/$defs/schema"}
}})";

constexpr char kMetaDraft07[] = R"({
"$schema": "http://json-schema.org/draft-07/schema#",
"$id": "http://json-schema.org/draft-07/schema#",
"type": ["object", "boolean"],
"definitions": {
  "schemas": {"type": "object", "additionalProperties": {"$ref": "#"}},
  "schemaArray": {"type": "array", "minItems": 1, "items": {"$ref": "#"}},
  "nonNegativeInteger": {"type": "integer", "minimum": 0},
  "stringArray": {"type": "array", "items": {"type": "string"}, "uniqueItems": true},
  "simpleTypes": {"enum": ["array", "boolean", "integer", "null", "number", "object", "string"]}
},
"properties": {
  "$id": {"type": "string"}, "$schema": {"type": "string"}, "$ref": {"type": "string"},
  "$comment": {"type": "string"}, "title": {"type": "string"}, "description": {"type": "string"},
  "readOnly": {"type": "boolean"}, "writeOnly": {"type": "boolean"}, "examples": {"type": "array"},
  "multipleOf": {"type": "number", "exclusiveMinimum": 0},
  "maximum": {"type": "number"}, "exclusiveMaximum": {"type": "number"},
  "minimum": {"type": "number"}, "exclusiveMinimum": {"type": "number"},
  "maxLength": {"$ref": "#/definitions/nonNegativeInteger"},
  "minLength": {"$ref": "#/definitions/nonNegativeInteger"},
  "pattern": {"type": "string", "format": "regex"},
  "additionalItems": {"$ref": "#"},
  "items": {"anyOf": [{"$ref": "#"}, {"$ref": "#/definitions/schemaArray"}]},
  "maxItems": {"$ref": "#/definitions/nonNegativeInteger"},
  "minItems": {"$ref": "#/definitions/nonNegativeInteger"},
  "uniqueItems": {"type": "boolean"}, "contains": {"$ref": "#"},
  "maxProperties": {"$ref": "#/definitions/nonNegativeInteger"},
  "minProperties": {"$ref": "#/definitions/nonNegativeInteger"},
  "required": {"$ref": "#/definitions/stringArray"}, "additionalProperties": {"$ref": "#"},
  "definitions": {"$ref": "#/definitions/schemas"}, "properties": {"$ref": "#/definitions/schemas"},
  "patternProperties": {"$ref": "#/definitions/schemas", "propertyNames": {"format": "regex"}},
  "dependencies": {"type": "object",
    "additionalProperties": {"anyOf": [{"$ref": "#"}, {"$ref": "#/definitions/stringArray"}]}},
  "propertyNames": {"$ref": "#"}, "enum": {"type": "array"},
  "type": {"anyOf": [{"$ref": "#/definitions/simpleTypes"},
    {"type": "array", "items": {"$ref": "#/definitions/simpleTypes"},
     "minItems": 1, "uniqueItems": true}]},
  "format": {"type": "string"}, "contentMediaType": {"type": "string"},
  "contentEncoding": {"type": "string"},
  "if": {"$ref": "#"}, "then": {"$ref": "#"}, "else": {"$ref": "#"},
  "allOf": {"$ref": "#/definitions/schemaArray"}, "anyOf": {"$ref": "#/definitions/schemaArray"},
  "oneOf": {"$ref": "#/definitions/schemaArray"}, "not": {"$ref": "#"}
}})";

} // namespace

std::optional<QJsonValue> builtInSchema(const QString &uri)
{
    const char *text = uri == QLatin1StringView(kUri202012)    ? kMeta202012
                       : uri == QLatin1StringView(kUriDraft07) ? kMetaDraft07
                                                               : nullptr;
    if (!text)
        return std::nullopt;
    return QJsonDocument::fromJson(QByteArray(text)).object();
}

} // namespace bridge::json
