// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/demo/demosurface.h"

#include "common/base/version.h"
#include "common/mcp/revisions.h"

#include <QtCore/QUrl>

using namespace Qt::StringLiterals;

namespace bridge::demo {

namespace {

// Revisions are dates, so text order is their order.
bool hasAnnotations(const QString &revision)
{
    return revision >= "2025-03-26"_L1;
}

bool hasTitles(const QString &revision)
{
    return revision >= "2025-06-18"_L1;
}

bool hasStructuredContent(const QString &revision)
{
    return revision >= "2025-06-18"_L1;
}

QJsonObject integer(const QString &description)
{
    return {{"type"_L1, u"integer"_s}, {"description"_L1, description}};
}

QJsonObject objectSchema(const QJsonObject &properties, const QJsonArray &required = {})
{
    QJsonObject schema{{"type"_L1, u"object"_s}, {"properties"_L1, properties}};
    if (!required.isEmpty())
        schema.insert("required"_L1, required);
    return schema;
}

QJsonObject resultSchema(const QString &type)
{
    return objectSchema({{"result"_L1, QJsonObject{{"type"_L1, type}}}}, {u"result"_s});
}

struct ToolText {
    QString name;
    QString title;
    QString description;
};

QJsonObject tool(const ToolText &text, const QJsonObject &input, const QJsonObject &output,
                 bool isReadOnly, const QString &revision)
{
    QJsonObject out{
        {"name"_L1, text.name}, {"description"_L1, text.description}, {"inputSchema"_L1, input}};
    if (hasTitles(revision))
        out.insert("title"_L1, text.title);
    if (hasStructuredContent(revision) && !output.isEmpty())
        out.insert("outputSchema"_L1, output);
    if (hasAnnotations(revision)) {
        QJsonObject annotations{{"readOnlyHint"_L1, isReadOnly}, {"openWorldHint"_L1, false}};
        if (!isReadOnly) {
            annotations.insert("destructiveHint"_L1, false);
            annotations.insert("idempotentHint"_L1, false);
        }
        out.insert("annotations"_L1, annotations);
    }
    return out;
}

QJsonObject named(const QString &name, const QString &title, const QString &description,
                  const QString &revision)
{
    QJsonObject out{{"name"_L1, name}, {"description"_L1, description}};
    if (hasTitles(revision))
        out.insert("title"_L1, title);
    return out;
}

Error rpcError(int code, const QString &text)
{
    Error error(ErrorCode::InvalidArguments, text);
    error.rpcCode = code;
    return error;
}

/// Integers and texts that look like one; floating point values only when they are whole.
std::optional<qint64> integerOf(const QJsonValue &value)
{
    if (value.isString()) {
        bool ok = false;
        const qint64 number = value.toString().trimmed().toLongLong(&ok);
        return ok ? std::optional(number) : std::nullopt;
    }
    constexpr qint64 kNone = std::numeric_limits<qint64>::min();
    const qint64 number = value.toInteger(kNone);
    return value.isDouble() && number != kNone ? std::optional(number) : std::nullopt;
}

constexpr char kIndexPage[] = "<!DOCTYPE html>\n"
                              "<html><head><title>Index</title></head>"
                              "<body><h1>Index</h1></body></html>\n";

} // namespace

QJsonObject serverInfo()
{
    return {{"name"_L1, QString::fromLatin1(kServerName)},
            {"version"_L1, QString::fromLatin1(kVersion)}};
}

QJsonObject serverCapabilities()
{
    return {{"tools"_L1, QJsonObject()},
            {"prompts"_L1, QJsonObject()},
            {"resources"_L1, QJsonObject()},
            {"logging"_L1, QJsonObject()}};
}

QString serverInstructions()
{
    return u"A small server to try things out: add numbers, say hello, watch progress and log "
           "messages, count calls of one session, and see what a failing tool looks like."_s;
}

QJsonArray toolList(const QString &revision)
{
    const QJsonObject nothing = objectSchema({});
    return {
        tool({u"add"_s, u"Add two numbers"_s, u"Adds the integers a and b and returns the sum."_s},
             objectSchema(
                 {{"a"_L1, integer(u"First summand"_s)}, {"b"_L1, integer(u"Second summand"_s)}},
                 {u"a"_s, u"b"_s}),
             resultSchema(u"integer"_s), true, revision),
        tool({u"hello"_s, u"Say hello"_s, u"Returns a greeting; needs no arguments."_s}, nothing,
             resultSchema(u"string"_s), true, revision),
        tool({u"report_progress_and_logs"_s, u"Report progress"_s,
              u"Works for two seconds in five steps and reports progress and a log message for "
              "each, to see how they arrive."_s},
             nothing, {}, true, revision),
        tool({u"call_counter"_s, u"Count calls"_s,
              u"Counts how often it was called in this process, beginning with 1; tells whether "
              "calls share a session."_s},
             nothing, resultSchema(u"integer"_s), false, revision),
        tool({u"error"_s, u"Fail"_s, u"Always fails with the given message."_s},
             objectSchema({{"message"_L1, QJsonObject{{"type"_L1, u"string"_s},
                                                      {"description"_L1, u"Text of the error"_s}}}},
                          {u"message"_s}),
             {}, true, revision),
    };
}

QJsonArray promptList(const QString &revision)
{
    QJsonObject prompt =
        named(u"greeting"_s, u"Greeting"_s, u"Greets somebody by name."_s, revision);
    prompt.insert("arguments"_L1, QJsonArray{QJsonObject{{"name"_L1, u"name"_s},
                                                         {"description"_L1, u"Who is greeted"_s},
                                                         {"required"_L1, true}}});
    return {prompt};
}

QJsonArray resourceList(const QString &revision)
{
    QJsonObject page =
        named(u"get_html_index"_s, u"Index page"_s, u"A tiny HTML page."_s, revision);
    page.insert("uri"_L1, u"html://index"_s);
    page.insert("mimeType"_L1, u"text/html"_s);
    return {page};
}

QJsonArray templateList(const QString &revision)
{
    QJsonObject greeting =
        named(u"get_greeting"_s, u"Greeting"_s, u"A greeting for one name."_s, revision);
    greeting.insert("uriTemplate"_L1, u"greeting://greet/{name}"_s);
    greeting.insert("mimeType"_L1, u"text/plain"_s);
    return {greeting};
}

QJsonObject toolResult(const QString &text, const QJsonValue &structured, const QString &revision)
{
    QJsonObject result{
        {"content"_L1, QJsonArray{QJsonObject{{"type"_L1, u"text"_s}, {"text"_L1, text}}}},
        {"isError"_L1, false}};
    if (!structured.isUndefined() && hasStructuredContent(revision))
        result.insert("structuredContent"_L1, QJsonObject{{"result"_L1, structured}});
    return result;
}

QJsonObject toolError(const QString &text)
{
    return {{"content"_L1, QJsonArray{QJsonObject{{"type"_L1, u"text"_s}, {"text"_L1, text}}}},
            {"isError"_L1, true}};
}

QJsonObject addResult(const QJsonObject &arguments, const QString &revision)
{
    qint64 summands[2] = {};
    int i = 0;
    for (const QString &name : {u"a"_s, u"b"_s}) {
        const QJsonValue value = arguments[name];
        const std::optional<qint64> number = integerOf(value);
        if (!number)
            return toolError(
                u"Error executing tool add: validation error for argument %1: %2"_s.arg(
                    name, value.isUndefined() ? u"it is required"_s : u"it must be an integer"_s));
        summands[i++] = *number;
    }
    qint64 sum = 0;
    if (qAddOverflow(summands[0], summands[1], &sum))
        return toolError(u"Error executing tool add: validation error: the sum is too large"_s);
    return toolResult(QString::number(sum), sum, revision);
}

QJsonObject errorResult(const QJsonObject &arguments)
{
    const QJsonValue message = arguments["message"_L1];
    if (!message.isString())
        return toolError(u"Error executing tool error: validation error for argument message: "
                         "it must be a string"_s);
    return toolError(u"Error executing tool error: "_s + message.toString());
}

Result<QJsonObject> getPrompt(const QJsonObject &params)
{
    const QString name = params["name"_L1].toString();
    if (name != "greeting"_L1)
        return rpcError(mcp::kInvalidParams, u"Unknown prompt: "_s + name);
    const QJsonValue who = params["arguments"_L1]["name"_L1];
    if (!who.isString())
        return rpcError(mcp::kInvalidParams, u"Missing required argument: name"_s);
    const QJsonObject content{{"type"_L1, u"text"_s},
                              {"text"_L1, u"Hello, %1!"_s.arg(who.toString())}};
    return QJsonObject{
        {"description"_L1, u"Greets somebody by name."_s},
        {"messages"_L1, QJsonArray{QJsonObject{{"role"_L1, u"user"_s}, {"content"_L1, content}}}}};
}

Result<QJsonObject> readResource(const QJsonObject &params, bool isModern)
{
    const QString uri = params["uri"_L1].toString();
    const QString greeting = u"greeting://greet/"_s;
    QString text;
    QString type = u"text/plain"_s;
    if (uri == "html://index"_L1) {
        text = QString::fromLatin1(kIndexPage);
        type = u"text/html"_s;
    } else if (uri.startsWith(greeting) && uri.size() > greeting.size()
               && uri.indexOf(u'/', greeting.size()) < 0) {
        const QByteArray name = uri.mid(greeting.size()).toUtf8();
        text = u"Hello, %1!"_s.arg(QUrl::fromPercentEncoding(name));
    } else {
        return rpcError(isModern ? mcp::kInvalidParams : mcp::kLegacyResourceNotFound,
                        u"Resource not found: "_s + uri);
    }
    return QJsonObject{
        {"contents"_L1,
         QJsonArray{QJsonObject{{"uri"_L1, uri}, {"mimeType"_L1, type}, {"text"_L1, text}}}}};
}

} // namespace bridge::demo
