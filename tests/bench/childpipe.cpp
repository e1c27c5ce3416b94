// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/childpipe.h"

#include "tests/bench/fail.h"
#include "tests/bench/poller.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bridge::bench {

ChildPipe::ChildPipe(const std::vector<std::string> &command)
{
    std::vector<char *> arguments;
    for (const std::string &word : command)
        arguments.push_back(const_cast<char *>(word.c_str()));
    arguments.push_back(nullptr);

    int toChild[2];
    int fromChild[2];
    if (pipe2(toChild, O_CLOEXEC) != 0 || pipe2(fromChild, O_CLOEXEC) != 0)
        fail("no more pipes; raise the limit of open files");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, toChild[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fromChild[1], STDOUT_FILENO);
    pid_t pid = 0;
    if (posix_spawn(&pid, arguments[0], &actions, nullptr, arguments.data(), environ) != 0)
        fail("cannot start " + command[0]);
    posix_spawn_file_actions_destroy(&actions);
    close(toChild[0]);
    close(fromChild[1]);
    m_in = toChild[1];
    m_out = fromChild[0];
    setNonBlocking(m_out);
}

ChildPipe::~ChildPipe()
{
    close(m_in);
    close(m_out);
}

std::string rpcRequest(const std::string &id, const std::string &method, const std::string &params)
{
    return R"({"jsonrpc":"2.0","id":)" + id + R"(,"method":")" + method + R"(","params":)" + params
           + "}\n";
}

std::string initializeRequest()
{
    return rpcRequest("0", "initialize",
                      R"({"protocolVersion":"2025-11-25","capabilities":{},)"
                      R"("clientInfo":{"name":"bench","version":"1"}})");
}

std::string initializedNotification()
{
    return "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n";
}

bool takeResult(std::string &buffer, const std::string &expect)
{
    const size_t end = buffer.find('\n');
    if (end == std::string::npos)
        return false;
    const std::string_view line = std::string_view(buffer).substr(0, end);
    if (line.find("\"result\":") == std::string_view::npos
        || line.find(expect) == std::string_view::npos)
        fail("unexpected answer of the MCP server: " + buffer.substr(0, 1000));
    buffer.erase(0, end + 1);
    return true;
}

void reapEnded()
{
    while (waitpid(-1, nullptr, WNOHANG) > 0) {
    }
}

} // namespace bridge::bench
