// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/offers.h"

#include "common/async/later.h"
#include "server/gateway/names.h"

#include <algorithm>

namespace bridge::gateway {

const Offer *OfferList::find(const QString &key) const
{
    if (m_byKey.isEmpty()) {
        for (auto offer = items.crbegin(); offer != items.crend(); ++offer) // the first one wins
            m_byKey.insert(offer->key, &*offer);
    }
    return m_byKey.value(key);
}

const Offer *OfferList::findAlias(const QString &server, const QString &alias) const
{
    if (m_byAlias.isEmpty()) {
        for (auto offer = items.crbegin(); offer != items.crend(); ++offer)
            m_byAlias.insert(aliasOf(server, offer->key), &*offer);
    }
    return m_byAlias.value(alias);
}

OfferListPtr OfferBook::ofTools(const upstream::ToolSetPtr &tools)
{
    if (const auto known = m_ofTools.find(tools); known != m_ofTools.end())
        return known->second;
    std::erase_if(m_ofTools, [](const auto &entry) { return entry.first.expired(); });
    auto list = std::make_shared<OfferList>();
    list->items.reserve(tools->tools().size());
    for (const auto &tool : tools->tools())
        list->items.append({tool->name, tool->raw, tool});
    m_ofTools.emplace(tools, list);
    return list;
}

OfferListPtr OfferBook::cached(const QString &scope, OfferKind kind) const
{
    const auto found = m_entries.find({scope, kind});
    if (found == m_entries.end() || m_clock.elapsed() >= found->second->until)
        return nullptr;
    return found->second->list;
}

Call OfferBook::get(const QString &scope, OfferKind kind, std::chrono::milliseconds ttl,
                    const Start &start, Handler<OfferListPtr> handler)
{
    if (const OfferListPtr known = cached(scope, kind))
        return later([known, handler = std::move(handler)] { handler(known); });
    const Key key{scope, kind};
    if (!m_entries.contains(key))
        prune();
    EntryPtr &slot = m_entries[key];
    if (!slot || slot->isStale)
        slot = std::make_shared<Entry>();
    const EntryPtr entry = slot;
    const quint64 number = m_nextWaiter++;
    entry->waiting.emplace(number, std::move(handler));
    if (!entry->isRunning) {
        entry->isRunning = true;
        // Weak, because the entry holds the work.
        entry->work = start(
            [this, key, ttl, weak = std::weak_ptr(entry)](const Result<OfferListPtr> &outcome) {
                if (const EntryPtr strong = weak.lock())
                    land(key, strong, ttl, outcome);
            });
    }
    return Call([entry, number] { entry->waiting.erase(number); });
}

void OfferBook::land(const Key &key, const EntryPtr &entry, std::chrono::milliseconds ttl,
                     const Result<OfferListPtr> &outcome)
{
    entry->isRunning = false;
    const auto found = m_entries.find(key);
    const bool isCurrent = found != m_entries.end() && found->second == entry;
    if (outcome && isCurrent && !entry->isStale) {
        entry->list = *outcome;
        entry->until = m_clock.elapsed() + ttl.count();
    } else if (isCurrent) {
        m_entries.erase(found);
    }
    // A handler may withdraw another one, so they stay until their turn.
    while (!entry->waiting.empty()) {
        const auto handler = std::move(entry->waiting.begin()->second);
        entry->waiting.erase(entry->waiting.begin());
        handler(outcome);
    }
}

void OfferBook::outdate(EntryPtr &entry)
{
    entry->until = 0;
    entry->isStale = entry->isRunning;
}

void OfferBook::forget(const QString &scope, OfferKind kind)
{
    const auto found = m_entries.find({scope, kind});
    if (found != m_entries.end())
        outdate(found->second);
}

void OfferBook::forgetAll(const QString &prefix, OfferKind kind)
{
    for (auto it = m_entries.lower_bound({prefix, OfferKind::Tools});
         it != m_entries.end() && it->first.first.startsWith(prefix); ++it) {
        if (it->first.second == kind)
            outdate(it->second);
    }
}

void OfferBook::prune()
{
    if (qsizetype(m_entries.size()) < kMaxScopes)
        return;
    std::erase_if(m_entries, [this](const auto &entry) {
        return !entry.second->isRunning && m_clock.elapsed() >= entry.second->until;
    });
    while (qsizetype(m_entries.size()) >= kMaxScopes) {
        auto oldest = m_entries.end();
        for (auto it = m_entries.begin(); it != m_entries.end(); ++it) {
            if (!it->second->isRunning
                && (oldest == m_entries.end() || it->second->until < oldest->second->until))
                oldest = it;
        }
        if (oldest == m_entries.end())
            return; // all of them are on their way
        m_entries.erase(oldest);
    }
}

} // namespace bridge::gateway
