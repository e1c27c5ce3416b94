// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/demo/demoserver.h"

#include "common/mcp/rawjson.h"
#include "common/mcp/revisions.h"
#include "server/demo/demosurface.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtCore/QTimer>

using namespace Qt::StringLiterals;

namespace bridge::demo {

namespace {

constexpr int kSteps = 5;

const QStringList &logLevels()
{
    static const QStringList levels{u"debug"_s, u"info"_s,     u"notice"_s, u"warning"_s,
                                    u"error"_s, u"critical"_s, u"alert"_s,  u"emergency"_s};
    return levels;
}

/// Methods whose modern result says how long it may be kept.
bool isCacheable(const QString &method)
{
    return method == "server/discover"_L1 || method == "resources/read"_L1
           || method.endsWith("/list"_L1);
}

QJsonObject withHints(QJsonObject result)
{
    result.insert("ttlMs"_L1, 3'600'000);
    result.insert("cacheScope"_L1, u"public"_s);
    return result;
}

} // namespace

/// report_progress_and_logs under way, or a subscription that never has anything to say.
class DemoServer::ProgressRun : public QObject
{
public:
    QTimer timer;
    int step = 0;
};

DemoServer::DemoServer(Send send, QObject *parent) : QObject(parent), m_send(std::move(send))
{
}

DemoServer::~DemoServer() = default;

void DemoServer::receive(const jsonrpc::Message &message)
{
    if (message.kind == jsonrpc::Message::Kind::Request)
        onRequest(message);
    else if (message.kind == jsonrpc::Message::Kind::Notification)
        onNotification(message);
    // Answers are ignored: this server asks nothing.
}

void DemoServer::receiveGarbage(const Error &error)
{
    refuse({}, -32700, error.message);
}

void DemoServer::onRequest(const jsonrpc::Message &request)
{
    const QString &method = request.method;
    if (method == "initialize"_L1) {
        initialize(request);
        return;
    }
    const std::optional<RequestContext> context = contextOf(request);
    if (!context)
        return;
    const QJsonObject params = request.paramsObject();
    const auto answer = [&](const Result<QJsonObject> &result) {
        if (!result)
            refuse(request.id, result.error().rpcCode, result.error().message);
        else
            reply(*context,
                  context->isModern && isCacheable(method) ? withHints(*result) : *result);
    };
    if (method == "tools/call"_L1)
        callTool(*context, params);
    else if (method == "tools/list"_L1)
        answer(QJsonObject{{"tools"_L1, toolList(context->revision)}});
    else if (method == "prompts/list"_L1)
        answer(QJsonObject{{"prompts"_L1, promptList(context->revision)}});
    else if (method == "prompts/get"_L1)
        answer(getPrompt(params));
    else if (method == "resources/list"_L1)
        answer(QJsonObject{{"resources"_L1, resourceList(context->revision)}});
    else if (method == "resources/templates/list"_L1)
        answer(QJsonObject{{"resourceTemplates"_L1, templateList(context->revision)}});
    else if (method == "resources/read"_L1)
        answer(readResource(params, context->isModern));
    else if (method == "ping"_L1 && !context->isModern)
        answer(QJsonObject());
    else if (method == "logging/setLevel"_L1 && !context->isModern)
        setLevel(*context, params);
    else if (method == "server/discover"_L1 && context->isModern)
        discover(*context);
    else if (method == "subscriptions/listen"_L1 && context->isModern)
        listen(*context);
    else
        refuse(request.id, mcp::kMethodNotFound, u"Method not found: "_s + method);
}

std::optional<RequestContext> DemoServer::contextOf(const jsonrpc::Message &request)
{
    const QJsonObject meta = request.paramsObject()["_meta"_L1].toObject();
    if (meta.contains(mcp::kMetaRevision))
        return modernContext(request, meta);
    if (m_revision.isEmpty() && request.method != "ping"_L1) {
        refuse(request.id, mcp::kInvalidParams,
               u"Send initialize first, or put %1 and %2 into _meta."_s.arg(
                   mcp::kMetaRevision, mcp::kMetaCapabilities));
        return std::nullopt;
    }
    RequestContext context;
    context.id = request.id;
    context.revision = m_revision;
    context.logLevel = m_logLevel;
    context.progressToken = meta["progressToken"_L1];
    return context;
}

std::optional<RequestContext> DemoServer::modernContext(const jsonrpc::Message &request,
                                                        const QJsonObject &meta)
{
    RequestContext context;
    context.id = request.id;
    context.isModern = true;
    context.revision = meta[mcp::kMetaRevision].toString();
    context.logLevel = meta[mcp::kMetaLogLevel].toString();
    context.progressToken = meta["progressToken"_L1];
    if (!mcp::isModern(context.revision)) {
        refuse(request.id, mcp::kUnsupportedRevision, u"Unsupported protocol version"_s,
               {{"supported"_L1, QJsonArray{QString(mcp::kModernRevision)}},
                {"requested"_L1, context.revision}});
        return std::nullopt;
    }
    if (!meta[mcp::kMetaCapabilities].isObject()) {
        refuse(request.id, mcp::kInvalidParams,
               u"_meta must hold an object %1."_s.arg(mcp::kMetaCapabilities));
        return std::nullopt;
    }
    if (meta.contains(mcp::kMetaLogLevel) && !logLevels().contains(context.logLevel)) {
        refuse(request.id, mcp::kInvalidParams, u"Unknown log level: "_s + context.logLevel);
        return std::nullopt;
    }
    return context;
}

void DemoServer::initialize(const jsonrpc::Message &request)
{
    const QString wanted = request.paramsObject()["protocolVersion"_L1].toString();
    if (wanted.isEmpty()) {
        refuse(request.id, mcp::kInvalidParams, u"protocolVersion is missing."_s);
        return;
    }
    m_revision = mcp::isLegacy(wanted) ? wanted : QString(mcp::kNewestLegacyRevision);
    RequestContext context;
    context.id = request.id;
    context.revision = m_revision;
    reply(context, {{"protocolVersion"_L1, m_revision},
                    {"capabilities"_L1, serverCapabilities()},
                    {"serverInfo"_L1, serverInfo()},
                    {"instructions"_L1, serverInstructions()}});
}

void DemoServer::discover(const RequestContext &context)
{
    reply(context, withHints({{"supportedVersions"_L1, QJsonArray{QString(mcp::kModernRevision)}},
                              {"capabilities"_L1, serverCapabilities()},
                              {"instructions"_L1, serverInstructions()}}));
}

// Nothing here ever changes: the acknowledgment agrees to nothing and the stream stays silent.
void DemoServer::listen(const RequestContext &context)
{
    const QJsonValue id = QJsonDocument::fromJson('[' + context.id + ']').array().at(0);
    m_running.insert(context.id, std::make_shared<ProgressRun>());
    notify(u"notifications/subscriptions/acknowledged"_s,
           {{"_meta"_L1, QJsonObject{{mcp::kMetaSubscription, id}}},
            {"notifications"_L1, QJsonObject()}});
}

void DemoServer::setLevel(const RequestContext &context, const QJsonObject &params)
{
    const QString level = params["level"_L1].toString();
    if (!logLevels().contains(level)) {
        refuse(context.id, mcp::kInvalidParams, u"Unknown log level: "_s + level);
        return;
    }
    m_logLevel = level;
    reply(context, {});
}

void DemoServer::callTool(const RequestContext &context, const QJsonObject &params)
{
    const QString name = params["name"_L1].toString();
    const QJsonObject arguments = params["arguments"_L1].toObject();
    if (name == "add"_L1) {
        reply(context, addResult(arguments, context.revision));
    } else if (name == "hello"_L1) {
        reply(context, toolResult(u"Hello"_s, u"Hello"_s, context.revision));
    } else if (name == "call_counter"_L1) {
        ++m_counter;
        reply(context, toolResult(QString::number(m_counter), m_counter, context.revision));
    } else if (name == "error"_L1) {
        reply(context, errorResult(arguments));
    } else if (name == "report_progress_and_logs"_L1) {
        startProgress(context);
    } else {
        reply(context, toolError(u"Unknown tool: "_s + name));
    }
}

void DemoServer::startProgress(const RequestContext &context)
{
    auto run = std::make_shared<ProgressRun>();
    m_running.insert(context.id, run);
    const auto step = [this, context, run = run.get()] {
        ++run->step;
        const QString text = u"Step %1 of %2"_s.arg(run->step).arg(kSteps);
        if (!context.progressToken.isUndefined())
            notify(u"notifications/progress"_s, {{"progressToken"_L1, context.progressToken},
                                                 {"progress"_L1, run->step * 100 / kSteps},
                                                 {"total"_L1, kSteps},
                                                 {"message"_L1, text}});
        if (!context.logLevel.isEmpty() && logLevels().indexOf(context.logLevel) <= 1)
            notify(u"notifications/message"_s,
                   {{"level"_L1, u"info"_s}, {"logger"_L1, u"demo"_s}, {"data"_L1, text}});
        if (run->step < kSteps)
            return;
        reply(context, toolResult(u"Done"_s, QJsonValue::Undefined, context.revision));
        run->timer.stop();
        // Not at once: this function is owned by the timer of what is removed.
        QTimer::singleShot(0, this, [this, id = context.id] {
            m_running.remove(id);
            if (m_running.isEmpty())
                Q_EMIT becameIdle();
        });
    };
    connect(&run->timer, &QTimer::timeout, this, step);
    run->timer.start(m_stepInterval);
    step();
}

void DemoServer::onNotification(const jsonrpc::Message &notification)
{
    if (notification.method != "notifications/cancelled"_L1)
        return;
    m_running.remove(mcp::rawMember(notification.params, "requestId"_L1));
    if (m_running.isEmpty())
        Q_EMIT becameIdle();
}

void DemoServer::reply(const RequestContext &context, QJsonObject result)
{
    if (context.isModern) {
        result.insert("resultType"_L1, u"complete"_s);
        result.insert("_meta"_L1, QJsonObject{{mcp::kMetaServerInfo, serverInfo()}});
    }
    jsonrpc::Message message;
    message.kind = jsonrpc::Message::Kind::Result;
    message.id = context.id;
    message.result = mcp::compact(result);
    m_send(message);
}

void DemoServer::refuse(const QByteArray &id, int code, const QString &text,
                        const QJsonObject &data)
{
    jsonrpc::Message message;
    message.kind = jsonrpc::Message::Kind::Error;
    message.id = id;
    message.error = {code, text, data.isEmpty() ? QByteArray() : mcp::compact(data)};
    m_send(message);
}

void DemoServer::notify(const QString &method, const QJsonObject &params)
{
    jsonrpc::Message message;
    message.kind = jsonrpc::Message::Kind::Notification;
    message.method = method;
    message.params = mcp::compact(params);
    m_send(message);
}

} // namespace bridge::demo
