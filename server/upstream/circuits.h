// SPDX-License-Identifier: GPL-3.0-or-later
// The circuit breakers of one server, one per scope (Catalogue::scopeOf()): what fails for one
// caller is not refused to the others. Bounded: while a server is down every caller has one. One
// thread.
#pragma once

#include "server/upstream/circuit.h"

#include <QtCore/QHash>
#include <QtCore/QString>

namespace bridge::upstream {

class Circuits
{
public:
    static constexpr qsizetype kMost = 1'000;

    /// \a clock as Circuit::create().
    explicit Circuits(QString server, Circuit::Clock clock = {});

    /// The circuit of \a scope, a clean one on first use. Beyond kMost those of other callers are
    /// forgotten: first the clean ones, then one that lets starts through, then any. That of
    /// everybody, the empty scope, stays.
    std::shared_ptr<Circuit> of(const QString &scope);
    /// Null before the first use.
    std::shared_ptr<Circuit> ofEverybody() const { return m_circuits.value(QString()); }
    qsizetype count() const { return m_circuits.size(); }

private:
    void makeRoom();

    QString m_server;
    Circuit::Clock m_clock;
    QHash<QString, std::shared_ptr<Circuit>> m_circuits;
};

} // namespace bridge::upstream
