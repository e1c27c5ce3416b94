// SPDX-License-Identifier: GPL-3.0-or-later
// Reads the configuration again, one reading at a time, without keeping the event loop waiting.
// Main thread.
#pragma once

#include "server/reload.h"

#include <vector>

namespace bridge {

/// A configuration as it was read.
struct Reading {
    config::Loaded loaded;
    Parts parts;
};

class Reloading
{
public:
    /// Runs in another thread.
    using Read = std::function<Result<Reading>()>;
    /// Puts into force what was read, or tells what is wrong with it; \a cause is for the log.
    using Apply =
        std::function<Result<ReloadReport>(Result<Reading> reading, const QString &cause)>;

    Reloading(Read read, Apply apply) : m_read(std::move(read)), m_apply(std::move(apply)) {}

    /// What is there from now on is read: a reading under way may have missed it. Those who ask
    /// meanwhile share the next one.
    Call request(const QString &cause, Handler<ReloadReport> handler);
    /// The same when nobody waits for the outcome.
    void request(const QString &cause);

private:
    struct Asked {
        quint64 number = 0;
        QString cause;
        Handler<ReloadReport> handler; ///< null when nobody waits
    };

    void begin();
    void finish(Result<Reading> reading);

    Read m_read;
    Apply m_apply;
    std::vector<Asked> m_waiting; ///< for the next reading
    std::vector<Asked> m_served;  ///< by the one under way
    quint64 m_lastNumber = 0;
    std::shared_ptr<const int> m_life = std::make_shared<const int>(0);
    Call m_work;
};

} // namespace bridge
