// SPDX-License-Identifier: GPL-3.0-or-later
// What servers offer, remembered per scope: a server's name with whom its list is for. A listing
// under way goes on when whoever asked loses patience, so that the next one finds it.
#pragma once

#include "common/async/call.h"
#include "server/upstream/toolset.h"

#include <QtCore/QElapsedTimer>

#include <map>

namespace bridge::gateway {

enum class OfferKind { Tools, Prompts, Resources, Templates };

struct Offer {
    QString key;                                ///< the server's own name, URI or URI template
    QByteArray raw;                             ///< the server's object, byte-true
    std::shared_ptr<const upstream::Tool> tool; ///< of tools
};

struct OfferList {
    QList<Offer> items;
    qint64 ttlMs = -1;      ///< what the server said of freshness, -1 = nothing
    bool shareable = false; ///< the server said everybody may see it

    /// Null when there is none. These two are for lists that change no more.
    const Offer *find(const QString &key) const;
    /// The one that clients of many servers know as \a alias (aliasOf()), offered by \a server.
    const Offer *findAlias(const QString &server, const QString &alias) const;

private:
    using Index = QHash<QString, const Offer *>;
    mutable Index m_byKey;
    mutable Index m_byAlias;
};
using OfferListPtr = std::shared_ptr<const OfferList>;

class OfferBook
{
public:
    using Start = std::function<Call(Handler<OfferListPtr>)>;
    static constexpr qsizetype kMaxScopes = 2'000;

    OfferBook() { m_clock.start(); }
    /// Null when nothing is remembered or it is too old.
    OfferListPtr cached(const QString &scope, OfferKind kind) const;
    /// The remembered list, else what \a start brings, remembered for \a ttl (0 = not at all).
    Call get(const QString &scope, OfferKind kind, std::chrono::milliseconds ttl,
             const Start &start, Handler<OfferListPtr> handler);
    /// The offers that \a tools are, made once and remembered as long as \a tools exist.
    OfferListPtr ofTools(const upstream::ToolSetPtr &tools);
    /// The list changed; what is under way is delivered but not remembered.
    void forget(const QString &scope, OfferKind kind);
    /// The same for every scope that begins with \a prefix.
    void forgetAll(const QString &prefix, OfferKind kind);

private:
    using Key = std::pair<QString, OfferKind>;
    struct Entry {
        OfferListPtr list;
        qint64 until = 0; ///< on m_clock
        bool isRunning = false;
        bool isStale = false; ///< changed while it was listed
        Call work;
        std::map<quint64, Handler<OfferListPtr>> waiting;
    };
    using EntryPtr = std::shared_ptr<Entry>;

    void land(const Key &key, const EntryPtr &entry, std::chrono::milliseconds ttl,
              const Result<OfferListPtr> &outcome);
    void outdate(EntryPtr &entry);
    void prune();

    std::map<Key, EntryPtr> m_entries;
    std::map<std::weak_ptr<const upstream::ToolSet>, OfferListPtr, std::owner_less<>> m_ofTools;
    QElapsedTimer m_clock;
    quint64 m_nextWaiter = 1;
};

} // namespace bridge::gateway
