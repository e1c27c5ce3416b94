// SPDX-License-Identifier: GPL-3.0-or-later
// Two transports in memory, joined end to end: for tests and for servers inside this process.
#pragma once

#include "common/jsonrpc/transport.h"

#include <QtCore/QPointer>

#include <memory>
#include <utility>

namespace bridge::jsonrpc {

class LoopbackTransport : public Transport
{
    Q_OBJECT
public:
    using Pair = std::pair<std::unique_ptr<LoopbackTransport>, std::unique_ptr<LoopbackTransport>>;
    static Pair makePair();
    ~LoopbackTransport() override;

    /// Arrives at the peer from the event loop, in order.
    void send(const Message &message) override;
    qint64 bytesToWrite() const override { return 0; }
    /// Both ends report closed().
    void close() override;
    bool isOpen() const override { return m_open; }

    /// Lets the peer see garbage, as a child printing to stdout would.
    void sendGarbage(const Error &error);
    /// Closes the peer with \a reason, as a dying child would, and this end too.
    void closePeer(const Error &reason);

private:
    void end(const Error &reason);

    QPointer<LoopbackTransport> m_peer;
    bool m_open = true;
};

} // namespace bridge::jsonrpc
