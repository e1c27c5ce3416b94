// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/mcp/listing.h"

#include "common/mcp/rawjson.h"

#include <QtCore/QSet>

using namespace Qt::StringLiterals;

namespace bridge::mcp {

namespace {

Error broken(const ListingPlan &plan, const QString &what)
{
    return Error(ErrorCode::UpstreamFailed,
                 u"The MCP server's answer to %1 is unusable: %2."_s.arg(plan.method, what));
}

/// The hints of a whole listing are the strictest of its pages.
void joinHints(const QByteArray &page, bool isFirst, Listing &all)
{
    bool isNumber = false;
    const qint64 told = rawMember(page, "ttlMs"_L1).toLongLong(&isNumber);
    const qint64 ttl = isNumber ? std::max<qint64>(0, told) : -1;
    const bool isPublic = stringMember(page, "cacheScope"_L1) == u"public"_s;
    all.ttlMs = isFirst ? ttl : std::min(all.ttlMs, ttl);
    all.shareable = isPublic && (isFirst || all.shareable);
}

} // namespace

QString capabilityOfListing(const QString &method)
{
    return method.section(u'/', 0, 0);
}

Task<Listing> listAll(ListingPlan plan)
{
    if (!plan.supported)
        co_return Error(ErrorCode::MethodNotFound,
                        u"The MCP server does not offer %1."_s.arg(plan.method));
    Listing all;
    QSet<QString> seen;
    QByteArray params;
    const QByteArray member = plan.member.toLatin1();
    for (int page = 0; page < plan.maxPages; ++page) {
        Result<QByteArray> got =
            co_await answer<QByteArray>([&plan, &params](Handler<QByteArray> done) {
                return plan.request(params, std::move(done));
            });
        if (!got)
            co_return got.error();
        const auto items = rawItems(rawMember(*got, QLatin1StringView(member)));
        if (!items)
            co_return broken(plan, u"it holds no list"_s);
        if (all.items.size() + items->size() > plan.maxItems)
            co_return broken(plan, u"it has more than %1 entries"_s.arg(plan.maxItems));
        all.items += *items;
        joinHints(*got, page == 0, all);
        const std::optional<QString> cursor = stringMember(*got, "nextCursor"_L1);
        if (!cursor)
            co_return all;
        if (seen.contains(*cursor))
            co_return broken(plan, u"a page cursor comes twice"_s);
        seen.insert(*cursor);
        params = withMember({}, "cursor"_L1, quoted(*cursor));
    }
    co_return broken(plan, u"it has more than %1 pages"_s.arg(plan.maxPages));
}

} // namespace bridge::mcp
