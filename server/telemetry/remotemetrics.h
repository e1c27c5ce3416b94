// SPDX-License-Identifier: GPL-3.0-or-later
// The metrics of requests to remote MCP servers (contract §9.1, `mcp_remote_*`). One thread.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <QtCore/QHash>
#include <QtCore/QString>

namespace bridge::telemetry {

/// One JSON-RPC request to a remote server that is over.
struct RemoteSample {
    QString server;    ///< name of the definition, so bounded
    QString method;    ///< of MCP; unknown ones are counted as `other`
    QString errorType; ///< empty = answered; else of a bounded set
    double seconds = 0;
};

class RemoteMetrics
{
public:
    explicit RemoteMetrics(prometheus::Registry &registry);

    void called(const RemoteSample &sample);
    /// The series of \a server end.
    void serverGone(const QString &server);

private:
    template <typename Metric>
    struct Series {
        prometheus::Family<Metric> *family = nullptr;
        QHash<QString, QList<Metric *>> of; ///< by server
        template <typename... Args>
        Metric &get(const QString &server, prometheus::Labels labels, Args &&...args);
        void remove(const QString &server);
    };

    Series<prometheus::Counter> m_requests;
    Series<prometheus::Histogram> m_durations;
    Series<prometheus::Counter> m_errors;
};

} // namespace bridge::telemetry
