// SPDX-License-Identifier: GPL-3.0-or-later
// One running MCP server with its initialised client. Owned by a session, a lease or the pool;
// dropping the last reference stops it by the ladder: stdin closed, TERM, KILL.
#pragma once

#include "common/mcp/client.h"

#include <QtCore/QDateTime>

#include <memory>

namespace bridge::upstream {

class Instance : public QObject
{
    Q_OBJECT
public:
    ~Instance() override;

    virtual mcp::Client &client() = 0;
    virtual bool isAlive() const = 0;
    /// Process id of a child, 0 for others.
    virtual qint64 processId() const = 0;
    /// Why it ended: exit status and last stderr line, for error texts. Empty while alive.
    virtual QString epitaph() const = 0;
    /// When the credential it was started with ends; invalid = never, or it has none.
    const QDateTime &credentialEnd() const { return m_credentialEnd; }
    void setCredentialEnd(const QDateTime &end) { m_credentialEnd = end; }
    /// It ended because its time was up, which says nothing bad about the server.
    virtual bool hasExpired() const { return false; }

Q_SIGNALS:
    /// After every pending call has failed. Emitted once.
    void died(const bridge::Error &reason);

protected:
    using QObject::QObject;

private:
    QDateTime m_credentialEnd;
};
using InstancePtr = std::shared_ptr<Instance>;

} // namespace bridge::upstream
