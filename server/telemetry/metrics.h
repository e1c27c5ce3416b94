// SPDX-License-Identifier: GPL-3.0-or-later
// The Prometheus metrics of contract §9.1. Takes plain values; knows neither HTTP nor MCP code.
// One thread (the shard's); expose() may be called from any.
#pragma once

#include <QtCore/QByteArray>
#include <QtCore/QSet>
#include <QtCore/QStringList>

#include <memory>

namespace bridge::telemetry {

/// One answered request.
struct HttpSample {
    QByteArray method;
    QByteArray handler; ///< route template; empty = no route matched
    int status = 0;
    qint64 requestBytes = 0;
    qint64 responseBytes = 0;
    double seconds = 0;
};

/// One finished tools/call.
struct ToolSample {
    QString tool;
    bool known = false; ///< in the discovered tools; others are counted as `other`
    QString transport;  ///< `rest`, `stream`, `mcp`, `sse`
    QString errorType;  ///< empty = success; else the bounded class of errorType()
    double seconds = 0;
};

/// One defined MCP server as it is now; the counts only grow.
struct ServerSample {
    QString server; ///< name of the definition, so bounded
    bool up = false;
    int instances = 0;
    qint64 starts = 0;
    qint64 startFailures = 0;
    qint64 deaths = 0;
};

struct RemoteSample;

/// Why callers are turned away, see Metrics::refused(): `no_credential`, `bad_token`, `expired`,
/// `not_member`, `forbidden`, `policy`, `rate_limited`, `provider_down`, `other`.
const QStringList &refusalReasons();

class Metrics
{
public:
    explicit Metrics(const QString &serviceName);
    ~Metrics();
    Metrics(const Metrics &) = delete;
    Metrics &operator=(const Metrics &) = delete;

    void requestStarted(const QByteArray &method, const QByteArray &handler);
    void requestFinished(const HttpSample &sample);
    void toolCalled(const ToolSample &sample);
    void sessionCreated();
    void sessionClosed(const QString &reason);
    void serverSeen(const ServerSample &sample);
    void remoteCalled(const RemoteSample &sample);
    /// Another server has taken over the name and counts from 0.
    void serverReplaced(const QString &server);
    /// No longer served: its series end.
    void serverGone(const QString &server);
    void childrenRunning(int count);
    void childStarted(double seconds);
    void childDied();
    /// Somebody was turned away or refused something. What is none of refusalReasons() is `other`.
    void refused(const QString &reason);
    /// Whether \a issuer, one of the settings, could be asked when it was asked last.
    void issuerSeen(const QString &issuer, bool up);

    /// Text exposition format 0.0.4.
    QByteArray expose() const;

private:
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace bridge::telemetry
