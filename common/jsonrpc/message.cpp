// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/jsonrpc/message.h"

#include "common/jsonrpc/slice.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>

using namespace Qt::StringLiterals;

namespace bridge::jsonrpc {

namespace {

constexpr qsizetype kMaxBatch = 1000;
constexpr qsizetype kMaxIdBytes = 1024;

Error bad(const QString &what)
{
    return Error(ErrorCode::UpstreamFailed, u"it is no JSON-RPC message: "_s + what);
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

    QByteArray *named(const QByteArray &name)
    {
        if (name == "jsonrpc")
            return &version;
        if (name == "id")
            return &id;
        if (name == "method")
            return &method;
        if (name == "params")
            return &params;
        if (name == "result")
            return &result;
        if (name == "error")
            return &error;
        return nullptr; // other members are ignored, as everywhere in MCP
    }
};

Result<RpcError> readError(const QByteArray &raw)
{
    const Result<QList<Member>> all = members(raw);
    if (!all)
        return bad(u"“error” must be an object."_s);
    RpcError out;
    bool hasCode = false;
    for (const Member &member : *all) {
        if (member.name == "code")
            out.code = member.value.toInt(&hasCode);
        else if (member.name == "message" && isString(member.value))
            out.message = toString(member.value);
        else if (member.name == "data")
            out.data = member.value;
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

Result<Message> readOne(const QByteArray &text, int maxDepth)
{
    const Result<QList<Member>> all = members(text, maxDepth);
    if (!all)
        return all.error();
    Parts parts;
    for (const Member &member : *all) {
        QByteArray *slot = parts.named(member.name);
        if (slot && !slot->isEmpty())
            return bad(u"“%1” comes twice."_s.arg(QString::fromUtf8(member.name)));
        if (slot)
            *slot = member.value;
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

Result<QList<Message>> readBatch(const QByteArray &text, int maxDepth)
{
    const Result<QList<QByteArray>> items = elements(text, maxDepth);
    if (!items)
        return items.error();
    if (items->isEmpty())
        return bad(u"a batch must not be empty."_s);
    if (items->size() > kMaxBatch)
        return bad(u"a batch has more than %1 messages."_s.arg(kMaxBatch));
    QList<Message> out;
    for (const QByteArray &item : *items) {
        Result<Message> one = readOne(item, maxDepth);
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
    const qsizetype first =
        std::distance(text.begin(), std::find_if(text.begin(), text.end(), [](char c) {
                          return c != ' ' && c != '\t' && c != '\r' && c != '\n';
                      }));
    if (first < text.size() && text[first] == '[')
        return readBatch(text, limits.maxDepth);
    Result<Message> one = readOne(text, limits.maxDepth);
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
