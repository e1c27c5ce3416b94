// SPDX-License-Identifier: GPL-3.0-or-later
// Passes JSON-RPC messages on between a client and a remote MCP server, as they are. It only looks
// at what it must: which requests are open, so that each gets an answer whatever happens to the
// connection, and the handshake of the legacy era, so that a session the server has lost can be
// begun anew (2025-11-25 Streamable HTTP, "Session Management").
#pragma once

#include "common/jsonrpc/transport.h"

#include <QtCore/QHash>
#include <QtCore/QSet>

#include <functional>
#include <memory>

namespace bridge::cli {

/// How the relay gets at the remote server.
struct RelayPeer {
    /// A new connection; \a sse = by the HTTP+SSE transport.
    std::function<std::unique_ptr<jsonrpc::Transport>(bool sse)> open;
    /// True when \a transport found out that the server speaks HTTP+SSE only. Empty = never.
    std::function<bool(const jsonrpc::Transport &transport)> wantsSse;
    /// Gives \a transport a credential that is newer than the one the server refused; false when
    /// there is none. Empty = never.
    std::function<bool(jsonrpc::Transport &transport)> renew;
    bool sse = false; ///< begin with HTTP+SSE
};

class Relay : public QObject
{
    Q_OBJECT
public:
    /// More requests of the client are refused while so many are open.
    static constexpr qsizetype kMaxPending = 1'000;

    explicit Relay(RelayPeer peer, QObject *parent = nullptr);
    ~Relay() override;

    /// The client's next message.
    void receive(const jsonrpc::Message &message);
    /// The client sent what is no message.
    void refuse(const Error &error);
    /// The client has gone: ends the session. Nothing is sent from here on.
    void close();
    qsizetype pendingCount() const { return m_pending.size(); }
    /// The same without those that are open as long as the client wants, subscriptions.
    qsizetype awaitedCount() const;
    /// The connection in use, or null.
    jsonrpc::Transport *transport() const { return m_transport.get(); }

Q_SIGNALS:
    /// For the client.
    void messageReady(const bridge::jsonrpc::Message &message);
    /// After the last request that is awaited was answered.
    void settled();

private:
    enum class Phase {
        Plain,     ///< no legacy session: nothing said yet, or a modern client
        Opening,   ///< the client's initialize is on its way
        Open,      ///< a legacy session
        Lost,      ///< the server no longer knows it
        Reopening, ///< an initialize of our own is on its way
    };
    struct Pending {
        jsonrpc::Message message;
        bool isSent = false;
        bool isRetried = false; ///< with a new credential
    };

    void receiveRequest(const jsonrpc::Message &message);
    void receiveNotification(const jsonrpc::Message &message);
    void receiveAnswer(const jsonrpc::Message &message);
    void cancelled(const jsonrpc::Message &message);
    void begin(const jsonrpc::Message &initialize);
    void forward(const jsonrpc::Message &message);
    void holdOrForward(const jsonrpc::Message &message);
    void attach(bool sse);
    void detach();

    void onMessage(const jsonrpc::Message &message);
    void onAnswer(const jsonrpc::Message &message);
    void onRequestFailed(const QByteArray &id, const Error &error);
    void onClosed(const Error &reason);
    bool tryRenewed(Pending &pending, const Error &error);
    bool tryNewSession(const QByteArray &id, const Error &error);
    bool tryOlder(const Error &error);
    void loseSession(const Error &reason);

    void opened(const jsonrpc::Message &answer);
    QByteArray ownId();
    void reopen();
    void reopened(const jsonrpc::Message &answer);
    void notReopened(const Error &reason);
    void release();
    void tellChanges(const QByteArray &result);
    void fail(const QByteArray &id, const Error &error);
    /// False when there was none.
    bool failSent(const Error &reason);
    void answered(const QByteArray &id);

    RelayPeer m_peer;
    std::unique_ptr<jsonrpc::Transport> m_transport;
    Phase m_phase = Phase::Plain;
    QHash<QByteArray, Pending> m_pending;      ///< the client's, by id
    QSet<QByteArray> m_questions;              ///< the server's, by id
    QList<jsonrpc::Message> m_held;            ///< until the session is open
    QHash<QString, jsonrpc::Message> m_wishes; ///< what a new session must be told again
    jsonrpc::Message m_initialize;             ///< of the client
    QByteArray m_welcome;                      ///< the answer to it
    Pending m_again;                           ///< our own initialize
    Error m_firstRefusal;                      ///< of Streamable HTTP, before HTTP+SSE was tried
    int m_ownIds = 0;
    bool m_isSse = false;
    bool m_isTryingOlder = false;
    bool m_isInitialized = false; ///< the client has said so
    bool m_isClosed = false;
};

} // namespace bridge::cli
