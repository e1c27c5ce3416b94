// SPDX-License-Identifier: GPL-3.0-or-later
// A keep-alive HTTP/1.1 connection to 127.0.0.1; answers may be chunked. Any status but 200, a
// missing expected text or a closed connection ends the program.
#pragma once

#include "tests/bench/poller.h"

namespace bridge::bench {

struct HttpPlan {
    uint16_t port = 0;
    std::string method;    ///< GET or POST
    std::string path;      ///< may hold {n}
    std::string headers;   ///< lines beside Host and those of the body, each with its end
    std::string body;      ///< may hold {n}
    std::string expect;    ///< must be in every body
    bool headOnly = false; ///< the head of the answer completes it, and is searched; for streams
};

class HttpLane : public Lane
{
public:
    HttpLane(HttpPlan plan, Poller &poller);
    ~HttpLane() override;

    void begin(uint64_t number) override;
    int onReadable() override;

private:
    std::string render(uint64_t number) const;
    bool takeAnswer();
    bool isExpected(std::string_view head, std::string_view body) const;

    HttpPlan m_plan;
    bool m_varies;
    std::string m_request; ///< as sent each time, unless it varies
    std::string m_in;
    int m_fd;
};

} // namespace bridge::bench
