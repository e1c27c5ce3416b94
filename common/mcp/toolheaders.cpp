// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/mcp/toolheaders.h"

#include "common/json/scan.h"
#include "common/logging/categories.h"
#include "common/mcp/rawjson.h"

#include <QtCore/QJsonArray>
#include <QtCore/QSet>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace bridge::mcp {

namespace {

constexpr QLatin1StringView kAnnotation{"x-mcp-header"};
constexpr qsizetype kMaxTools = 10'000;

bool isToken(const QString &name)
{
    return !name.isEmpty() && std::all_of(name.begin(), name.end(), [](QChar c) {
        return c.unicode() < 128
               && (c.isLetterOrNumber() || QStringView(u"!#$%&'*+-.^_`|~").contains(c));
    });
}

bool isPrimitive(const QJsonValue &type)
{
    const QJsonArray types = type.isArray() ? type.toArray() : QJsonArray{type};
    return !types.isEmpty() && std::all_of(types.begin(), types.end(), [](const QJsonValue &one) {
        return one == "string"_L1 || one == "integer"_L1 || one == "boolean"_L1 || one == "null"_L1;
    });
}

/// Walks a schema; the only way on which annotations may stand is a chain of `properties`.
class Walk
{
public:
    void visit(const QJsonObject &schema, const QStringList &path, bool isReachable)
    {
        if (schema.contains(kAnnotation))
            take(schema, path, isReachable);
        for (auto it = schema.begin(); it != schema.end() && problem.isEmpty(); ++it) {
            if (it.key() == "properties"_L1)
                visitNamed(it.value().toObject(), path, isReachable);
            else if (isNamed(it.key()))
                visitNamed(it.value().toObject(), path, false);
            else if (!isData(it.key()))
                visitAny(it.value(), path);
        }
    }

    QList<ParameterHeader> found;
    QString problem;

private:
    static bool isNamed(const QString &keyword)
    {
        return keyword == "$defs"_L1 || keyword == "definitions"_L1
               || keyword == "patternProperties"_L1 || keyword == "dependentSchemas"_L1;
    }
    static bool isData(const QString &keyword)
    {
        return keyword == "enum"_L1 || keyword == "const"_L1 || keyword == "default"_L1
               || keyword == "examples"_L1;
    }
    void visitNamed(const QJsonObject &schemas, const QStringList &path, bool isReachable)
    {
        for (auto it = schemas.begin(); it != schemas.end(); ++it)
            visit(it.value().toObject(), path + QStringList{it.key()}, isReachable);
    }
    void visitAny(const QJsonValue &value, const QStringList &path)
    {
        if (value.isObject())
            return visit(value.toObject(), path, false);
        const QJsonArray all = value.toArray();
        for (const QJsonValue &one : all)
            visitAny(one, path);
    }
    void take(const QJsonObject &schema, const QStringList &path, bool isReachable)
    {
        const QString name = schema[kAnnotation].toString();
        const QString key = name.toLower();
        if (!isToken(name))
            problem = u"x-mcp-header is no header name"_s;
        else if (!isReachable || path.isEmpty())
            problem = u"x-mcp-header stands where no argument can be found"_s;
        else if (!isPrimitive(schema["type"_L1]))
            problem = u"x-mcp-header is set on something else than a string, integer or "
                      "boolean"_s;
        else if (m_names.contains(key))
            problem = u"two properties share one x-mcp-header"_s;
        m_names.insert(key);
        found.append({"Mcp-Param-" + name.toLatin1(), path});
    }

    QSet<QString> m_names;
};

std::optional<QString> textOf(const QJsonValue &value)
{
    if (value.isString())
        return value.toString();
    if (value.isBool())
        return value.toBool() ? u"true"_s : u"false"_s;
    if (value.isDouble())
        return QString::number(value.toInteger());
    return std::nullopt;
}

} // namespace

QByteArray headerEncoded(const QString &value)
{
    const QByteArray utf8 = value.toUtf8();
    const bool isPlain = std::all_of(utf8.begin(), utf8.end(),
                                     [](char c) { return (c >= ' ' && c <= '~') || c == '\t'; });
    const bool isPadded = utf8.trimmed().size() != utf8.size();
    const bool isSentinel = utf8.startsWith("=?base64?") && utf8.endsWith("?=");
    if (isPlain && !isPadded && !isSentinel && !utf8.isEmpty())
        return utf8;
    return "=?base64?" + utf8.toBase64() + "?=";
}

Result<QList<ParameterHeader>> parameterHeaders(const QJsonObject &inputSchema)
{
    Walk walk;
    walk.visit(inputSchema, {}, true);
    if (!walk.problem.isEmpty())
        return Error(ErrorCode::UpstreamFailed, walk.problem);
    return walk.found;
}

QByteArray ToolHeaders::learn(const QByteArray &result)
{
    // Most servers use none, and their lists need no second reading.
    if (!result.contains("x-mcp-header"))
        return result;
    const auto items = rawItems(rawMember(result, "tools"_L1));
    if (!items)
        return result;
    QByteArrayList kept;
    for (const QByteArray &item : *items) {
        const QJsonObject tool = objectOf(item);
        const QString name = tool["name"_L1].toString();
        const auto headers = parameterHeaders(tool["inputSchema"_L1].toObject());
        m_tools.remove(name);
        if (!headers) {
            qCWarning(logging::lcMcp).noquote()
                << u"Tool \"%1\" is left out: %2."_s.arg(name.left(200), headers.error().message);
            continue;
        }
        kept.append(item);
        if (!headers->isEmpty() && m_tools.size() < kMaxTools)
            m_tools.insert(name, *headers);
    }
    if (kept.size() == items->size())
        return result;
    QByteArray out;
    const auto members = json::members(result);
    for (const json::Member &member : *members) {
        const bool isTools = member.key == "tools"_L1;
        out = withMember(out, QLatin1StringView(member.key.toLatin1()),
                         isTools ? '[' + kept.join(',') + ']' : member.value.toByteArray());
    }
    return out;
}

QList<std::pair<QByteArray, QByteArray>> ToolHeaders::headersFor(const QString &tool,
                                                                 const QByteArray &arguments) const
{
    QList<std::pair<QByteArray, QByteArray>> headers;
    const auto known = m_tools.constFind(tool);
    if (known == m_tools.cend())
        return headers;
    const QJsonObject object = objectOf(arguments);
    for (const ParameterHeader &one : *known) {
        QJsonValue value = object;
        for (const QString &key : one.path)
            value = value.toObject().value(key);
        if (const auto text = textOf(value))
            headers.append({one.header, headerEncoded(*text)});
    }
    return headers;
}

} // namespace bridge::mcp
