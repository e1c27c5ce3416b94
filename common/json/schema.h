// SPDX-License-Identifier: GPL-3.0-or-later
// JSON Schema validation, compiled once per schema. Drafts 2020-12 (the default) and draft-07.
//
// Schemas come from MCP servers and may be hostile: nesting, number of subschemas, documents,
// pattern length and the work of one validation are bounded, references that lead nowhere or in a
// circle are found while compiling. The outcome is always an Error or a problem.
//
// `$ref` never leaves the document, except to the two metaschemas, which are built in in a short
// form, and to whatever SchemaOptions::resolver hands out (tests, files of the operator).
#pragma once

#include "common/base/result.h"

#include <QtCore/QJsonValue>
#include <QtCore/QUrl>

#include <functional>
#include <memory>
#include <optional>

namespace bridge::json {

enum class Dialect { Draft202012, Draft07 };

struct SchemaOptions {
    Dialect dialect = Dialect::Draft202012; ///< when the schema has no `$schema`
    bool assertFormat = false; ///< `format` refuses values instead of only describing them
    int maxDepth = 128;        ///< subschema within subschema
    int maxNodes = 10'000;     ///< subschemas of all documents together
    int maxDocuments = 64;     ///< documents `$ref` and `$schema` may pull in
    /// The document at an absolute URL without fragment; nothing = unknown. Called while compiling.
    std::function<std::optional<QJsonValue>(const QUrl &url)> resolver = {};
};

struct ValidateOptions {
    int maxProblems = 20;        ///< stop looking after that many
    qint64 maxSteps = 1'000'000; ///< about a second at most; a regular expression costs 1 per µs
    int maxDepth = 512;          ///< subschemas entered within each other
};

class Program;

/// A compiled schema. Copies share one immutable program, so copying is cheap and validate() may
/// run in several threads at once. A default-constructed Schema accepts everything.
class Schema
{
public:
    Schema() = default;
    /// Fails with InvalidArguments; the message names the place in the schema and what is wrong.
    static Result<Schema> compile(const QJsonValue &schema, const SchemaOptions &options = {});

    /// What is wrong with \a instance, nothing if it is valid. `path` is a JSON pointer into the
    /// instance, `message` a sentence without its subject: `must be an integer, is a string`.
    QList<FieldProblem> validate(const QJsonValue &instance,
                                 const ValidateOptions &options = {}) const;

private:
    std::shared_ptr<const Program> m_program;
};

} // namespace bridge::json
