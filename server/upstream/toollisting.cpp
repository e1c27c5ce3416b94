// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/toollisting.h"

using namespace Qt::StringLiterals;

namespace bridge::upstream {

namespace {

/// One listing, ended by the answer, by the end of the client or by its withdrawal.
struct Listing {
    Handler<ToolSetPtr> handler;
    Call call;
    QMetaObject::Connection clientGone;

    void finish(Result<ToolSetPtr> outcome)
    {
        QObject::disconnect(clientGone);
        if (const auto done = std::exchange(handler, nullptr))
            done(std::move(outcome));
    }
};

} // namespace

Call listTools(mcp::Client *client, DefinitionPtr definition, Handler<ToolSetPtr> handler)
{
    auto listing = std::make_shared<Listing>();
    listing->handler = std::move(handler);
    const std::weak_ptr<Listing> weak = listing;
    // Others may wait for this listing when the session whose client it uses is closed.
    listing->clientGone = QObject::connect(client, &QObject::destroyed, client, [weak] {
        if (const auto strong = weak.lock())
            strong->finish(Error(ErrorCode::UpstreamFailed,
                                 u"The session whose tools were being listed has ended."_s));
    });
    listing->call = client->list(u"tools/list"_s, u"tools"_s,
                                 [weak, definition](Result<QList<QByteArray>> items) {
                                     const auto strong = weak.lock();
                                     if (!strong)
                                         return;
                                     if (items)
                                         strong->finish(ToolSet::build(*items, *definition));
                                     else
                                         strong->finish(items.error());
                                 });
    return Call([listing] {
        QObject::disconnect(listing->clientGone);
        listing->handler = nullptr;
        listing->call.cancel();
    });
}

Task<ToolSetPtr> listToolsOnce(std::function<Call(Handler<LeasePtr>)> lease,
                               DefinitionPtr definition)
{
    const Result<LeasePtr> leased = co_await answer<LeasePtr>(lease);
    if (!leased)
        co_return leased.error();
    mcp::Client *client = &(*leased)->client();
    co_return co_await answer<ToolSetPtr>([&client, &definition](Handler<ToolSetPtr> done) {
        return listTools(client, definition, std::move(done));
    });
}

OwnTools::OwnTools(DefinitionPtr definition) : m_definition(std::move(definition))
{
}

// Many servers tell of changes while they start, which are the same for all of them.
void OwnTools::noteChange(mcp::Client *client)
{
    if (const auto known = m_lists.find(client); known != m_lists.end())
        return known->second->invalidate();
    if (!client->hasCalledTools())
        return;
    m_lists.emplace(client, std::make_shared<Catalogue>(m_definition->cacheTtl));
    connect(client, &QObject::destroyed, this,
            [this](const QObject *gone) { m_lists.erase(gone); });
}

Call OwnTools::list(mcp::Client *client, Handler<ToolSetPtr> handler)
{
    const std::shared_ptr<Catalogue> own = m_lists.at(client);
    const auto fetch = [&](Handler<ToolSetPtr> done) {
        return listTools(client, m_definition, std::move(done));
    };
    // The client may go away before its answer, and its list with it.
    return own->get(
        {}, fetch,
        [own, handler = std::move(handler)](const Result<ToolSetPtr> &tools) { handler(tools); });
}

} // namespace bridge::upstream
