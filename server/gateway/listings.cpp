// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/listings.h"

#include "common/json/writer.h"
#include "server/gateway/metadata.h"
#include "server/gateway/names.h"
#include "server/gateway/permit.h"
#include "server/gateway/sessiontools.h"
#include "server/gateway/translation.h"
#include "server/upstream/catalogue.h"
#include "server/upstream/remoteheaders.h"

using namespace Qt::StringLiterals;

namespace bridge::gateway {

namespace {

/// Longer would hide changes from clients that do not subscribe.
constexpr qint64 kMaxTtlMs = 300'000;

QString memberOf(OfferKind kind)
{
    switch (kind) {
    case OfferKind::Prompts:
        return u"prompts"_s;
    case OfferKind::Resources:
        return u"resources"_s;
    case OfferKind::Templates:
        return u"resourceTemplates"_s;
    case OfferKind::Tools:
        break;
    }
    return u"tools"_s;
}

/// The lists of all servers on their way.
class Gathering : public std::enable_shared_from_this<Gathering>
{
public:
    Gathering(Core *core, const Request &request, OfferKind kind, Handler<Answer> handler)
        : m_core(core)
        , m_request(request)
        , m_kind(kind)
        , m_servers(core->serversOf(request.server, request.state.get()))
        , m_handler(std::move(handler))
        , m_lists(m_servers.size())
        , m_failures(m_servers.size())
    {
    }

    void begin()
    {
        m_left = m_servers.size();
        for (qsizetype i = 0; i < m_servers.size(); ++i) {
            m_calls.push_back(
                offersOf(m_core, m_servers[i], viewerOf(m_request), m_kind)
                    .start([this, i](Result<OfferListPtr> list) { onList(i, std::move(list)); }));
        }
        m_timer = m_left > 0 ? after(m_core->options.listPatience, [this] { onLate(); })
                             : later([this] { finish(); });
    }

private:
    void onList(qsizetype index, Result<OfferListPtr> list)
    {
        if (list)
            m_lists[index] = *list;
        else
            m_failures[index] = list.error();
        if (--m_left == 0)
            finish();
    }

    void onLate()
    {
        for (qsizetype i = 0; i < m_servers.size(); ++i) {
            if (!m_lists[i] && !m_failures[i])
                m_failures[i] = Error(ErrorCode::UpstreamTimeout,
                                      u"The server did not answer in time. Ask again later."_s);
        }
        finish();
    }

    void finish()
    {
        const auto self = shared_from_this();
        const auto handler = std::exchange(m_handler, nullptr);
        m_timer.cancel();
        if (!handler)
            return;
        // With one server its failure is the answer; with many it is a remark.
        if (m_servers.size() == 1 && m_failures[0])
            handler(errorFor(*m_failures[0], m_request.profile));
        else
            handler(Answer{result()});
    }

    QByteArray result() const
    {
        QList<QByteArray> items;
        QSet<QString> shown;
        const bool isShared = m_core->isShared(m_request.server);
        if (m_kind == OfferKind::Tools && m_core->options.sessionTools
            && mayHaveSessionTools(m_request.profile, m_request.server)) {
            for (const auto &[name, item] : sessionTools()) {
                shown.insert(name); // a server's tool of that name could not be called
                items.append(item);
            }
        }
        for (qsizetype i = 0; i < m_servers.size(); ++i) {
            if (!m_lists[i])
                continue;
            for (const Offer &offer : m_lists[i]->items) {
                if (!m_core->shows(m_request.server, m_request.identity, m_servers[i], m_kind,
                                   offer.key, offer.tool.get()))
                    continue;
                const QByteArray item =
                    itemFor(m_servers[i]->definition().name, offer, isShared, shown);
                if (!item.isEmpty())
                    items.append(item);
            }
        }
        json::ObjectWriter writer;
        writer.raw(memberOf(m_kind), QByteArray('[' + items.join(',') + ']'));
        QJsonObject meta;
        if (const QJsonObject missing = degraded(); !missing.isEmpty())
            meta.insert(kMetaDegraded, missing);
        if (m_request.profile.era == mcp::Era::Modern) {
            meta.insert(serverInfoKey(), serverInfo(m_core->options, m_request.profile));
            writer.value(u"resultType", u"complete"_s);
            writer.value(u"ttlMs", ttl());
            writer.value(u"cacheScope", isPublic() ? u"public"_s : u"private"_s);
        }
        if (!meta.isEmpty())
            writer.value(u"_meta", meta);
        return writer.take();
    }

