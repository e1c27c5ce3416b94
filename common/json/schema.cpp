// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/json/schema.h"
#include "common/json/compiler.h"
#include "common/json/validation.h"

namespace bridge::json {

Result<Schema> Schema::compile(const QJsonValue &schema, const SchemaOptions &options)
{
    Result<std::shared_ptr<const Program>> program = Compiler(options).run(schema);
    if (!program)
        return std::move(program).error();
    Schema compiled;
    compiled.m_program = *std::move(program);
    return compiled;
}

QList<FieldProblem> Schema::validate(const QJsonValue &instance,
                                     const ValidateOptions &options) const
{
    if (!m_program)
        return {};
    return Validation(*m_program, options).run(instance);
}

} // namespace bridge::json
