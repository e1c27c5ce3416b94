// SPDX-License-Identifier: GPL-3.0-or-later
// The legacy sessions there are: found by id and owner, limited, ended when nobody uses them.
#pragma once

#include "server/gateway/legacysession.h"

#include <QtCore/QTimer>

namespace bridge::gateway {

struct TableLimits {
    std::chrono::milliseconds idleTimeout{1'800'000}; ///< 0 = sessions never expire
    OwnerLimits sessions{10, 10, 1'000};
    /// At a cap the owner's longest idle session gives way to a new one, once it has been idle
    /// for this long: clients that end without DELETE do not lock themselves out.
    std::chrono::milliseconds yieldAfter{2'000};
    /// What counts for the limits: the same for tables that have them together. Null = what is in
    /// the table. Taken when a table is made, not with later limits.
    std::shared_ptr<OwnerCount> counted;
};

class SessionTable : public QObject
{
    Q_OBJECT
public:
    explicit SessionTable(TableLimits limits, QObject *parent = nullptr);
    ~SessionTable() override;

    /// Whether \a owner may have one more session; makes room where that is possible.
    /// TooManyRequests otherwise.
    Result<Nothing> makeRoom(const QString &owner);
    void add(const LegacySessionPtr &session);
    /// Null for unknown, ended and foreign ids alike. \a server is that of the endpoint.
    LegacySessionPtr find(const QString &id, const QString &owner, const QString &server) const;
    /// Listening streams of the sessions of \a owner.
    int openStreams(const QString &owner) const;
    /// Ends the session; nothing happens when there is none.
    void remove(const QString &id);
    void removeAll();
    /// Ends the sessions whose endpoint is that of \a server alone.
    void removeServer(const QString &server, const Error &reason);
    void setLimits(const TableLimits &limits);
    int count() const { return int(m_sessions.size()); }

private:
    void sweep();
    LegacySessionPtr take(const QString &id);
    LegacySessionPtr longestIdleOf(const QString &owner) const;

    TableLimits m_limits;
    std::shared_ptr<OwnerCount> m_count;
    QHash<QString, LegacySessionPtr> m_sessions;
    QTimer m_sweep;
};

} // namespace bridge::gateway
