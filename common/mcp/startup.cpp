// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/mcp/startup.h"

#include "common/mcp/rawjson.h"
#include "common/mcp/revisions.h"

#include <QtCore/QElapsedTimer>
#include <QtCore/QJsonArray>

using namespace Qt::StringLiterals;

namespace bridge::mcp {

namespace {

using Milliseconds = std::chrono::milliseconds;

QStringList strings(const QJsonValue &value)
{
    QStringList out;
    for (const QJsonValue &one : value.toArray())
        out.append(one.toString());
    return out;
}

QJsonObject identity(const ClientOptions &options)
{
    return {{"name"_L1, options.name}, {"version"_L1, options.version}};
}

void takeIdentity(const QJsonObject &from, ServerInfo &info)
{
    info.name = from["name"_L1].toString();
    info.title = from["title"_L1].toString();
    info.version = from["version"_L1].toString();
}

Error noCommonRevision(const QStringList &supported)
{
    return Error(ErrorCode::UpstreamStart,
                 u"The MCP server speaks only the protocol revisions %1, the bridge %2."_s.arg(
                     supported.join(", "_L1), allRevisions().join(", "_L1)));
}

/// The peer's own error, as opposed to a timeout or the end of the transport.
bool isAnswer(const jsonrpc::RpcError &rpc)
{
    return rpc.code != 0 || !rpc.message.isEmpty();
}

/// HTTP statuses that say something about the caller or the moment, not about the request.
bool refusesAnyRequest(int status)
{
    return status == 401 || status == 403 || status == 407 || status == 408 || status == 429
           || (status >= 502 && status <= 504);
}

Probe legacy(const QString &offer)
{
    Probe probe;
    probe.offer = offer;
    return probe;
}

Probe failed(const Error &error)
{
    Probe probe;
    probe.verdict = Probe::Verdict::Failed;
    probe.error = error;
    return probe;
}

Probe fromDiscovery(const QByteArray &answer)
{
    const QJsonObject result = objectOf(answer);
    // A legacy server that answers every unknown method with some object is still legacy.
    if (!result["supportedVersions"_L1].isArray())
        return legacy(kNewestLegacyRevision);
    const QStringList supported = strings(result["supportedVersions"_L1]);
    const QString revision = bestOf(supported, Era::Modern);
    if (revision.isEmpty()) {
        const QString older = bestOf(supported, Era::Legacy);
        return older.isEmpty() ? failed(noCommonRevision(supported)) : legacy(older);
    }
    Probe probe;
    probe.verdict = Probe::Verdict::Modern;
    takeIdentity(result["_meta"_L1][kMetaServerInfo].toObject(), probe.info);
    probe.info.instructions = result["instructions"_L1].toString();
    probe.info.capabilities = result["capabilities"_L1].toObject();
    probe.info.revision = revision;
    probe.info.era = Era::Modern;
    return probe;
}

Probe fromRefusal(const jsonrpc::RpcError &rpc)
{
    const QJsonObject data = objectOf(rpc.data);
    if (rpc.code == kUnsupportedRevision && data["supported"_L1].isArray()) {
        const QStringList supported = strings(data["supported"_L1]);
        const QString older = bestOf(supported, Era::Legacy);
        return older.isEmpty() ? failed(noCommonRevision(supported)) : legacy(older);
    }
    if (rpc.code == kMissingCapability && data["requiredCapabilities"_L1].isObject()) {
        const QStringList missing = data["requiredCapabilities"_L1].toObject().keys();
        return failed(Error(ErrorCode::UpstreamStart,
                            u"The MCP server demands capabilities that are not offered: %1."_s.arg(
                                missing.join(", "_L1))));
    }
    // Everything else, whatever its code, is how a legacy server refuses an unknown method.
    return legacy(kNewestLegacyRevision);
}

QByteArray initializeParams(const ClientOptions &options, const QString &revision)
{
    return compact({{"protocolVersion"_L1, revision},
                    {"capabilities"_L1, options.capabilities},
                    {"clientInfo"_L1, identity(options)}});
}

Result<ServerInfo> fromInitialize(const QByteArray &answer)
{
    const QJsonObject result = objectOf(answer);
    ServerInfo info;
    info.revision = result["protocolVersion"_L1].toString();
    if (!isLegacy(info.revision)) {
        if (info.revision.isEmpty())
            return Error(ErrorCode::UpstreamStart,
                         u"The MCP server answered initialize without a protocol version."_s);
        return noCommonRevision({info.revision});
    }
    takeIdentity(result["serverInfo"_L1].toObject(), info);
    info.instructions = result["instructions"_L1].toString();
    info.capabilities = result["capabilities"_L1].toObject();
    return info;
}

/// The reason a start failed, with what helps to find the cause.
Error startError(const Error &error, const jsonrpc::RpcError &rpc, const StartNotes &notes)
{
    Error out = error;
    if (isAnswer(rpc)) {
        out.code = ErrorCode::UpstreamStart;
        out.message = u"The MCP server refused to start: %1"_s.arg(rpc.message.left(1000));
        out.rpcCode = 0;
    } else if (error.code == ErrorCode::UpstreamTimeout
               && error.message.startsWith("The MCP server"_L1)) {
        // Of our own timer; a transport knows better what was too slow, such as a proxy.
        out.message = u"The MCP server did not answer in time while it was started."_s;
    } else if (error.code == ErrorCode::UpstreamFailed) {
        out.code = ErrorCode::UpstreamStart;
    }
    if (!notes.garbage.isEmpty())
        out.message += u" It printed something that is no JSON-RPC message to its standard "
                       "output, which must carry nothing else. "_s
                       + notes.garbage;
    return out;
}

Task<QByteArray> ask(jsonrpc::Connection *connection, QString method, QByteArray params,
                     Milliseconds timeout, std::shared_ptr<jsonrpc::RpcError> rpc)
{
    co_return co_await answer<QByteArray>([&](Handler<QByteArray> done) {
        jsonrpc::RequestOptions options;
        options.timeout = std::max(timeout, Milliseconds(1));
        options.refused = [rpc](const jsonrpc::RpcError &error) { *rpc = error; };
        return connection->request(method, params, std::move(options), std::move(done));
    });
}

Task<ServerInfo> handshake(jsonrpc::Connection *connection, ClientOptions options, QString offer,
                           std::shared_ptr<StartNotes> notes, QElapsedTimer clock)
{
    // The second attempt is for servers that refuse an unknown revision instead of countering.
    for (int attempt = 0;; ++attempt) {
        auto rpc = std::make_shared<jsonrpc::RpcError>();
        const Milliseconds left = options.startTimeout - Milliseconds(clock.elapsed());
        Result<QByteArray> result =
            co_await ask(connection, u"initialize"_s, initializeParams(options, offer), left, rpc);
        if (result) {
            Result<ServerInfo> info = fromInitialize(*result);
            if (info)
                connection->notify(u"notifications/initialized"_s);
            co_return info;
        }
        const QStringList supported = strings(objectOf(rpc->data)["supported"_L1]);
        const QString other = bestOf(supported, Era::Legacy);
        if (attempt > 0 || other.isEmpty() || other == offer)
            co_return startError(result.error(), *rpc, *notes);
        offer = other;
    }
}

} // namespace

QJsonObject modernMeta(const ClientOptions &options, const QString &revision)
{
    return {{kMetaRevision, revision},
            {kMetaClientInfo, identity(options)},
            {kMetaCapabilities, options.capabilities}};
}

Probe judgeProbe(const Result<QByteArray> &answer, const jsonrpc::RpcError &rpc)
{
    if (answer)
        return fromDiscovery(*answer);
    if (isAnswer(rpc))
        return fromRefusal(rpc);
    if (answer.error().code == ErrorCode::UpstreamTimeout)
        return legacy(kNewestLegacyRevision);
    // Over HTTP legacy servers refuse what is no initialize (2026-07-28 "Backward Compatibility").
    if (answer.error().code == ErrorCode::UpstreamStatus
        && !refusesAnyRequest(answer.error().extra["upstream"_L1]["status"_L1].toInt()))
        return legacy(kNewestLegacyRevision);
    return failed(answer.error());
}

Task<ServerInfo> startUp(jsonrpc::Connection *connection, ClientOptions options,
                         std::shared_ptr<StartNotes> notes)
{
    QElapsedTimer clock;
    clock.start();
    QString offer = kNewestLegacyRevision;
    if (options.knownEra != Era::Legacy) {
        auto rpc = std::make_shared<jsonrpc::RpcError>();
        const bool sure = options.knownEra == Era::Modern;
        const Milliseconds wait =
            sure ? options.startTimeout : std::min(options.probeTimeout, options.startTimeout);
        const QByteArray params = compact({{"_meta"_L1, modernMeta(options, kModernRevision)}});
        // A probe that times out is not cancelled: a legacy server expects nothing but
        // initialize at this point. Its late answer has an id of its own and is ignored.
        Result<QByteArray> found =
            co_await ask(connection, u"server/discover"_s, params, wait, rpc);
        Probe probe = judgeProbe(found, *rpc);
        if (probe.verdict == Probe::Verdict::Modern)
            co_return probe.info;
        const bool silent = !found && found.error().code == ErrorCode::UpstreamTimeout;
        if (probe.verdict == Probe::Verdict::Failed || (sure && silent)) {
            notes->closedOnProbe = !found && !isAnswer(*rpc) && !connection->isOpen();
            co_return startError(sure && silent ? found.error() : probe.error, {}, *notes);
        }
        offer = probe.offer;
    }
    co_return co_await handshake(connection, options, offer, notes, clock);
}

} // namespace bridge::mcp
