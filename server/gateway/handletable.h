// SPDX-License-Identifier: GPL-3.0-or-later
// Session handles that modern clients got from the bridge's own tools: each stands for a state of
// its own, in which servers are started on first use. Main thread.
#pragma once

#include "server/gateway/sessiontable.h"

#include <QtCore/QElapsedTimer>

namespace bridge::gateway {

class HandleTable : public QObject
{
    Q_OBJECT
public:
    /// Ends what a state holds.
    using Release = std::function<void(const ClientStatePtr &)>;

    HandleTable(TableLimits limits, Release release, QObject *parent = nullptr);

    /// A new handle for \a state, whose identity owns it. At a cap the owner's longest unused
    /// handle gives way, as legacy sessions do; TooManyRequests when there is none.
    Result<QString> add(const ClientStatePtr &state);
    /// The state behind \a id, which counts as used; null for unknown, ended and foreign handles
    /// and for those of another endpoint alike.
    ClientStatePtr find(const QString &id, const QString &owner, const QString &server);
    /// Whether there was such a handle of \a owner.
    bool end(const QString &id, const QString &owner);
    void endAll();
    /// Those of the endpoint \a server, which is no longer there.
    void endAllAt(const QString &server);
    void setLimits(const TableLimits &limits);
    /// 0 = handles never expire.
    std::chrono::milliseconds idleTimeout() const { return m_limits.idleTimeout; }
    int count() const { return int(m_handles.size()); }

private:
    struct Handle {
        ClientStatePtr state;
        QElapsedTimer unused; ///< since the last request; restarted while one runs
    };

    Result<Nothing> makeRoom(const QString &owner);
    void remove(const QString &id);
    void refreshBusy();
    void sweep();

    TableLimits m_limits;
    std::shared_ptr<OwnerCount> m_count;
    Release m_release;
    QHash<QString, Handle> m_handles;
    QTimer m_sweep;
};

} // namespace bridge::gateway
