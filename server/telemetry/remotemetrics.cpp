// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/telemetry/remotemetrics.h"

#include <QtCore/QSet>

using namespace prometheus;

namespace bridge::telemetry {

namespace {

const Histogram::BucketBoundaries kBuckets{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                           0.5,   1,      2.5,   5,    10,    30,   60,  300};

/// Clients of the bridge may ask for anything; only these become label values.
std::string methodLabel(const QString &method)
{
    static const QSet<QString> known{QStringLiteral("initialize"),
                                     QStringLiteral("server/discover"),
                                     QStringLiteral("ping"),
                                     QStringLiteral("tools/list"),
                                     QStringLiteral("tools/call"),
                                     QStringLiteral("prompts/list"),
                                     QStringLiteral("prompts/get"),
                                     QStringLiteral("resources/list"),
                                     QStringLiteral("resources/read"),
                                     QStringLiteral("resources/templates/list"),
                                     QStringLiteral("resources/subscribe"),
                                     QStringLiteral("resources/unsubscribe"),
                                     QStringLiteral("subscriptions/listen"),
                                     QStringLiteral("completion/complete"),
                                     QStringLiteral("logging/setLevel")};
    return known.contains(method) ? method.toStdString() : std::string("other");
}

} // namespace

// Looked up anew each time: a request over HTTP costs a thousand times as much.
template <typename Metric>
template <typename... Args>
Metric &RemoteMetrics::Series<Metric>::get(const QString &server, Labels labels, Args &&...args)
{
    labels["server"] = server.toStdString();
    Metric &metric = family->Add(labels, std::forward<Args>(args)...);
    QList<Metric *> &all = of[server];
    if (!all.contains(&metric))
        all.append(&metric);
    return metric;
}

template <typename Metric>
void RemoteMetrics::Series<Metric>::remove(const QString &server)
{
    for (Metric *metric : of.take(server))
        family->Remove(metric);
}

RemoteMetrics::RemoteMetrics(Registry &registry)
{
    m_requests.family = &BuildCounter()
                             .Name("mcp_remote_requests_total")
                             .Help("Requests to remote MCP servers, by server, method and outcome")
                             .Register(registry);
    m_durations.family = &BuildHistogram()
                              .Name("mcp_remote_request_duration_seconds")
                              .Help("Time until a remote MCP server had answered, whole streams "
                                    "included")
                              .Register(registry);
    m_errors.family = &BuildCounter()
                           .Name("mcp_remote_errors_total")
                           .Help("Requests to remote MCP servers that failed, by class of error")
                           .Register(registry);
}

void RemoteMetrics::called(const RemoteSample &sample)
{
    const std::string method = methodLabel(sample.method);
    const bool isCancelled = sample.errorType == QLatin1String("cancelled");
    const char *status = sample.errorType.isEmpty() ? "success"
                         : isCancelled              ? "cancelled"
                                                    : "error";
    m_requests.get(sample.server, {{"method", method}, {"status", status}}).Increment();
    m_durations.get(sample.server, {{"method", method}}, kBuckets).Observe(sample.seconds);
    if (!sample.errorType.isEmpty() && !isCancelled)
        m_errors
            .get(sample.server,
                 {{"method", method}, {"error_type", sample.errorType.toStdString()}})
            .Increment();
}

void RemoteMetrics::serverGone(const QString &server)
{
    m_requests.remove(server);
    m_durations.remove(server);
    m_errors.remove(server);
}

} // namespace bridge::telemetry
