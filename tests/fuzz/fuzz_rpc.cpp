// SPDX-License-Identifier: GPL-3.0-or-later
// JSON and JSON-RPC as MCP clients and servers send them. What is taken is passed on byte for byte,
// so it has to be what everybody else reads in it, too.
#include "common/json/scan.h"
#include "common/jsonrpc/message.h"
#include "tests/fuzz/target.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>

using namespace bridge;
using namespace Qt::StringLiterals;
using jsonrpc::Message;

namespace {

void jsonIsWhatQtReads(const QByteArray &text)
{
    if (!json::check(text))
        return;
    // QJsonDocument reads no bare values, and no numbers beyond a double: 1e999 is passed on from a
    // server, and in a request makes `params` unreadable, which is refused.
    QJsonParseError error;
    QJsonDocument::fromJson('[' + text + ']', &error);
    promise(error.error == QJsonParseError::NoError
            || error.error == QJsonParseError::IllegalNumber);
    if (const auto members = json::members(text)) {
        for (const json::Member &member : *members)
            promise(json::check(member.value).ok());
    }
}

void messagesSurviveTheWay(const QByteArray &text)
{
    const auto messages = jsonrpc::parse(text, {64, 1 << 20});
    if (!messages)
        return;
    promise(!messages->isEmpty() && messages->size() <= 1000);
    for (const Message &message : *messages) {
        const QByteArray line = jsonrpc::write(message);
        promise(!line.contains('\n'));
        const auto again = jsonrpc::parse(line);
        promise(again && again->size() == 1);
        const Message &other = again->first();
        promise(other.kind == message.kind && other.id == message.id);
        promise(other.method == message.method);
        promise(message.kind != Message::Kind::Error || other.error.code == message.error.code);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const QByteArray text(reinterpret_cast<const char *>(data), qsizetype(size));
    jsonIsWhatQtReads(text);
    messagesSurviveTheWay(text);
    return 0;
}

std::vector<std::string> seeds()
{
    return {R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","_meta":{}}})",
            R"([{"jsonrpc":"2.0","method":"ping","id":"x"},{"jsonrpc":"2.0","method":"n"}])",
            R"({"jsonrpc":"2.0","id":-7,"result":{"content":[{"type":"text","text":"\u00e9"}]}})",
            R"({"jsonrpc":"2.0","id":"q","error":{"code":-32600,"message":"m","data":[1e3]}})",
            R"({"a":[1,-0.5e-3,true,null,{"b":"\ud83d\ude00"}]})"};
}
