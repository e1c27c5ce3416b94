// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/jsonrpc/message.h"

#include "common/json/scan.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>

using namespace Qt::StringLiterals;

namespace bridge::jsonrpc {

namespace {

constexpr qsizetype kMaxBatch = 1000;
constexpr qsizetype kMaxIdBytes = 1024;

Error bad(const QString &what)
{
    return Error(ErrorCode::UpstreamFailed, u"This is no JSON-RPC message: "_s + what);
}

bool isString(const QByteArray &raw)
{
    return raw.startsWith('"');
}

bool isNumber(const QByteArray &raw)
{
    return !raw.isEmpty() && (raw[0] == '-' || (raw[0] >= '0' && raw[0] <= '9'));
}

QString toString(const QByteArray &raw)
{
    if (!raw.contains('\\'))
        return QString::fromUtf8(raw.mid(1, raw.size() - 2));
    return QJsonDocument::fromJson('[' + raw + ']').array().at(0).toString();
}

QByteArray quoted(const QString &text)
{
    const QByteArray array = QJsonDocument(QJsonArray{text}).toJson(QJsonDocument::Compact);
    return array.mid(1, array.size() - 2);
}

/// The members that mean something, as they came; empty = absent.
struct Parts {
    QByteArray version;
    QByteArray id;
    QByteArray method;
    QByteArray params;
    QByteArray result;
    QByteArray error;

    QByteArray *named(const QString &name)
    {
        if (name == "jsonrpc"_L1)
            return &version;
        if (name == "id"_L1)
            return &id;
        if (name == "method"_L1)
            return &method;
        if (name == "params"_L1)
            return &params;
        if (name == "result"_L1)
            return &result;
        if (name == "error"_L1)
            return &error;
        return nullptr; // other members are ignored, as everywhere in MCP
    }
};

Result<RpcError> readError(const QByteArray &raw)
{
    const Result<QList<json::Member>> all = json::members(raw);
    if (!all)
        return bad(u"“error” must be an object."_s);
    RpcError out;
    bool hasCode = false;
    for (const json::Member &member : *all) {
        if (member.key == "code"_L1)
            out.code = member.value.toByteArray().toInt(&hasCode);
        else if (member.key == "message"_L1 && member.value.startsWith('"'))
            out.message = toString(member.value.toByteArray());
        else if (member.key == "data"_L1)
            out.data = member.value.toByteArray();
    }
    if (!hasCode)
        return bad(u"“error.code” must be an integer."_s);
    return out;
}

Result<Message> readCall(const Parts &parts)
{
    if (!isString(parts.method))
        return bad(u"“method” must be a string."_s);
    if (!parts.result.isEmpty() || !parts.error.isEmpty())
        return bad(u"a request cannot carry “result” or “error”."_s);
    if (!parts.params.isEmpty() && parts.params[0] != '{' && parts.params[0] != '[')
        return bad(u"“params” must be an object or an array."_s);
    Message message;
    message.kind = parts.id.isEmpty() ? Message::Kind::Notification : Message::Kind::Request;
    message.id = parts.id;
    message.method = toString(parts.method);
    message.params = parts.params;
    return message;
}

Result<Message> readAnswer(const Parts &parts)
{
    if (parts.result.isEmpty() == parts.error.isEmpty())
        return bad(u"it needs a “method”, or exactly one of “result” and “error”."_s);
    Message message;
    message.id = parts.id;
    if (parts.error.isEmpty()) {
        if (parts.id.isEmpty())
            return bad(u"a result needs an “id”."_s);
        message.kind = Message::Kind::Result;
        message.result = parts.result;
        return message;
    }
    const Result<RpcError> error = readError(parts.error);
    if (!error)
        return error.error();
    message.kind = Message::Kind::Error;
    message.error = *error;
    return message;
}

Result<Message> readOne(QByteArrayView text, const json::ScanLimits &limits)
{
    const Result<QList<json::Member>> all = json::members(text, limits);
    if (!all)
        return bad(all.error().message);
    Parts parts;
    for (const json::Member &member : *all) {
        if (QByteArray *slot = parts.named(member.key))
            *slot = member.value.toByteArray();
    }
    if (parts.version != "\"2.0\"")
        return bad(u"“jsonrpc” must be \"2.0\"."_s);
    // An error about a message whose id could not be read has a null id (JSON-RPC 2.0 §5).
    if (parts.id == "null" && !parts.error.isEmpty())
        parts.id.clear();
    const bool idFits = isString(parts.id) || isNumber(parts.id);
    if (!parts.id.isEmpty() && (!idFits || parts.id.size() > kMaxIdBytes))
        return bad(u"“id” must be a string or a number."_s);
    return parts.method.isEmpty() ? readAnswer(parts) : readCall(parts);
}

Result<QList<Message>> readBatch(const QByteArray &text, const json::ScanLimits &limits)
{
    const Result<QList<QByteArrayView>> items = json::elements(text, limits);
    if (!items)
        return bad(items.error().message);
    if (items->isEmpty())
        return bad(u"a batch must not be empty."_s);
    if (items->size() > kMaxBatch)
        return bad(u"a batch has more than %1 messages."_s.arg(kMaxBatch));
    QList<Message> out;
    for (QByteArrayView item : *items) {
        Result<Message> one = readOne(item, limits);
        if (!one)
            return one.error();
        out.append(std::move(*one));
    }
    return out;
}

} // namespace

QJsonObject Message::paramsObject() const
{
    return QJsonDocument::fromJson(params).object();
}

Result<QList<Message>> parse(const QByteArray &text, const MessageLimits &limits)
{
    if (text.size() > limits.maxBytes)
        return Error(ErrorCode::PayloadTooLarge,
                     u"A message is longer than the %1 bytes allowed."_s.arg(limits.maxBytes));
    json::ScanLimits scan;
    scan.maxDepth = limits.maxDepth;
    if (QByteArrayView(text).trimmed().startsWith('['))
        return readBatch(text, scan);
    Result<Message> one = readOne(text, scan);
    if (!one)
        return one.error();
    return QList<Message>{std::move(*one)};
}

QByteArray write(const Message &message)
{
    QByteArray out = "{\"jsonrpc\":\"2.0\""_ba;
    if (!message.id.isEmpty())
        out += ",\"id\":" + message.id;
    switch (message.kind) {
    case Message::Kind::Request:
    case Message::Kind::Notification:
        out += ",\"method\":" + quoted(message.method);
        if (!message.params.isEmpty())
            out += ",\"params\":" + message.params;
        break;
    case Message::Kind::Result:
        out += ",\"result\":" + message.result;
        break;
    case Message::Kind::Error:
        out += ",\"error\":{\"code\":" + QByteArray::number(message.error.code)
               + ",\"message\":" + quoted(message.error.message);
        if (!message.error.data.isEmpty())
            out += ",\"data\":" + message.error.data;
        out += '}';
        break;
    }
    out += '}';
    // Raw parts may hold line breaks between tokens (never inside strings, where JSON wants them
    // escaped); on one line they are blanks.
    out.replace('\n', ' ').replace('\r', ' ');
    return out;
}

} // namespace bridge::jsonrpc
