// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/telemetry/metrics.h"

#include "common/base/version.h"
#include "server/telemetry/processstats.h"
#include "server/telemetry/remotemetrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/summary.h>
#include <prometheus/text_serializer.h>

#include <QtCore/QHash>

using namespace prometheus;
using Buckets = Histogram::BucketBoundaries;

namespace bridge::telemetry {

namespace {

const Buckets kHighResolution{0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1,  1.5, 2,
                              2.5,  3,     3.5,  4,     4.5, 5,    7.5, 10,   30, 60};
const Buckets kCoarse{0.1, 0.5, 1};
const Buckets kToolCall{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                        0.25,   0.5,   1,      2.5,   5,    10,    30,   60};

/// Methods are the client's choice of text: only the known ones become label values.
std::string methodLabel(const QByteArray &method)
{
    static const QSet<QByteArray> known{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"};
    return known.contains(method) ? method.toStdString() : std::string("other");
}

std::string handlerLabel(const QByteArray &handler)
{
    return handler.isEmpty() ? std::string("none") : handler.toStdString();
}

std::string statusClass(int status)
{
    return std::to_string(status / 100) + "xx";
}

template <typename Builder>
auto &family(Builder builder, Registry &registry, const char *name, const char *help)
{
    return builder.Name(name).Help(help).Register(registry);
}

} // namespace

class Metrics::Private
{
public:
    explicit Private(const QString &serviceName)
    {
        family(BuildGauge(), registry, "fastapi_app_info_info", "The service that is measured")
            .Add({{"app_name", serviceName.toStdString()}})
            .Set(1);
        family(BuildGauge(), registry, "mcp_bridge_build_info", "Version of MCP Bridge")
            .Add({{"version", kVersion}})
            .Set(1);
        for (const QString &reason : refusalReasons())
            refusals.Add({{"reason", reason.toStdString()}}); // rates need a beginning
    }

    /// Metrics of one (method, handler) pair; looked up once, since Family::Add() hashes labels
    /// under a lock.
    struct Route {
        Histogram *duration = nullptr;
        Gauge *inProgress = nullptr;
        QHash<int, Counter *> byStatusClass;
        Summary *requestSize = nullptr;
        Summary *responseSize = nullptr;
    };

    Route &route(const QByteArray &method, const QByteArray &handler)
    {
        const std::string m = methodLabel(method);
        const std::string h = handlerLabel(handler);
        Route &entry = routes[QByteArray::fromStdString(m + ' ' + h)];
        if (!entry.duration) {
            entry.duration = &duration.Add({{"method", m}, {"handler", h}}, kCoarse);
            entry.inProgress = &inProgress.Add({{"method", m}, {"handler", h}});
            entry.requestSize = &requestSize.Add({{"handler", h}}, Summary::Quantiles{});
            entry.responseSize = &responseSize.Add({{"handler", h}}, Summary::Quantiles{});
        }
        return entry;
    }

    Counter &requestCounter(Route &entry, const HttpSample &sample)
    {
        Counter *&counter = entry.byStatusClass[sample.status / 100];
        if (!counter)
            counter = &requests.Add({{"method", methodLabel(sample.method)},
                                     {"status", statusClass(sample.status)},
                                     {"handler", handlerLabel(sample.handler)}});
        return *counter;
    }

    void updateProcess()
    {
        const ProcessStats stats = processStats();
        cpu.Increment(qMax(0.0, stats.cpuSeconds - cpu.Value()));
        resident.Set(double(stats.residentBytes));
        virtualMemory.Set(double(stats.virtualBytes));
        descriptors.Set(double(stats.openDescriptors));
        maxDescriptors.Set(double(stats.maxDescriptors));
        startTime.Set(stats.startTimeSeconds);
    }

    Registry registry;
    QHash<QByteArray, Route> routes;

    Family<Counter> &requests = family(BuildCounter(), registry, "http_requests_total",
                                       "Requests answered, by method, status class and route");
    Family<Summary> &requestSize =
        family(BuildSummary(), registry, "http_request_size_bytes", "Size of request bodies");
    Family<Summary> &responseSize =
        family(BuildSummary(), registry, "http_response_size_bytes", "Size of response bodies");
    Family<Histogram> &duration =
        family(BuildHistogram(), registry, "http_request_duration_seconds",
               "Time from the request's last byte to the answer's");
    Histogram &highResolution =
        family(BuildHistogram(), registry, "http_request_duration_highr_seconds",
               "The same over all routes in fine buckets")
            .Add({}, kHighResolution);
    Family<Gauge> &inProgress =
        family(BuildGauge(), registry, "http_requests_in_progress", "Requests being answered");

