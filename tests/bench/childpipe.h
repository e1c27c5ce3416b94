// SPDX-License-Identifier: GPL-3.0-or-later
// An MCP server as a child process with its stdin and stdout as pipes, and the messages every
// conversation with it begins with. Closing it ends the child; nobody waits for that here.
#pragma once

#include <string>
#include <vector>

namespace bridge::bench {

class ChildPipe
{
public:
    explicit ChildPipe(const std::vector<std::string> &command);
    ~ChildPipe();
    ChildPipe(const ChildPipe &) = delete;
    ChildPipe &operator=(const ChildPipe &) = delete;

    int in() const { return m_in; }   ///< write here, the child's stdin
    int out() const { return m_out; } ///< read here, the child's stdout; non-blocking

private:
    int m_in = -1;
    int m_out = -1;
};

/// A request with its newline.
std::string rpcRequest(const std::string &id, const std::string &method, const std::string &params);
std::string initializeRequest();
std::string initializedNotification();
/// One line out of \a buffer; false when there is none yet. Ends the program at an error answer or
/// one without \a expect in it.
bool takeResult(std::string &buffer, const std::string &expect);
/// Lets go of the children that have ended, without waiting for others.
void reapEnded();

} // namespace bridge::bench
