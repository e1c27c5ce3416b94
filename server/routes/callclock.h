// SPDX-License-Identifier: GPL-3.0-or-later
// Counts a call of a tool when its answer is known, and tells the audit log; a caller that vanished
// is not counted, but told of.
#pragma once

#include "server/gate/visitor.h"
#include "server/policy/warden.h"
#include "server/routes/services.h"
#include "server/routes/toolrun.h"
#include "server/telemetry/metrics.h"

#include <QtCore/QElapsedTimer>

namespace bridge::routes {

class CallClock
{
public:
    CallClock(const Services &services, const http::Exchange &exchange, const ToolRun &run)
        : m_services(services)
        , m_exchange(exchange)
    {
        m_action.server = run.address.server->definition().name;
        m_sample.tool = run.tool;
        m_sample.transport = run.transport;
        m_clock.start();
    }
    ~CallClock()
    {
        if (!m_isDone)
            tell(QStringLiteral("cancelled"));
    }
    CallClock(const CallClock &) = delete;
    CallClock &operator=(const CallClock &) = delete;

    /// The tool is one the server has.
    void setKnown() { m_sample.known = true; }
    /// \a reason instead of an error, see policy::Ended.
    void done(const std::optional<Error> &error, const QString &reason = {})
    {
        m_isDone = true;
        m_sample.errorType = error ? errorType(*error) : QString();
        m_sample.seconds = double(m_clock.nsecsElapsed()) / 1e9;
        m_services.metrics->toolCalled(m_sample);
        tell(error ? codeName(error->code) : reason);
    }

private:
    void tell(const QString &reason)
    {
        if (!m_services.warden)
            return;
        // Other names are what the caller made up.
        m_action.name = m_sample.known ? m_sample.tool : QString();
        m_services.warden->tell(*gate::principalOf(m_exchange), gate::originOf(m_exchange),
                                m_action, {reason, std::chrono::milliseconds(m_clock.elapsed())});
    }

    const Services &m_services;
    const http::Exchange &m_exchange;
    policy::Action m_action;
    telemetry::ToolSample m_sample;
    QElapsedTimer m_clock;
    bool m_isDone = false;
};

} // namespace bridge::routes
