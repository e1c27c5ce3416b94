// SPDX-License-Identifier: GPL-3.0-or-later
// POST /tools/{tool}/stream: progress and log messages as they come, then the result (§5.1).
#include "server/routes/descriptions.h"
#include "server/routes/scope.h"
#include "server/routes/toolrun.h"

using namespace Qt::StringLiterals;

namespace bridge::routes {

namespace {

QByteArray compact(const QJsonObject &event)
{
    return QJsonDocument(event).toJson(QJsonDocument::Compact);
}

QByteArray progressEvent(const mcp::Progress &progress)
{
    QJsonObject event{{"type"_L1, u"progress"_s}, {"progress"_L1, progress.progress}};
    if (progress.total)
        event["total"_L1] = *progress.total;
    if (!progress.message.isEmpty())
        event["message"_L1] = progress.message;
    return compact(event);
}

QByteArray logEvent(const mcp::LogMessage &message)
{
    QJsonObject event{{"type"_L1, u"log"_s}, {"level"_L1, message.level}};
    if (!message.data.isNull() && !message.data.isUndefined())
        event["data"_L1] = message.data;
    if (!message.logger.isEmpty())
        event["logger_name"_L1] = message.logger;
    return compact(event);
}

QByteArray questionEvent(const Error &question)
{
    return compact({{"type"_L1, u"feedback_required"_s}, {"data"_L1, question.detail}});
}

QByteArray errorEvent(const Error &error, const QString &requestId)
{
    // A question asked without a session is an outcome of its own too.
    if (error.code == ErrorCode::FeedbackRequired)
        return questionEvent(error);
    QJsonObject data{{"message"_L1, error.message},
                     {"status"_L1, httpStatus(error)},
                     {"error"_L1, codeName(error.code)},
                     {"request_id"_L1, requestId}};
    if (error.detail.isObject())
        data["details"_L1] = error.detail;
    return compact({{"type"_L1, u"error"_s}, {"data"_L1, data}});
}

QByteArray answerEvent(const ToolAnswer &answer, const QString &requestId)
{
    if (answer.outcome.suspended)
        return questionEvent(
            sessions::feedbackRequired(answer.outcome.elicitation, answer.sessionId));
    Result<QByteArray> shaped = *answer.shaped;
    // A tool that failed has a result too; only what is no result at all is an error event.
    if (!shaped && shaped.error().extra.contains("result"_L1))
        shaped =
            upstream::shapeStreamResult(*answer.tool, answer.outcome.result, *answer.definition);
    if (!shaped)
        return errorEvent(shaped.error(), requestId);
    return "{\"type\":\"result\",\"data\":" + *shaped + '}';
}

/// Runs as long as the stream: owned by the exchange, gone with the client.
Task<Nothing> stream(Services *services, http::Exchange *exchange, ToolRun run)
{
    http::SseStream *events = nullptr;
    // The head goes out when the tool is called: until then a failure has its own status, and a
    // restart of the session's server can still be told in a header.
    run.beforeCall = [&events, exchange] { events = exchange->startSse(); };
    sessions::ToolRequest::Hooks hooks;
    // The hooks die with the call, which dies with this frame, which dies with the exchange.
    hooks.progress = [&events](const mcp::Progress &progress) {
        events->sendData(progressEvent(progress));
    };
    hooks.log = [&events](const mcp::LogMessage &message) { events->sendData(logEvent(message)); };
    Result<ToolAnswer> answer =
        co_await runTool(services, exchange, std::move(run), std::move(hooks));
    if (!answer && !events && services->settings.streamEarlyStatus) {
        exchange->finish(answer.error());
        co_return Nothing{};
    }
    if (!events)
        events = exchange->startSse();
    if (!events)
        co_return Nothing{};
    if (!answer)
        exchange->note(answer.error());
    events->sendData(answer ? answerEvent(*answer, exchange->requestId())
                            : errorEvent(answer.error(), exchange->requestId()));
    events->end();
    co_return Nothing{};
}

void postToolStream(Services *services, http::Exchange &exchange, const http::PathParams &params)
{
    Result<ToolRun> run = readToolRun(*services, exchange, params);
    if (!run)
        return exchange.finish(run.error());
    run->transport = u"stream"_s;
    exchange.keep(stream(services, &exchange, std::move(*run)).start([](Result<Nothing>) {}));
}

} // namespace

void addToolStreamRoutes(http::Router &router, Services *services)
{
    for (const QString &prefix : {QString(), u"/servers/{server}"_s, u"/session/{session}"_s,
                                  u"/servers/{server}/session/{session}"_s}) {
        http::Route route;
        route.method = "POST";
        route.pattern = prefix + u"/tools/{tool}/stream"_s;
        route.handler = route.pattern;
        route.undocumented = !prefix.isEmpty();
        route.openApi = describe::postToolStream();
        route.run = [services](http::Exchange &exchange, const http::PathParams &params) {
            postToolStream(services, exchange, params);
        };
        router.add(std::move(route));
    }
}

} // namespace bridge::routes
