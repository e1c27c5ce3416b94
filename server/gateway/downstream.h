// SPDX-License-Identifier: GPL-3.0-or-later
// The MCP client on the other side of the bridge, as the dispatcher sees it: which revision it
// speaks, what it can answer, and how to reach it while one of its requests runs. Transports
// (Streamable HTTP in both eras, HTTP+SSE) implement it; the dispatcher knows no HTTP.
#pragma once

#include "common/async/call.h"
#include "common/jsonrpc/message.h"
#include "common/mcp/types.h"
#include "server/sessions/session.h"
#include "server/upstream/identity.h"

#include <QtCore/QHash>
#include <QtCore/QObject>

namespace bridge::gateway {

/// What a client said of itself: at `initialize` (legacy) or in the request's `_meta` (modern).
struct ClientProfile {
    QString revision; ///< negotiated or declared protocol revision
    mcp::Era era = mcp::Era::Legacy;
    QString name;
    QString version;
    QJsonObject capabilities;
    QString logLevel; ///< empty = no log messages wanted (modern), the server's default (legacy)

    bool can(QLatin1String capability) const { return capabilities.contains(capability); }
};

/// State that lives as long as a legacy MCP session (or a modern session handle): the servers it
/// has used, each with a session of its own. Shared by the requests of that client only.
class ClientState : public QObject
{
    Q_OBJECT
public:
    using QObject::QObject;

    upstream::Identity identity;
    ClientProfile profile;
    /// Name of the one server behind `/servers/{server}/mcp`, or placeOfView() of the view behind
    /// `/views/{view}/mcp`; empty = all servers, aggregated.
    QString server;
    /// By server name; filled by the dispatcher on first use.
    QHash<QString, sessions::SessionPtr> sessions;
    /// URIs this client subscribed to with resources/subscribe, as it knows them.
    QSet<QString> subscribedUris;
    bool released = false; ///< it has ended: nothing is started for it any more

Q_SIGNALS:
    /// A notification for this client that belongs to no running request: list_changed,
    /// resources/updated, log messages. \a params is raw JSON, may be empty.
    void notified(const QString &method, const QByteArray &params);
};
using ClientStatePtr = std::shared_ptr<ClientState>;

/// One running request's way back to its client.
class Downstream
{
public:
    virtual ~Downstream() = default;

    /// Sends a notification on the stream of this request (progress, log).
    virtual void notify(const QString &method, const QByteArray &params) = 0;
    /// Legacy only: sends a request to the client on the stream of this request and waits for its
    /// answer. MethodNotFound when this client cannot be asked.
    virtual Call ask(const QString &method, const QByteArray &params,
                     Handler<QByteArray> handler) = 0;
    virtual bool canAsk() const = 0;
    /// The server the request has turned out to be for, for the log.
    virtual void noteServer(const QString &name) { Q_UNUSED(name); }
    /// Header fields for the answer, should it be one over HTTP that has not begun yet.
    virtual void addHeaders(const QList<std::pair<QByteArray, QByteArray>> &headers)
    {
        Q_UNUSED(headers);
    }
};

} // namespace bridge::gateway
