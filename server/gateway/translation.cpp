// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/translation.h"

#include "common/json/scan.h"
#include "common/json/writer.h"
#include "common/mcp/revisions.h"
#include "server/gateway/oldcontent.h"
#include "server/gateway/signin.h"

#include <QtCore/QJsonDocument>

using namespace Qt::StringLiterals;

namespace bridge::gateway {

namespace {

int codeFor(const Error &error, const ClientProfile &profile)
{
    const bool isModern = profile.era == mcp::Era::Modern;
    switch (error.code) {
    case ErrorCode::ResourceNotFound:
        return isModern ? mcp::kInvalidParams : mcp::kLegacyResourceNotFound;
    case ErrorCode::ToolNotFound:
    case ErrorCode::PromptNotFound:
        return mcp::kInvalidParams;
    case ErrorCode::MethodNotFound:
        return mcp::kMethodNotFound;
    case ErrorCode::BadRequest: // refused by the transport of this very client
        return rpcCode(error);
    default:
        break;
    }
    const int given = rpcCode(error);
    if (given == mcp::kUrlElicitationRequired)
        return profile.revision == mcp::kNewestLegacyRevision ? given : mcp::kInternalError;
    // -32020 to -32022 are about this connection's metadata; only the missing capability can be
    // the server's business, and only a modern client knows that code.
    if (given == mcp::kMissingCapability)
        return isModern ? given : mcp::kInvalidParams;
    if (given <= -32020 && given >= -32029)
        return mcp::kInternalError;
    return given;
}

} // namespace

QByteArray reshaped(const QByteArray &object, const QStringList &names,
                    const QList<std::pair<QString, QByteArray>> &additions)
{
    const Result<QList<json::Member>> members = json::members(object);
    if (!members)
        return object;
    json::ObjectWriter writer;
    QStringList present;
    for (const json::Member &member : *members) {
        if (names.contains(member.key))
            continue;
        present.append(member.key);
        writer.raw(member.key, member.value);
    }
    for (const auto &[key, value] : additions) {
        if (!present.contains(key))
            writer.raw(key, value);
    }
    return writer.take();
}

QByteArray withReplaced(const QByteArray &object, const QString &name, const QByteArray &value)
{
    const Result<QList<json::Member>> members = json::members(object);
    if (!members)
        return object;
    for (const json::Member &member : *members) {
        if (member.key != name)
            continue;
        const qsizetype end = member.offset + member.value.size();
        return object.first(member.offset) + value + object.sliced(end);
    }
    return reshaped(object, {}, {{name, value}});
}

QByteArray resultFor(const QByteArray &raw, const QString &method, mcp::Era from,
                     const ClientProfile &profile)
{
    if (profile.era == mcp::Era::Modern) {
        if (from == mcp::Era::Modern)
            return raw;
        QList<std::pair<QString, QByteArray>> additions{{u"resultType"_s, "\"complete\""_ba}};
        if (method == "resources/read"_L1)
            additions += {{u"ttlMs"_s, "0"_ba}, {u"cacheScope"_s, "\"private\""_ba}};
        return reshaped(raw, {}, additions);
    }
    QByteArray result = raw;
    if (from == mcp::Era::Modern)
        result = reshaped(raw, {u"resultType"_s, u"ttlMs"_s, u"cacheScope"_s}, {});
    return withOldContent(result, profile.revision);
}

QByteArray withShownUri(const QByteArray &raw, const QString &key, const QString &shown)
{
    const Result<QList<json::Member>> members = json::members(raw);
    const auto contents = members ? json::elements(json::valueOf(*members, u"contents"))
                                  : Result<QList<QByteArrayView>>(members.error());
    if (!contents)
        return raw;
    QList<QByteArray> items;
    for (const QByteArrayView view : *contents) {
        const QByteArray item = view.toByteArray();
        const bool isIt = QJsonDocument::fromJson(item).object().value("uri"_L1).toString() == key;
        items.append(isIt ? withReplaced(item, u"uri"_s, json::quoted(shown)) : item);
    }
    return withReplaced(raw, u"contents"_s, '[' + items.join(',') + ']');
}

Error errorFor(const Error &error, const ClientProfile &profile)
{
    Error mapped = error;
    mapped.rpcCode = codeFor(error, profile);
    if (mapped.detail.isUndefined() && mapped.rpcCode == error.rpcCode)
        mapped.detail = error.rpcData;
    return withSignIn(std::move(mapped), profile);
}

} // namespace bridge::gateway