    QByteArray itemFor(const QString &server, const Offer &offer, bool isShared,
                       QSet<QString> &shown) const
    {
        const bool hasUri = m_kind == OfferKind::Resources || m_kind == OfferKind::Templates;
        QString name = offer.key;
        if (isShared && hasUri && shown.contains(name))
            name = prefixedUri(server, offer.key);
        else if (isShared && !hasUri)
            name = aliasOf(server, offer.key);
        if (shown.contains(name))
            return {};
        shown.insert(name);
        QByteArray item = offer.raw;
        if (name != offer.key) {
            const QString member = m_kind == OfferKind::Resources   ? u"uri"_s
                                   : m_kind == OfferKind::Templates ? u"uriTemplate"_s
                                                                    : u"name"_s;
            item = withReplaced(item, member, json::quoted(name));
        }
        return offer.tool ? withShownSchema(item, *offer.tool) : item;
    }

    /// Without what the bridge fills in by itself.
    static QByteArray withShownSchema(const QByteArray &item, const upstream::Tool &tool)
    {
        if (tool.mappings.isEmpty() && !tool.wantsOauthToken)
            return item;
        QJsonObject schema = tool.inputSchema;
        if (!schema.contains("type"_L1))
            schema.insert("type"_L1, u"object"_s);
        return withReplaced(item, u"inputSchema"_s, json::compactJson(schema));
    }

    QJsonObject degraded() const
    {
        QJsonObject missing;
        for (qsizetype i = 0; i < m_servers.size(); ++i) {
            if (m_failures[i])
                missing.insert(m_servers[i]->definition().name, codeName(m_failures[i]->code));
        }
        return missing;
    }

    qint64 ttl() const
    {
        qint64 shortest = kMaxTtlMs;
        for (qsizetype i = 0; i < m_servers.size(); ++i) {
            if (!m_lists[i])
                return 0; // it may be back in a moment
            shortest = std::min<qint64>(shortest, m_servers[i]->definition().cacheTtl.count());
            if (m_lists[i]->ttlMs >= 0)
                shortest = std::min(shortest, m_lists[i]->ttlMs);
        }
        return shortest;
    }

    /// Nothing of the caller reached a server, and none said its list is his only.
    bool isPublic() const
    {
        const upstream::Identity caller = viewerOf(m_request).identity;
        const auto isNeutral = [&caller](const upstream::Server *server) {
            return upstream::effectiveFor(caller, server->definition()).isNeutral();
        };
        if (m_request.state || mayHide(*m_core)
            || !std::all_of(m_servers.cbegin(), m_servers.cend(), isNeutral))
            return false;
        return std::all_of(m_lists.cbegin(), m_lists.cend(), [](const OfferListPtr &list) {
            return list && (list->ttlMs < 0 || list->shareable);
        });
    }

    Core *m_core;
    Request m_request;
    OfferKind m_kind;
    PinnedServers m_servers;
    Handler<Answer> m_handler;
    QList<OfferListPtr> m_lists;
    QList<std::optional<Error>> m_failures;
    qsizetype m_left = 0;
    std::vector<Call> m_calls;
    Call m_timer;
};

} // namespace

std::optional<OfferKind> kindListedBy(const QString &method)
{
    if (method == "tools/list"_L1)
        return OfferKind::Tools;
    if (method == "prompts/list"_L1)
        return OfferKind::Prompts;
    if (method == "resources/list"_L1)
        return OfferKind::Resources;
    if (method == "resources/templates/list"_L1)
        return OfferKind::Templates;
    return std::nullopt;
}

Call list(Core *core, const Request &request, OfferKind kind, Handler<Answer> handler)
{
    const auto gathering = std::make_shared<Gathering>(core, request, kind, std::move(handler));
    gathering->begin();
    return Call([gathering] {});
}

} // namespace bridge::gateway
