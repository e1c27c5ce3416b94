// SPDX-License-Identifier: GPL-3.0-or-later
// The only file pair that knows Qt HttpServer and its differences between 6.4 and 6.10.
#pragma once

#include "common/base/result.h"

#include <QtNetwork/QHostAddress>

#include <memory>

namespace bridge::http {

class GuardedServer;
class Server;

class Listener
{
public:
    explicit Listener(Server &server);
    ~Listener();
    Listener(const Listener &) = delete;
    Listener &operator=(const Listener &) = delete;

    /// Binds and starts accepting; \a port 0 takes any free one. Returns the port.
    Result<quint16> listen(const QHostAddress &address, quint16 port);
    GuardedServer &guard() { return *m_guard; }
    const GuardedServer &guard() const { return *m_guard; }

private:
    class Parser;

    std::unique_ptr<Parser> m_parser;
    GuardedServer *m_guard; ///< owned by m_parser
};

} // namespace bridge::http