    Gauge &sessionsActive =
        family(BuildGauge(), registry, "mcp_sessions_active", "Live sessions").Add({});
    Counter &sessionsCreated =
        family(BuildCounter(), registry, "mcp_sessions_created_total", "Sessions started").Add({});
    Family<Counter> &sessionsClosed =
        family(BuildCounter(), registry, "mcp_sessions_closed_total", "Sessions ended, by reason");
    Counter &sessionsExpired = family(BuildCounter(), registry, "mcp_sessions_expired_total",
                                      "Sessions ended because nobody used them")
                                   .Add({});

    Family<Counter> &toolCalls = family(BuildCounter(), registry, "mcp_tool_calls_total",
                                        "Tool calls, by tool, outcome and transport");
    Family<Histogram> &toolDuration =
        family(BuildHistogram(), registry, "mcp_tool_call_duration_seconds",
               "Time the MCP server took for a call");
    Family<Counter> &toolErrors = family(BuildCounter(), registry, "mcp_tool_errors_total",
                                         "Failed tool calls, by tool and class of error");

    Family<Gauge> &serverUp = family(BuildGauge(), registry, "mcp_server_up",
                                     "1 while an MCP server starts and answers, by server");
    Family<Gauge> &serverInstances =
        family(BuildGauge(), registry, "mcp_server_instances", "Running instances, by server");
    Family<Counter> &serverStarts =
        family(BuildCounter(), registry, "mcp_server_starts_total", "Successful starts, by server");
    Family<Counter> &serverFailures =
        family(BuildCounter(), registry, "mcp_server_start_failures_total",
               "Starts that failed, by server");
    /// Counts of servers that others have taken over from, by name and family.
    QHash<std::pair<QString, const void *>, double> bases;
    Family<Counter> &serverDeaths = family(BuildCounter(), registry, "mcp_server_deaths_total",
                                           "Instances that ended by themselves, by server");

    RemoteMetrics remotes{registry};

    Family<Counter> &refusals = family(BuildCounter(), registry, "mcp_auth_refusals_total",
                                       "Callers turned away or refused something, by reason");
    Family<Gauge> &issuerUp =
        family(BuildGauge(), registry, "mcp_issuer_up",
               "1 if an issuer of tokens could be asked when it was asked last, by issuer");

    Gauge &children = family(BuildGauge(), registry, "mcp_children_running",
                             "MCP servers running as child processes")
                          .Add({});
    Histogram &childStart = family(BuildHistogram(), registry, "mcp_child_start_seconds",
                                   "Time from spawning an MCP server until it was initialised")
                                .Add({}, kHighResolution);
    Counter &childDeaths = family(BuildCounter(), registry, "mcp_child_deaths_total",
                                  "MCP servers that ended by themselves")
                               .Add({});

