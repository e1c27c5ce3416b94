// SPDX-License-Identifier: GPL-3.0-or-later
// Which lanes have something to read, by epoll; and the few calls on descriptors lanes share.
#pragma once

#include "tests/bench/lane.h"

#include <string>
#include <string_view>
#include <vector>

namespace bridge::bench {

class Poller
{
public:
    Poller();
    ~Poller();
    Poller(const Poller &) = delete;
    Poller &operator=(const Poller &) = delete;

    void add(int fd, Lane *lane);
    /// Lanes with input, at most a few hundred at a time; none when \a timeoutMs passed.
    const std::vector<Lane *> &wait(int timeoutMs);

private:
    int m_fd;
    std::vector<Lane *> m_ready;
};

void setNonBlocking(int fd);
/// Writes all, waiting for room where there is none; requests are small, so that is rare.
void writeAll(int fd, std::string_view bytes);
/// Appends what there is to read now; false at the end of the stream.
bool readAvailable(int fd, std::string &into);

} // namespace bridge::bench
