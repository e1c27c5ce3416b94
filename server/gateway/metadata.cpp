// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/metadata.h"

#include "common/mcp/rawjson.h"
#include "common/mcp/revisions.h"
#include "server/gateway/lookup.h"
#include "server/gateway/sessiontools.h"
#include "server/gateway/tasks.h"

#include <QtCore/QJsonArray>

using namespace Qt::StringLiterals;

namespace bridge::gateway {

namespace {

constexpr qint64 kDiscoverTtlMs = 300'000;

/// What the bridge answers by itself for any server: it lists nothing where there is nothing.
QJsonObject assumed()
{
    const QJsonObject changing{{"listChanged"_L1, true}};
    return {{"tools"_L1, changing},
            {"prompts"_L1, changing},
            {"resources"_L1, changing},
            {"completions"_L1, QJsonObject()},
            {"logging"_L1, QJsonObject()}};
}

QJsonObject capabilitiesOf(const Core &core, const upstream::Server *server)
{
    const auto info = core.infoOf(server);
    return info ? info->capabilities : assumed();
}

OfferKind kindOf(QLatin1String feature)
{
    if (feature == "prompts"_L1)
        return OfferKind::Prompts;
    return feature == "resources"_L1 ? OfferKind::Resources : OfferKind::Tools;
}

/// The features of all servers together. List changes are told for every feature: servers come,
/// go and change even when they say nothing themselves.
QJsonObject merged(const Core &core, const ClientProfile &profile, const QString &server)
{
    const bool isModern = profile.era == mcp::Era::Modern;
    QJsonObject all;
    const auto servers = core.serversOf(server);
    for (const upstream::Server *one : servers) {
        const QJsonObject offered = capabilitiesOf(core, one);
        for (const auto feature : {"tools"_L1, "prompts"_L1, "resources"_L1}) {
            if (!offered.contains(feature) || !core.showsAny(server, one, kindOf(feature)))
                continue;
            QJsonObject merging = all[feature].toObject();
            merging.insert("listChanged"_L1, true);
            // A modern client subscribes by a listen filter, which old servers serve as well.
            if (offered[feature]["subscribe"_L1].toBool())
                merging.insert("subscribe"_L1, true);
            all.insert(feature, merging);
        }
        for (const auto feature : {"completions"_L1, "logging"_L1}) {
            if (offered.contains(feature))
                all.insert(feature, QJsonObject());
        }
    }
    if (core.options.sessionTools && mayHaveSessionTools(profile, server)
        && !all.contains("tools"_L1))
        all.insert("tools"_L1, QJsonObject{{"listChanged"_L1, true}});
    if (!isModern && profile.revision < "2025-03-26"_L1)
        all.remove("completions"_L1);
    const QJsonObject tasks = taskCapabilities(core, profile, server);
    for (auto it = tasks.begin(); it != tasks.end(); ++it)
        all.insert(it.key(), it.value());
    return all;
}

QString instructions(const Core &core, const QString &server)
{
    const bool isShared = core.isShared(server);
    QStringList texts;
    const auto servers = core.serversOf(server);
    for (const upstream::Server *one : servers) {
        const auto info = core.infoOf(one);
        if (!info || info->instructions.isEmpty())
            continue;
        texts.append(isShared ? u"%1: %2"_s.arg(one->definition().name, info->instructions)
                              : info->instructions);
    }
    return texts.join(u"\n\n"_s);
}

class Learning : public std::enable_shared_from_this<Learning>
{
public:
    explicit Learning(Handler<Nothing> handler) : m_handler(std::move(handler)) {}

    void begin(Core *core, const Request &request)
    {
        m_servers = core->serversOf(request.server, request.state.get());
        const Viewer viewer = viewerOf(request);
        const bool isShared = core->isShared(request.server);
        for (upstream::Server *server : std::as_const(m_servers)) {
            if (core->infoOf(server))
                continue;
            ++m_left;
            const auto count = [this](const auto &) {
                if (--m_left == 0)
                    finish();
            };
            // The one server behind an endpoint is about to be used by this client anyway.
            m_calls.push_back(
                viewer.state && !isShared
                    ? acquire(core, server, viewer.state, viewer.identity).start(count)
                    : core->learn(server, viewer.identity, count));
        }
        m_timer = m_left > 0 ? after(core->options.listPatience, [this] { finish(); })
                             : later([this] { finish(); });
    }

private:
    void finish()
    {
        const auto self = shared_from_this();
        m_timer.cancel();
        if (const auto handler = std::exchange(m_handler, nullptr))
            handler(Nothing{});
    }

    PinnedServers m_servers;
    Handler<Nothing> m_handler;
    qsizetype m_left = 0;
    std::vector<Call> m_calls;
    Call m_timer;
};

} // namespace

QString serverInfoKey()
{
    return mcp::kMetaServerInfo;
}

QJsonObject serverInfo(const DispatcherOptions &options, const ClientProfile &)
{
    return {{"name"_L1, options.name}, {"version"_L1, options.version}};
}

QByteArray initializeResult(const Core &core, const ClientProfile &profile, const QString &server)
{
    QJsonObject result{{"protocolVersion"_L1, profile.revision},
                       {"capabilities"_L1, merged(core, profile, server)},
                       {"serverInfo"_L1, serverInfo(core.options, profile)}};
    if (const QString text = instructions(core, server); !text.isEmpty())
        result.insert("instructions"_L1, text);
    return mcp::compact(result);
}

QByteArray discoverResult(const Core &core, const ClientProfile &profile, const QString &server)
{
    const auto servers = core.serversOf(server);
    const bool isComplete = std::all_of(servers.cbegin(), servers.cend(),
                                        [&core](const auto *one) { return core.infoOf(one); });
    QJsonObject result{
        {"resultType"_L1, u"complete"_s},
        {"supportedVersions"_L1, QJsonArray::fromStringList(mcp::allRevisions())},
        {"capabilities"_L1, merged(core, profile, server)},
        {"ttlMs"_L1, isComplete ? kDiscoverTtlMs : 0},
        {"cacheScope"_L1, u"private"_s},
        {"_meta"_L1, QJsonObject{{serverInfoKey(), serverInfo(core.options, profile)}}}};
    if (const QString text = instructions(core, server); !text.isEmpty())
        result.insert("instructions"_L1, text);
    return mcp::compact(result);
}

Call learn(Core *core, const Request &request, Handler<Nothing> handler)
{
    const auto learning = std::make_shared<Learning>(std::move(handler));
    learning->begin(core, request);
    return Call([learning] {});
}

} // namespace bridge::gateway
