// SPDX-License-Identifier: GPL-3.0-or-later
// A Model Context Protocol client for all five revisions (2024-11-05 … 2026-07-28) over any
// message transport. It hides the era: the caller starts it, calls methods, and gets asked for
// input the same way whether the server sends requests (legacy) or answers `input_required`
// (modern, MRTR).
#pragma once

#include "common/async/call.h"
#include "common/jsonrpc/connection.h"
#include "common/mcp/types.h"

namespace bridge::mcp {

/// Something a server asks its client for in mid-call: `elicitation/create`,
/// `sampling/createMessage` or `roots/list`. Answer or refuse it once; dropping it unanswered
/// refuses. It stays valid when the client dies (answering then does nothing).
class InputRequest
{
public:
    QString method;
    QJsonObject params;
    qint64 call = 0; ///< request id of the call it belongs to, 0 when the server did not tell
    QString key;     ///< what a modern server calls it in `inputRequests`, else empty

    std::function<void(const QJsonObject &result)> answer;
    std::function<void(const Error &error)> refuse;
    /// Set by the owner: runs when the server no longer wants the answer.
    std::function<void()> withdrawn;

    bool isElicitation() const { return method == QLatin1String("elicitation/create"); }
};
using InputRequestPtr = std::shared_ptr<InputRequest>;

/// What may happen before a call's answer.
struct CallHooks {
    std::function<void(const Progress &)> progress;
    std::function<void(const LogMessage &)> log;
    /// Without this hook requests for input are refused.
    std::function<void(InputRequestPtr)> input;
};

/// All pages of one listing.
struct Listing {
    QList<QByteArray> items; ///< raw JSON
    qint64 ttlMs = -1;       ///< shortest freshness of the pages (modern servers), -1 = not told
    bool shareable = false;  ///< every page said cacheScope "public"
};

struct CallOptions {
    std::chrono::milliseconds timeout{0}; ///< 0 = no limit; the clock stops while input is asked
    QJsonObject meta;                     ///< joined into params._meta, e.g. traceparent
    CallHooks hooks;
    /// Modern tools/call: the answer may be a `CreateTaskResult` (extension
    /// io.modelcontextprotocol/tasks), for which `meta` has to declare the extension.
    bool mayBecomeTask = false;
    /// Gets the progress token that is sent, if there is a hook for progress: see lateProgress().
    std::shared_ptr<qint64> token = nullptr;
};

struct ClientOptions {
    QString name; ///< clientInfo
    QString version;
    QJsonObject
        capabilities; ///< what the owner can answer, e.g. {"elicitation":{"form":{},"url":{}}}
    std::chrono::milliseconds startTimeout{30'000};
    std::chrono::milliseconds probeTimeout{2'000}; ///< of server/discover, then legacy
    std::chrono::milliseconds requestTimeout{60'000};
    int maxPages = 100; ///< of a paginated listing
    qsizetype maxItems = 10'000;
    /// Era known from an earlier start of the same definition; saves the probe.
    std::optional<Era> knownEra;
};

class Client : public QObject
{
    Q_OBJECT
public:
    /// \a transport is taken over and closed with the client.
    Client(std::unique_ptr<jsonrpc::Transport> transport, ClientOptions options,
           QObject *parent = nullptr);
    ~Client() override;

    /// Probe, then handshake where needed. Must be the first call and succeed before any other.
    /// Errors: UpstreamTimeout, UpstreamStart (refused, no common revision, closed meanwhile).
    Call start(Handler<ServerInfo> handler);
    /// start() failed because the server ended on the probe, as some legacy servers do: start it
    /// again on a new transport with knownEra = Legacy.
    bool closedOnProbe() const;
    const ServerInfo &server() const { return m_server; }
    jsonrpc::Transport *transport() const { return m_transport.get(); }
    bool isOpen() const;
    int pendingCount() const;
    /// callTool() was called: what changes from then on may be a tool's doing.
    bool hasCalledTools() const { return m_hasCalledTools; }

    /// All pages, items as raw JSON. \a member is `tools`, `prompts`, `resources` or
    /// `resourceTemplates`. MethodNotFound when the server lacks the feature.
    Call list(const QString &method, const QString &member, Handler<QList<QByteArray>> handler);
    /// The same with what a modern server says about caching.
    Call listing(const QString &method, const QString &member, Handler<Listing> handler);
    /// \a arguments is a raw JSON object. The answer is the raw CallToolResult.
    Call callTool(const QString &name, const QByteArray &arguments, CallOptions options,
                  jsonrpc::RawHandler handler);
    Call getPrompt(const QString &name, const QByteArray &arguments, CallOptions options,
                   jsonrpc::RawHandler handler);
    Call readResource(const QString &uri, CallOptions options, jsonrpc::RawHandler handler);
    /// Any request; \a params (raw object or empty) without _meta, which the client adds.
    Call request(const QString &method, const QByteArray &params, CallOptions options,
                 jsonrpc::RawHandler handler);
    Call ping(Handler<Nothing> handler);
    /// Legacy: logging/setLevel when the server has logging. Modern: sent with every request
    /// from now on (without it, only calls with a log hook ask for `info` and above).
    void setLogLevel(const QString &level);
    /// Changes of \a uri come by resourceUpdated() from now on (resources/subscribe, or a
    /// subscription of its own in the modern era). Counted: as many unsubscribe() end it. Dropping
    /// the Call before the answer takes it back.
    Call subscribe(const QString &uri, Handler<Nothing> handler);
    void unsubscribe(const QString &uri);
    /// A notification of the client's, e.g. notifications/roots/list_changed. Legacy only: a
    /// modern server gets none.
    void notify(const QString &method, const QByteArray &params = {});
    /// Ends it; what is pending gets \a reason, if there is one.
    void close(const std::optional<Error> &reason = {});

Q_SIGNALS:
    void toolsChanged();
    void promptsChanged();
    void resourcesChanged();
    void resourceUpdated(const QString &uri);
    /// A log message that belongs to no call with a log hook.
    void logReceived(const bridge::mcp::LogMessage &message);
    /// Progress with the token of a call that has been answered: it became a task (2025-11-25).
    void lateProgress(qint64 token, const bridge::mcp::Progress &progress);
    /// A request that belongs to no call with an input hook, e.g. roots/list right after start.
    void inputRequested(const bridge::mcp::InputRequestPtr &request);
    /// Any other notification, e.g. notifications/elicitation/complete.
    void notified(const QString &method, const QJsonObject &params);
    void closed(const bridge::Error &reason);

private:
    class Private;
    std::unique_ptr<Private> d;
    std::unique_ptr<jsonrpc::Transport> m_transport;
    ServerInfo m_server;
    bool m_hasCalledTools = false;
};

} // namespace bridge::mcp
