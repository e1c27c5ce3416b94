// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/headers.h"

#include "common/json/scan.h"
#include "common/mcp/rawjson.h"
#include "common/mcp/revisions.h"
#include "server/gateway/rpc.h"

#include <QtCore/QJsonArray>
#include <QtCore/QRegularExpression>
#include <QtCore/QStringDecoder>

using namespace Qt::StringLiterals;

namespace bridge::gateway {

namespace {

constexpr int kMaxSchemaDepth = 16;
constexpr double kMaxSafeInteger = 9007199254740991.0; ///< 2^53 - 1

Error mismatch(const QString &what)
{
    return rpcError(kHeaderMismatch, 400, u"Header mismatch: "_s + what);
}

bool isPlain(const QByteArray &value)
{
    return std::all_of(value.cbegin(), value.cend(),
                       [](char c) { return c == '\t' || (c >= ' ' && c <= '~'); });
}

/// The one value of a header; an error when it is absent, repeated or not readable. A repeated
/// field would let two readers of the request see different values.
Result<QString> oneValue(const http::Request &request, const QByteArray &name)
{
    std::optional<QByteArray> found;
    for (const auto &[field, value] : request.headers) {
        if (field.compare(name, Qt::CaseInsensitive) != 0)
            continue;
        if (found)
            return mismatch(u"%1 is given twice."_s.arg(QString::fromLatin1(name)));
        found = value.trimmed();
    }
    if (!found)
        return mismatch(u"the header %1 is missing."_s.arg(QString::fromLatin1(name)));
    if (std::optional<QString> text = decodeHeaderValue(*found))
        return *text;
    return mismatch(u"%1 holds characters that are not allowed or broken Base64."_s.arg(
        QString::fromLatin1(name)));
}

struct Annotation {
    QByteArray header; ///< whole field name
    QStringList path;  ///< of `properties` keys
    QString type;
};

bool isToken(const QString &name)
{
    static const QRegularExpression token(u"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"_s);
    return token.match(name).hasMatch();
}

void collect(const QJsonObject &schema, const QStringList &path, QList<Annotation> &out)
{
    if (path.size() >= kMaxSchemaDepth)
        return;
    const QJsonObject properties = schema["properties"_L1].toObject();
    for (auto it = properties.begin(); it != properties.end(); ++it) {
        const QJsonObject property = it->toObject();
        const QStringList here = path + QStringList{it.key()};
        const QString name = property["x-mcp-header"_L1].toString();
        const QString type = property["type"_L1].toString();
        const bool primitive = type == "string"_L1 || type == "integer"_L1 || type == "boolean"_L1;
        if (primitive && isToken(name))
            out.append({"Mcp-Param-" + name.toLatin1(), here, type});
        collect(property, here, out);
    }
}

/// Raw value at \a path; empty when there is none or it is null.
QByteArray rawAt(const QByteArray &object, const QStringList &path)
{
    QByteArrayView value(object);
    for (const QString &key : path) {
        const Result<QList<json::Member>> all = json::members(value);
        if (!all)
            return {};
        value = json::valueOf(*all, key);
    }
    return value == "null" ? QByteArray() : value.toByteArray();
}

bool sameInteger(const QString &header, const QByteArray &body)
{
    bool headerIsNumber = false;
    bool bodyIsNumber = false;
    const double left = header.toDouble(&headerIsNumber);
    const double right = body.toDouble(&bodyIsNumber);
    return header.toLatin1() == body
           || (headerIsNumber && bodyIsNumber && left == right
               && std::abs(left) <= kMaxSafeInteger);
}

bool same(const QString &header, const QByteArray &body, const QString &type)
{
    if (body.startsWith('"'))
        return QJsonDocument::fromJson('[' + body + ']').array().at(0).toString() == header;
    if (type == "integer"_L1)
        return sameInteger(header, body);
    return header.toUtf8() == body;
}

QByteArray nameParameter(const QString &method)
{
    if (method == "tools/call"_L1 || method == "prompts/get"_L1)
        return "name"_ba;
    if (method == "tasks/get"_L1 || method == "tasks/update"_L1 || method == "tasks/cancel"_L1)
        return "taskId"_ba; // extension io.modelcontextprotocol/tasks, "Routing Headers"
    return method == "resources/read"_L1 ? "uri"_ba : QByteArray();
}

} // namespace

std::optional<QString> decodeHeaderValue(const QByteArray &value)
{
    if (!isPlain(value))
        return std::nullopt;
    constexpr QByteArrayView prefix("=?base64?");
    constexpr QByteArrayView suffix("?=");
    if (value.size() < prefix.size() + suffix.size() || !value.startsWith(prefix)
        || !value.endsWith(suffix))
        return QString::fromLatin1(value);
    const QByteArray inner = value.mid(prefix.size(), value.size() - prefix.size() - suffix.size());
    // Qt does without the padding; two readers must not differ on what a value is.
    const auto decoded =
        QByteArray::fromBase64Encoding(inner, QByteArray::AbortOnBase64DecodingErrors);
    if (!decoded || inner.size() % 4 != 0)
        return std::nullopt;
    QStringDecoder utf8(QStringDecoder::Utf8, QStringDecoder::Flag::Stateless);
    const QString text = utf8(*decoded);
    return utf8.hasError() ? std::nullopt : std::optional<QString>(text);
}

Error unsupportedRevision(const QString &requested)
{
    return rpcError(mcp::kUnsupportedRevision, 400, u"Unsupported protocol version"_s,
                    QJsonObject{{"supported"_L1, QJsonArray::fromStringList(mcp::allRevisions())},
                                {"requested"_L1, requested}});
}

std::optional<Error> checkVersionHeader(const http::Request &request, const QString &revision)
{
    const Result<QString> header = oneValue(request, "MCP-Protocol-Version"_ba);
    if (!header)
        return header.error();
    if (!revision.isNull() && *header != revision)
        return mismatch(u"MCP-Protocol-Version is not the revision in `_meta`."_s);
    if (!mcp::isModern(*header))
        return unsupportedRevision(*header);
    return std::nullopt;
}

std::optional<Error> checkMethodHeaders(const http::Request &request,
                                        const jsonrpc::Message &message)
{
    const Result<QString> method = oneValue(request, "Mcp-Method"_ba);
    if (!method)
        return method.error();
    if (*method != message.method)
        return mismatch(u"Mcp-Method is not the method of the body."_s);
    const QByteArray parameter = nameParameter(message.method);
    if (parameter.isEmpty())
        return std::nullopt;
    const Result<QString> name = oneValue(request, "Mcp-Name"_ba);
    if (!name)
        return name.error();
    const std::optional<QString> inBody =
        mcp::stringMember(message.params, QLatin1String(parameter));
    if (!inBody || *inBody != *name)
        return mismatch(u"Mcp-Name is not `%1` of the body."_s.arg(QString::fromLatin1(parameter)));
    return std::nullopt;
}

bool hasParamHeaders(const QJsonObject &inputSchema)
{
    QList<Annotation> annotations;
    collect(inputSchema, {}, annotations);
    return !annotations.isEmpty();
}

std::optional<Error> checkParamHeaders(const http::Request &request, const QJsonObject &inputSchema,
                                       const QByteArray &arguments)
{
    QList<Annotation> annotations;
    collect(inputSchema, {}, annotations);
    for (const Annotation &annotation : std::as_const(annotations)) {
        const QByteArray value = rawAt(arguments, annotation.path);
        const QString name = QString::fromLatin1(annotation.header);
        if (value.isEmpty()) {
            if (request.hasHeader(annotation.header))
                return mismatch(u"%1 is given, but the argument is not."_s.arg(name));
            continue;
        }
        const Result<QString> header = oneValue(request, annotation.header);
        if (!header)
            return header.error();
        if (!same(*header, value, annotation.type))
            return mismatch(u"%1 is not the value of its argument."_s.arg(name));
    }
    return std::nullopt;
}

} // namespace bridge::gateway
