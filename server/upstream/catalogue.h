// SPDX-License-Identifier: GPL-3.0-or-later
// What one server offers, remembered per scope: everybody shares one list when nothing of the
// caller reaches the server, else each owner has his own. Concurrent askers share one listing.
#pragma once

#include "server/upstream/identity.h"
#include "server/upstream/singleflight.h"
#include "server/upstream/toolset.h"

#include <QtCore/QCache>

#include <list>
#include <map>

namespace bridge::upstream {

class Catalogue
{
public:
    using Clock = std::function<qint64()>; ///< milliseconds that never go back
    static constexpr int kMaxScopes = 1'000;

    /// \a ttl 0 = nothing is remembered. Without \a clock the system's monotonic one.
    explicit Catalogue(std::chrono::milliseconds ttl, Clock clock = {});

    /// "" for neutral identities, else by whom and for which data the child works.
    static QString scopeOf(const Identity &identity);

    /// Null when nothing is remembered or it is too old.
    ToolSetPtr cached(const QString &scope) const;
    /// The remembered tools, else those \a fetch brings; its success is remembered.
    Call get(const QString &scope, const SingleFlight<ToolSetPtr>::Start &fetch,
             Handler<ToolSetPtr> handler);
    void remember(const QString &scope, ToolSetPtr tools);
    /// Forgets every scope; a listing under way is delivered but not remembered.
    void invalidate();

private:
    using Flights = std::map<QString, SingleFlight<ToolSetPtr>>;
    struct Entry {
        ToolSetPtr tools;
        qint64 at = 0;
    };

    void prune();

    std::chrono::milliseconds m_ttl;
    Clock m_clock;
    mutable QCache<QString, Entry> m_entries{kMaxScopes};
    Flights m_flights;
    std::list<Flights> m_outdated; ///< begun before the last invalidate(), still awaited
    quint64 m_generation = 0;
};

} // namespace bridge::upstream
