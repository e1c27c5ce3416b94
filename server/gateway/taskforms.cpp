// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/taskforms.h"

#include "common/json/writer.h"
#include "common/mcp/rawjson.h"
#include "common/mcp/revisions.h"
#include "server/gateway/translation.h"

using namespace Qt::StringLiterals;

namespace bridge::gateway {

bool hasTasksExtension(const QJsonObject &capabilities)
{
    return capabilities["extensions"_L1].toObject().contains(mcp::kTasksExtension);
}

QJsonObject withTasksExtension(QJsonObject capabilities)
{
    QJsonObject extensions = capabilities["extensions"_L1].toObject();
    extensions.insert(mcp::kTasksExtension, QJsonObject());
    capabilities.insert("extensions"_L1, extensions);
    return capabilities;
}

bool hasLegacyTasks(const mcp::ServerInfo &server)
{
    const QJsonValue calls = server.capabilities["tasks"_L1]["requests"_L1]["tools"_L1]["call"_L1];
    return server.revision == mcp::kNewestLegacyRevision && calls.isObject();
}

bool knowsLegacyTasks(const ClientProfile &profile)
{
    return profile.revision == mcp::kNewestLegacyRevision;
}

QString taskSupport(const QByteArray &tool)
{
    const QByteArray execution = mcp::rawMember(tool, "execution"_L1);
    return execution.startsWith('{')
               ? mcp::stringMember(execution, "taskSupport"_L1).value_or(QString())
               : QString();
}

QString taskStatus(const QByteArray &task)
{
    return mcp::stringMember(task, "status"_L1).value_or(QString());
}

bool isTerminal(const QString &status)
{
    return status == "completed"_L1 || status == "failed"_L1 || status == "cancelled"_L1;
}

qint64 ttlOf(const QByteArray &task, QLatin1String name)
{
    bool isNumber = false;
    const double ttl = mcp::rawMember(task, name).toDouble(&isNumber);
    return isNumber && ttl >= 0 ? qint64(std::min(ttl, 1e15)) : -1;
}

QByteArray withTaskId(const QByteArray &object, const QString &id)
{
    const QByteArray named = mcp::rawMember(object, "taskId"_L1).isEmpty()
                                 ? object
                                 : withReplaced(object, u"taskId"_s, json::quoted(id));
    const QByteArray meta = mcp::rawMember(named, "_meta"_L1);
    return meta.contains(mcp::kMetaRelatedTask.data()) ? withRelatedTask(named, id) : named;
}

QByteArray withRelatedTask(const QByteArray &result, const QString &id)
{
    const QByteArray meta = mcp::rawMember(result, "_meta"_L1);
    const QByteArray related = mcp::compact({{"taskId"_L1, id}});
    return withReplaced(result, u"_meta"_s,
                        withReplaced(meta.startsWith('{') ? meta : "{}"_ba,
                                     mcp::kMetaRelatedTask.toString(), related));
}

QByteArray withoutRelatedTask(const QByteArray &result)
{
    const QByteArray meta = mcp::rawMember(result, "_meta"_L1);
    if (!meta.startsWith('{'))
        return result;
    const QByteArray rest = reshaped(meta, {mcp::kMetaRelatedTask.toString()}, {});
    return rest == "{}" ? reshaped(result, {u"_meta"_s}, {})
                        : withReplaced(result, u"_meta"_s, rest);
}

QJsonObject withRelatedTask(QJsonObject object, const QString &id)
{
    QJsonObject meta = object["_meta"_L1].toObject();
    meta.insert(mcp::kMetaRelatedTask, QJsonObject{{"taskId"_L1, id}});
    object.insert("_meta"_L1, meta);
    return object;
}

} // namespace bridge::gateway
