// SPDX-License-Identifier: GPL-3.0-or-later
// pipeline.h: what an effect tool would have answered (contract §3.3). The tool is never reached.
#include "server/upstream/pipeline.h"

#include "common/json/sample.h"
#include "common/json/writer.h"

#include <QtCore/QJsonArray>

using namespace Qt::StringLiterals;

namespace bridge::upstream {

namespace {

/// A schema that is broken itself cannot be violated.
bool satisfies(const QJsonValue &value, const QJsonValue &schema)
{
    const Result<json::Schema> compiled = json::Schema::compile(schema);
    return !compiled || compiled->validate(value).isEmpty();
}

} // namespace

Result<QByteArray> dryRunResult(const Tool &tool, const QJsonObject &arguments)
{
    Q_UNUSED(arguments) // checked by prepareArguments(); they may hold a token, so none is shown
    json::ObjectWriter writer;
    writer.raw(u"isError", "false"_ba);
    if (tool.outputSchema.isObject()) {
        const QJsonValue sample = json::sample(tool.outputSchema);
        if (!satisfies(sample, tool.outputSchema))
            return Error(ErrorCode::ToolFailed,
                         u"No example can be made up for the result of tool \"%1\": its output "
                         "schema asks for something that cannot be guessed."_s.arg(tool.name));
        writer.raw(u"content", "[]"_ba);
        writer.value(u"structuredContent", sample);
    } else {
        const QString text =
            u"Dry run: tool \"%1\" was not called; its arguments are valid."_s.arg(tool.name);
        const QJsonObject block{
            {"type"_L1, "text"_L1}, {"text"_L1, text}, {"structuredContent"_L1, QJsonValue::Null}};
        writer.value(u"content", QJsonArray{block});
        writer.raw(u"structuredContent", "null"_ba);
    }
    writer.value(u"_meta", QJsonObject{{"mcp-bridge/dryRun"_L1, true}});
    return writer.take();
}

} // namespace bridge::upstream
