// SPDX-License-Identifier: GPL-3.0-or-later
// The thinnest MCP server over stdio we could write, so that whatever stands in front of it is the
// bottleneck: one read, one scan, one write. Speaks the handshake era (2024-11-05 to 2025-11-25).
// Tools: `echo` answers with its text, `wait` never answers.
#include "tests/bench/jsonscan.h"

#include <string>

#include <cerrno>
#include <unistd.h>

namespace {

using bridge::bench::forEachMember;
using std::string_view;

constexpr string_view kTools =
    R"({"tools":[{"name":"echo","description":"Answers with the text it is given.",)"
    R"("inputSchema":{"type":"object","properties":{"text":{"type":"string"}},"required":["text"],)"
    R"("additionalProperties":false},"outputSchema":{"type":"object","properties":{"text":)"
    R"({"type":"string"}},"required":["text"]}},{"name":"wait","description":"Never answers.",)"
    R"("inputSchema":{"type":"object"}}]})";

struct Message {
    string_view id, method, params;
};

Message read(string_view line)
{
    Message message;
    forEachMember(line, [&message](string_view key, string_view value) {
        if (key == "id")
            message.id = value;
        else if (key == "method")
            message.method = value.substr(1, value.size() - 2);
        else if (key == "params")
            message.params = value;
    });
    return message;
}

string_view member(string_view object, string_view wanted)
{
    string_view found;
    forEachMember(object, [&](string_view key, string_view value) {
        if (key == wanted)
            found = value;
    });
    return found;
}

void answer(std::string &out, string_view id, string_view kind, string_view value)
{
    out.append(R"({"jsonrpc":"2.0","id":)").append(id).append(",\"").append(kind).append("\":");
    out.append(value).append("}\n");
}

void answerCall(std::string &out, const Message &message)
{
    const string_view name = member(message.params, "name");
    if (name == "\"wait\"")
        return;
    const string_view text = member(member(message.params, "arguments"), "text");
    if (name != "\"echo\"" || text.empty())
        return answer(out, message.id, "error", R"({"code":-32602,"message":"Unknown tool"})");
    std::string result = R"({"content":[{"type":"text","text":)";
    result.append(text).append(R"(}],"structuredContent":{"text":)").append(text);
    result.append(R"(},"isError":false})");
    answer(out, message.id, "result", result);
}

void answerInitialize(std::string &out, const Message &message)
{
    std::string result = R"({"protocolVersion":)";
    result.append(member(message.params, "protocolVersion"));
    result.append(R"(,"capabilities":{"tools":{}},"serverInfo":{"name":"echo","version":"1"}})");
    answer(out, message.id, "result", result);
}

void handle(std::string &out, string_view line)
{
    const Message message = read(line);
    if (message.id.empty() || message.method.empty())
        return; // a notification, or an answer to a question nobody asked
    if (message.method == "tools/call")
        answerCall(out, message);
    else if (message.method == "tools/list")
        answer(out, message.id, "result", kTools);
    else if (message.method == "initialize")
        answerInitialize(out, message);
    else if (message.method == "ping")
        answer(out, message.id, "result", "{}");
    else
        answer(out, message.id, "error", R"({"code":-32601,"message":"Method not found"})");
}

bool writeAll(string_view bytes)
{
    while (!bytes.empty()) {
        const ssize_t written = write(STDOUT_FILENO, bytes.data(), bytes.size());
        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0)
            bytes.remove_prefix(size_t(written));
    }
    return true;
}

} // namespace

int main()
{
    static char chunk[65536];
    std::string in, out;
    for (;;) {
        const ssize_t got = ::read(STDIN_FILENO, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return 0;
        in.append(chunk, size_t(got));
        size_t start = 0;
        for (size_t end; (end = in.find('\n', start)) != std::string::npos; start = end + 1)
            handle(out, string_view(in).substr(start, end - start));
        in.erase(0, start);
        if (!out.empty() && !writeAll(out))
            return 1;
        out.clear();
    }
}
