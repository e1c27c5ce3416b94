// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/notices.h"

#include "common/json/writer.h"
#include "common/mcp/client.h"
#include "common/mcp/revisions.h"
#include "server/gateway/sessiontools.h"

#include <array>

using namespace Qt::StringLiterals;

namespace bridge::gateway {

namespace {

constexpr std::array<QLatin1StringView, 8> kLevels{"debug"_L1,   "info"_L1,     "notice"_L1,
                                                   "warning"_L1, "error"_L1,    "critical"_L1,
                                                   "alert"_L1,   "emergency"_L1};

qsizetype severityOf(const QString &level)
{
    const auto found = std::find(kLevels.begin(), kLevels.end(), level);
    return found == kLevels.end() ? -1 : found - kLevels.begin();
}

bool isOfProtocol(const QString &key)
{
    return key.startsWith("io.modelcontextprotocol/"_L1) || key == "progressToken"_L1
           || key == kMetaHandle;
}

} // namespace

QJsonValue progressToken(const QJsonObject &params)
{
    const QJsonValue token = params["_meta"_L1]["progressToken"_L1];
    return token.isString() || token.isDouble() ? token : QJsonValue(QJsonValue::Undefined);
}

QByteArray progressParams(const QJsonObject &request, const mcp::Progress &progress,
                          const ClientProfile &profile)
{
    json::ObjectWriter params;
    params.value(u"progressToken", progressToken(request));
    params.value(u"progress", progress.progress);
    if (progress.total)
        params.value(u"total", *progress.total);
    if (!progress.message.isEmpty() && profile.revision >= "2025-03-26"_L1)
        params.value(u"message", progress.message);
    return params.take();
}

bool isLogLevel(const QString &level)
{
    return severityOf(level) >= 0;
}

bool isLoggedAt(const QString &wanted, const QString &level)
{
    return wanted.isEmpty() || severityOf(level) >= severityOf(wanted);
}

QString logLevelOf(const Request &request)
{
    const bool isSession = request.profile.era == mcp::Era::Legacy && request.state;
    return isSession ? request.state->profile.logLevel : request.profile.logLevel;
}

bool wantsLog(const Request &request)
{
    return request.profile.era == mcp::Era::Legacy || !request.profile.logLevel.isEmpty();
}

QByteArray logParams(const mcp::LogMessage &message)
{
    json::ObjectWriter params;
    params.value(u"level", isLogLevel(message.level) ? message.level : u"info"_s);
    if (!message.logger.isEmpty())
        params.value(u"logger", message.logger);
    params.value(u"data", message.data.isUndefined() ? QJsonValue() : message.data);
    return params.take();
}

void applyLogLevel(mcp::Client &client, const Request &request)
{
    // A session was told when its client set the level.
    const QString level = logLevelOf(request);
    if (!level.isEmpty() && !(request.state && request.profile.era == mcp::Era::Legacy))
        client.setLogLevel(level);
}

QJsonObject upstreamMeta(const Request &request, const mcp::ServerInfo &server)
{
    QJsonObject meta = request.traceMeta;
    const QJsonObject given = request.message.paramsObject()["_meta"_L1].toObject();
    for (auto it = given.begin(); it != given.end(); ++it) {
        if (!isOfProtocol(it.key()))
            meta.insert(it.key(), it.value());
    }
    // A modern server goes by what each request says.
    if (server.era == mcp::Era::Modern) {
        QJsonObject capabilities;
        for (const auto what : {"elicitation"_L1, "sampling"_L1, "roots"_L1}) {
            if (request.profile.can(what))
                capabilities.insert(what, request.profile.capabilities[what]);
        }
        meta.insert(mcp::kMetaCapabilities, capabilities);
    }
    return meta;
}

} // namespace bridge::gateway
