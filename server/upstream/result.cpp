// SPDX-License-Identifier: GPL-3.0-or-later
// pipeline.h, the way back: from the tool's raw result to the bridge's.
#include "server/upstream/pipeline.h"

#include "common/json/scan.h"
#include "common/json/writer.h"
#include "server/upstream/structured.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>

using namespace Qt::StringLiterals;

namespace bridge::upstream {

namespace {

/// A CallToolResult taken apart; views point into the raw bytes.
struct Parts {
    bool isError = false;
    QByteArray content;    ///< shaped array
    QStringList texts;     ///< of the text blocks, in order
    QByteArray structured; ///< the server's own, empty when absent or null
    QByteArrayView meta;
};

Error broken(const Tool &tool, const QString &why)
{
    return {ErrorCode::UpstreamFailed,
            u"The MCP server answered tool \"%1\" with something that is no tool result: %2"_s.arg(
                tool.name, why)};
}

/// JSON text of one value as a Qt value; wrapped because QJsonDocument reads no bare scalars.
QJsonValue parsed(QByteArrayView json)
{
    const QByteArray wrapped = '[' + json.toByteArray() + ']';
    return QJsonDocument::fromJson(wrapped).array().at(0);
}

bool isAbsent(QByteArrayView json)
{
    return json.isEmpty() || json == "null";
}

bool isEmptyObject(QByteArrayView json)
{
    return json.startsWith('{') && json.sliced(1).trimmed() == "}";
}

/// One block as it came; text blocks get the member clients of the reference look for.
bool addBlock(QByteArrayView block, Parts &parts)
{
    const auto members = json::members(block, {.refuseDuplicateKeys = false});
    if (!members)
        return false;
    if (parts.content.size() > 1)
        parts.content += ',';
    const QByteArrayView text = json::valueOf(*members, u"text");
    const QByteArrayView type = json::valueOf(*members, u"type");
    const bool isText = text.startsWith('"') && (type.isEmpty() || type == "\"text\"");
    if (!isText) {
        parts.content += block;
        return true;
    }
    parts.texts.append(parsed(text).toString());
    if (!json::valueOf(*members, u"structuredContent").isEmpty()) {
        parts.content += block;
        return true;
    }
    parts.content += block.trimmed().chopped(1);
    parts.content += ",\"structuredContent\":null}";
    return true;
}

Result<Parts> takeApart(const Tool &tool, const QByteArray &raw)
{
    const json::ScanLimits limits{.refuseDuplicateKeys = false};
    const auto members = json::members(raw, limits);
    if (!members)
        return broken(tool, members.error().message);
    Parts parts;
    parts.isError = json::valueOf(*members, u"isError") == "true";
    parts.meta = json::valueOf(*members, u"_meta");
    const QByteArrayView structured = json::valueOf(*members, u"structuredContent");
    if (!isAbsent(structured))
        parts.structured = structured.toByteArray();
    const QByteArrayView content = json::valueOf(*members, u"content");
    // Some servers leave out the list when they have structured content; nobody is hurt by that.
    const auto blocks = content.isEmpty() && !parts.structured.isEmpty()
                            ? QList<QByteArrayView>{}
                            : json::elements(content, limits);
    if (!blocks)
        return broken(tool, u"it has no list of content."_s);
    parts.content = "["_ba;
    for (const QByteArrayView block : *blocks) {
        if (!addBlock(block, parts))
            return broken(tool, u"its content holds something that is no object."_s);
    }
    parts.content += ']';
    return parts;
}

/// The server's own structured content must be there and fit when the tool declares a schema.
Result<Nothing> checkOutput(const Tool &tool, const Parts &parts)
{
    if (parts.isError || !tool.output)
        return Nothing{};
    if (parts.structured.isEmpty())
        return Error(ErrorCode::UpstreamFailed,
                     u"Tool \"%1\" declares an output schema, but its result has no "
                     "structuredContent. This is a fault of the MCP server."_s.arg(tool.name));
    const QList<FieldProblem> problems = tool.output->validate(parsed(parts.structured));
    if (problems.isEmpty())
        return Nothing{};
    Error error(ErrorCode::UpstreamFailed,
                u"The result of tool \"%1\" breaks the tool's own output schema: %2 %3. This is a "
                "fault of the MCP server."_s.arg(
                    tool.name,
                    problems.first().path.isEmpty() ? u"the result"_s : problems.first().path,
                    problems.first().message));
    error.problems = problems;
    return error;
}

QByteArray structuredOf(const Parts &parts)
{
    const bool counts = !parts.structured.isEmpty() && !isEmptyObject(parts.structured);
    if (!counts && !parts.isError) {
        for (const QString &text : parts.texts) {
            if (auto derived = structuredFromText(text))
                return *derived;
        }
    }
    return parts.structured.isEmpty() ? "null"_ba : parts.structured;
}

QByteArray assemble(const Parts &parts)
{
    json::ObjectWriter writer;
    writer.raw(u"isError", parts.isError ? "true"_ba : "false"_ba);
    writer.raw(u"content", parts.content);
    writer.raw(u"structuredContent", structuredOf(parts));
    if (!isAbsent(parts.meta))
        writer.raw(u"_meta", parts.meta);
    return writer.take();
}

Result<Parts> accepted(const Tool &tool, const QByteArray &raw, const ServerDefinition &definition)
{
    const Result<Nothing> size = checkSize(raw, definition.maxResponseBytes);
    if (!size)
        return size.error();
    Result<Parts> parts = takeApart(tool, raw);
    if (!parts)
        return parts;
    const Result<Nothing> output = checkOutput(tool, *parts);
    if (!output)
        return output.error();
    return parts;
}

/// Rows 16–19 of contract §1.5; clients assert these marks, so they stay as they are.
ErrorCode classify(const QString &text)
{
    if (text.contains("Unknown tool"_L1))
        return ErrorCode::ToolNotFound;
    // The same mark, but the server's own fault (contract §3.9).
    if (text.contains("Output validation error"_L1))
        return ErrorCode::UpstreamFailed;
    if (text.contains("validation error"_L1))
        return ErrorCode::InvalidArguments;
    if (text.contains("timed out"_L1, Qt::CaseInsensitive))
        return ErrorCode::UpstreamTimeout;
    return ErrorCode::ToolFailed;
}

Error toolError(const Tool &tool, const Parts &parts, const QByteArray &shaped)
{
    QString text = parts.texts.join(u'\n');
    if (text.trimmed().isEmpty())
        text = u"Tool \"%1\" failed without saying why."_s.arg(tool.name);
    Error error(classify(parts.texts.value(0)), text);
    error.extra.insert("result"_L1, QJsonDocument::fromJson(shaped).object());
    return error;
}

} // namespace

Result<Nothing> checkSize(const QByteArray &raw, qsizetype ceiling)
{
    if (ceiling <= 0 || raw.size() <= ceiling)
        return Nothing{};
    return Error(ErrorCode::ResponseTooLarge,
                 u"The result has %1 bytes, the limit is %2 (MCP_MAX_RESPONSE_BYTES). Ask for "
                 "less."_s.arg(raw.size())
                     .arg(ceiling));
}

Result<QByteArray> shapeToolResult(const Tool &tool, const QByteArray &raw,
                                   const ServerDefinition &definition)
{
    const Result<Parts> parts = accepted(tool, raw, definition);
    if (!parts)
        return parts.error();
    QByteArray shaped = assemble(*parts);
    if (parts->isError)
        return toolError(tool, *parts, shaped);
    return shaped;
}

Result<QByteArray> shapeStreamResult(const Tool &tool, const QByteArray &raw,
                                     const ServerDefinition &definition)
{
    const Result<Parts> parts = accepted(tool, raw, definition);
    if (!parts)
        return parts.error();
    return assemble(*parts);
}

std::optional<QJsonValue> deriveStructuredContent(const QJsonArray &content)
{
    for (const QJsonValue &block : content) {
        const QJsonValue text = block["text"_L1];
        if (!text.isString())
            continue;
        if (const auto derived = structuredFromText(text.toString()))
            return parsed(*derived);
    }
    return std::nullopt;
}

} // namespace bridge::upstream
