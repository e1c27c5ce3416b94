// SPDX-License-Identifier: GPL-3.0-or-later
// Circuit breaker of one server's starts: after five failures in a row further starts are refused
// at once for a growing while, then one is let through to try. One thread.
#pragma once

#include "common/base/result.h"

#include <functional>
#include <memory>

namespace bridge::upstream {

class Circuit
{
public:
    static constexpr int kThreshold = 5;
    using Clock = std::function<qint64()>; ///< milliseconds that never go back

    /// One admitted start. Say how it ended; dropping it unsaid counts as neither.
    class Attempt
    {
    public:
        explicit Attempt(std::shared_ptr<Circuit> circuit, bool isTrial);
        ~Attempt();
        Attempt(const Attempt &) = delete;
        Attempt &operator=(const Attempt &) = delete;
        void succeeded();
        void failed(const Error &error);

    private:
        std::shared_ptr<Circuit> m_circuit;
        bool m_isTrial;
    };
    using AttemptPtr = std::shared_ptr<Attempt>;

    /// Without \a clock the system's monotonic one.
    static std::shared_ptr<Circuit> create(QString server, Clock clock = {});

    /// UpstreamUnavailable while open; `retry_after` (seconds) is in Error::extra.
    Result<AttemptPtr> admit();
    bool isOpen() const;
    /// Nothing worth remembering: no failure since the last success.
    bool isClean() const { return m_failures == 0; }
    int failures() const { return m_failures; }
    QString lastError() const { return m_lastError; }

private:
    Circuit(QString server, Clock clock);
    Error refusal() const;

    QString m_server;
    Clock m_clock;
    std::weak_ptr<Circuit> m_self;
    QString m_lastError;
    qint64 m_openUntil = 0;
    int m_failures = 0;
    bool m_trialRunning = false;
};

} // namespace bridge::upstream
