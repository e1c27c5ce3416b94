// SPDX-License-Identifier: GPL-3.0-or-later
// Answers one MCP request of a downstream client with the help of one or many upstream servers,
// whatever revision either side speaks: listings merged under aliases, calls routed, questions
// from servers turned into what the client understands, errors and cacheability mapped.
#pragma once

#include "server/gateway/downstream.h"
#include "server/gateway/ownerlimits.h"
#include "server/sessions/sessionmanager.h"
#include "server/upstream/registry.h"

#include <QtNetwork/QHostAddress>

namespace bridge::telemetry {
class Metrics;
}

namespace bridge::policy {
class Warden;
}

namespace bridge::gateway {

class ViewBook;

struct DispatcherOptions {
    QString name; ///< serverInfo.name: SERVICE_NAME
    QString version;
    std::chrono::milliseconds listPatience{5'000};  ///< per server; then it is left out
    std::chrono::milliseconds suspendTime{300'000}; ///< ELICITATION_TIMEOUT_SECONDS
    OwnerLimits suspended{64, 4'096, 4'096};        ///< calls that wait for answers
    OwnerLimits tasks{64, 1'024, 4'096};            ///< begun and not forgotten
    OwnerLimits subscriptions{100, 10'000, 10'000}; ///< modern ones that are open
    std::chrono::milliseconds taskIdle{1'800'000};  ///< without a question; then it is given up
    bool sessionTools = false;        ///< modern clients are shown those of sessiontools.h
    policy::Warden *warden = nullptr; ///< outlives the dispatcher; null = all is allowed
    const ViewBook *views = nullptr;  ///< outlives the dispatcher; null = there are none
    /// Leases servers for requests without state; empty = upstream::Server::lease(). For tests.
    std::function<Call(upstream::Server &server, const upstream::Identity &identity,
                       Handler<upstream::LeasePtr> handler)>
        lease;
};

/// A request as it came, with what its transport knows.
struct Request {
    jsonrpc::Message message; ///< Kind::Request
    ClientProfile profile;    ///< of this request (modern) or session (legacy)
    upstream::Identity identity;
    QHostAddress address; ///< of the client; tells those apart whom nobody knows
    QString server;       ///< as in ClientState::server
    /// The legacy session's state, or that of a modern session handle; null = stateless.
    ClientStatePtr state;
    /// Value of an HTTP header for header-mapped arguments; null QByteArray when absent.
    std::function<QByteArray(const QByteArray &name)> header;
    /// Modern tools/call over HTTP: checks the Mcp-Param-* headers against the arguments once the
    /// tool is known; to be run with its (listed) input schema before anything is called. Null =
    /// nothing to check.
    std::function<std::optional<Error>(const QJsonObject &inputSchema)> checkTool;
    QJsonObject traceMeta; ///< traceparent, tracestate for `_meta`
};

/// A result with what only some transports can use.
struct Answer {
    QByteArray result; ///< raw JSON object, complete for the client's revision
};

/// A failure carries Error::rpcCode and, for specification errors, Error::detail as `data`.
class Dispatcher : public QObject
{
    Q_OBJECT
public:
    Dispatcher(DispatcherOptions options, upstream::Registry *registry,
               sessions::SessionManager *sessions, telemetry::Metrics *metrics,
               QObject *parent = nullptr);
    ~Dispatcher() override;

    /// Result of `initialize` for \a state (its revision already negotiated) from what is known of
    /// the servers by now. From here on \a state gets list changes through ClientState::notified.
    /// Better: give the request to handle(), which asks servers that are not known yet first.
    QByteArray initializeResult(ClientState &state);
    /// Any other request, and `initialize` with Request::state set. Dropping the Call cancels it
    /// upstream. Progress, log and questions go through \a downstream, which lives as long as the
    /// Call.
    Call handle(Request request, std::shared_ptr<Downstream> downstream, Handler<Answer> handler);
    /// Modern `subscriptions/listen`: acknowledges and then notifies until the Call is dropped;
    /// the handler runs only when it fails or the server side ends it.
    Call listen(Request request, std::shared_ptr<Downstream> downstream, Handler<Answer> handler);
    /// Client → server notifications worth passing on (roots/list_changed).
    void notification(const Request &request);
    /// From now on: how long a call waits for the answer to a question.
    void setSuspendTime(std::chrono::milliseconds time);
    /// From now on; what is open stays.
    void setSubscriptionLimits(const OwnerLimits &limits);
    /// From now on: how long a task is kept that nobody asks about; 0 = as long as it lives.
    void setTaskIdle(std::chrono::milliseconds idle);
    /// Ends what \a state holds: its sessions and subscriptions.
    void release(const ClientStatePtr &state);
    /// Cancels the calls that wait for answers of modern clients, for they keep their servers, and
    /// starts that only tell what a server says of itself.
    void dropSuspended();

private:
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace bridge::gateway
