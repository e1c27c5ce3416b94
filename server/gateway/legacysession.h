// SPDX-License-Identifier: GPL-3.0-or-later
// One client of the handshake era: its running requests, the questions it has been asked, its
// streams. Calls belong to the session, not to the connection they came on: losing the connection
// cancels nothing (2025-11-25 transports).
#pragma once

#include "server/gateway/backend.h"
#include "server/gateway/channel.h"
#include "server/gateway/requestcontext.h"

#include <QtCore/QElapsedTimer>

#include <unordered_map>

namespace bridge::gateway {

struct LegacyLimits {
    int maxRunning = 256;  ///< requests of one session at a time
    int maxStreams = 8;    ///< open listening streams of one session
    int maxChannels = 512; ///< streams that can still be resumed
    BufferLimits buffer;
    std::chrono::milliseconds streamAfter{10'000};
    std::chrono::milliseconds askTimeout{300'000}; ///< ELICITATION_TIMEOUT_SECONDS
};

class LegacySession : public QObject, public std::enable_shared_from_this<LegacySession>
{
    Q_OBJECT
public:
    struct Setup {
        QString id;
        ClientStatePtr state;
        Backend backend;
        LegacyLimits limits;
        std::shared_ptr<qint64> buffered = std::make_shared<qint64>(0); ///< bytes, of all
        std::shared_ptr<qint64> bufferedOfOwner;                        ///< null = no limit
        bool resumable = true; ///< false: one stream without event ids (HTTP+SSE)
    };
    explicit LegacySession(Setup setup);
    ~LegacySession() override;

    const QString &id() const { return m_setup.id; }
    const ClientStatePtr &state() const { return m_setup.state; }
    bool isInitialized() const { return !m_setup.state->profile.revision.isEmpty(); }

    /// Answers the POST of \a exchange: 202, a JSON answer or a stream; errors of the protocol
    /// with 400.
    void post(http::Exchange &exchange, const Incoming &incoming);
    /// Opens a stream for what belongs to no request. TooManyRequests at the cap.
    Result<ChannelPtr> listen(http::Exchange &exchange);
    /// Makes \a stream, which has begun already, the one for all messages.
    void adopt(http::SseStream *stream);
    /// Continues the stream of \a lastEventId; 400 when it is not one of this session, 429 when it
    /// would be one more listening stream than may be open.
    Result<Nothing> resume(http::Exchange &exchange, const QByteArray &lastEventId);

    /// Takes one message whose answers, if any, go to \a channel. Errors are protocol errors; a
    /// request that was refused does not count on the channel.
    Result<Nothing> take(const jsonrpc::Message &message, const http::Exchange &exchange,
                         const ChannelPtr &channel);

    /// Sends a request of the server to the client, on \a channel while that is possible, else on
    /// a listening stream. Errors: MethodNotFound when there is neither, UpstreamTimeout, and the
    /// client's own error with its code.
    Call ask(const ChannelPtr &channel, const QString &method, const QByteArray &params,
             Handler<QByteArray> handler);
    bool canAsk(const ChannelPtr &channel) const;

    /// Ends all calls and streams and lets go of the servers. Once. With a \a reason, which is
    /// somebody else's than the client's, it is the answer to what runs.
    void end(const std::optional<Error> &reason = {});
    bool hasEnded() const { return m_ended; }
    /// Neither a request runs nor a stream is open.
    bool isIdle() const;
    qint64 idleMs() const { return isIdle() ? m_lastUse.elapsed() : 0; }
    void touch() { m_lastUse.start(); }
    /// Resuming at \a lastEventId makes one more openStreams().
    bool opensStream(const QByteArray &lastEventId) const;
    /// Listening streams somebody is connected to.
    int openStreams() const;
    /// The listening stream that messages without a request go to; null when there is none.
    ChannelPtr listener() const;

private:
    class Way;
    struct Running {
        Call call;
        ChannelPtr channel;
    };
    struct Asked {
        Handler<QByteArray> handler;
        Call timeout;
        std::weak_ptr<Channel> channel;
    };

    ChannelPtr newChannel();
    Result<Nothing> checkStreams() const;
    Result<Nothing> start(const jsonrpc::Message &message, const http::Exchange &exchange,
                          const ChannelPtr &channel);
    Result<Nothing> checkPost(const Incoming &incoming) const;
    void finished(const QByteArray &id, const Result<Answer> &answer);
    void notification(const jsonrpc::Message &message, const http::Exchange &exchange);
    void cancel(const QByteArray &params);
    Result<Nothing> answered(const jsonrpc::Message &message);
    void withdraw(qint64 ask, bool tellClient);
    void tell(const QString &method, const QByteArray &params);
    void forgetIfOver(const ChannelPtr &channel);
    void forgetOldChannels();

    Setup m_setup;
    EventBuffer m_buffer;
    QHash<quint32, ChannelPtr> m_channels;
    std::unordered_map<QByteArray, Running> m_running; ///< by raw request id
    std::unordered_map<qint64, Asked> m_asked;
    QElapsedTimer m_lastUse;
    quint32 m_lastChannel = 0;
    qint64 m_lastAsk = 0;
    bool m_ended = false;
};
using LegacySessionPtr = std::shared_ptr<LegacySession>;

} // namespace bridge::gateway