    Counter &cpu = family(BuildCounter(), registry, "process_cpu_seconds_total",
                          "User and system time of the bridge")
                       .Add({});
    Gauge &resident = family(BuildGauge(), registry, "process_resident_memory_bytes",
                             "Resident memory of the bridge")
                          .Add({});
    Gauge &virtualMemory = family(BuildGauge(), registry, "process_virtual_memory_bytes",
                                  "Virtual memory of the bridge")
                               .Add({});
    Gauge &descriptors =
        family(BuildGauge(), registry, "process_open_fds", "Open descriptors").Add({});
    Gauge &maxDescriptors =
        family(BuildGauge(), registry, "process_max_fds", "Limit of open descriptors").Add({});
    Gauge &startTime = family(BuildGauge(), registry, "process_start_time_seconds",
                              "Start of the bridge in Unix time")
                           .Add({});
};

Metrics::Metrics(const QString &serviceName) : d(std::make_unique<Private>(serviceName))
{
}

Metrics::~Metrics() = default;

void Metrics::requestStarted(const QByteArray &method, const QByteArray &handler)
{
    d->route(method, handler).inProgress->Increment();
}

void Metrics::requestFinished(const HttpSample &sample)
{
    Private::Route &entry = d->route(sample.method, sample.handler);
    // Requests without a route were never counted as running.
    if (!sample.handler.isEmpty())
        entry.inProgress->Decrement();
    d->requestCounter(entry, sample).Increment();
    entry.duration->Observe(sample.seconds);
    entry.requestSize->Observe(double(sample.requestBytes));
    entry.responseSize->Observe(double(sample.responseBytes));
    d->highResolution.Observe(sample.seconds);
}

void Metrics::toolCalled(const ToolSample &sample)
{
    // Only tools that were discovered become label values, or a client could make endless ones.
    const std::string tool = sample.known ? sample.tool.toStdString() : std::string("other");
    const bool failed = !sample.errorType.isEmpty();
    d->toolCalls
        .Add({{"tool", tool},
              {"status", failed ? "error" : "success"},
              {"transport", sample.transport.toStdString()}})
        .Increment();
    d->toolDuration.Add({{"tool", tool}}, kToolCall).Observe(sample.seconds);
    if (failed)
        d->toolErrors.Add({{"tool", tool}, {"error_type", sample.errorType.toStdString()}})
            .Increment();
}

void Metrics::sessionCreated()
{
    d->sessionsCreated.Increment();
    d->sessionsActive.Increment();
}

void Metrics::sessionClosed(const QString &reason)
{
    d->sessionsActive.Decrement();
    d->sessionsClosed.Add({{"reason", reason.toStdString()}}).Increment();
    if (reason == QLatin1String("expired"))
        d->sessionsExpired.Increment();
}

void Metrics::serverSeen(const ServerSample &sample)
{
    const Labels labels{{"server", sample.server.toStdString()}};
    const auto raise = [&](Family<Counter> &counters, qint64 value) {
        Counter &counter = counters.Add(labels);
        const double base =
            d->bases.value(std::pair<QString, const void *>(sample.server, &counters));
        counter.Increment(qMax(0.0, base + double(value) - counter.Value()));
    };
    d->serverUp.Add(labels).Set(sample.up ? 1 : 0);
    d->serverInstances.Add(labels).Set(sample.instances);
    raise(d->serverStarts, sample.starts);
    raise(d->serverFailures, sample.startFailures);
    raise(d->serverDeaths, sample.deaths);
}

void Metrics::serverReplaced(const QString &server)
{
    const Labels labels{{"server", server.toStdString()}};
    for (Family<Counter> *counters : {&d->serverStarts, &d->serverFailures, &d->serverDeaths})
        d->bases[std::pair<QString, const void *>(server, counters)] =
            counters->Add(labels).Value();
}

void Metrics::serverGone(const QString &server)
{
    const Labels labels{{"server", server.toStdString()}};
    for (Family<Counter> *counters : {&d->serverStarts, &d->serverFailures, &d->serverDeaths}) {
        counters->Remove(&counters->Add(labels));
        d->bases.remove(std::pair<QString, const void *>(server, counters));
    }
    d->remotes.serverGone(server);
    for (Family<Gauge> *gauges : {&d->serverUp, &d->serverInstances})
        gauges->Remove(&gauges->Add(labels));
}

void Metrics::remoteCalled(const RemoteSample &sample)
{
    d->remotes.called(sample);
}

void Metrics::childrenRunning(int count)
{
    d->children.Set(count);
}

void Metrics::childStarted(double seconds)
{
    d->childStart.Observe(seconds);
}

void Metrics::childDied()
{
    d->childDeaths.Increment();
}

const QStringList &refusalReasons()
{
    using namespace Qt::StringLiterals;
    static const QStringList reasons{u"no_credential"_s, u"bad_token"_s,     u"expired"_s,
                                     u"not_member"_s,    u"forbidden"_s,     u"policy"_s,
                                     u"rate_limited"_s,  u"provider_down"_s, u"other"_s};
    return reasons;
}

void Metrics::refused(const QString &reason)
{
    const QString known = refusalReasons().contains(reason) ? reason : refusalReasons().last();
    d->refusals.Add({{"reason", known.toStdString()}}).Increment();
}

void Metrics::issuerSeen(const QString &issuer, bool up)
{
    d->issuerUp.Add({{"issuer", issuer.toStdString()}}).Set(up ? 1 : 0);
}

QByteArray Metrics::expose() const
{
    d->updateProcess();
    return QByteArray::fromStdString(TextSerializer().Serialize(d->registry.Collect()));
}

} // namespace bridge::telemetry
