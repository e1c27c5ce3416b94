// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/circuit.h"

#include "server/upstream/backoff.h"

#include <QtCore/QDeadlineTimer>

using namespace Qt::StringLiterals;

namespace bridge::upstream {

namespace {

qint64 monotonic()
{
    return QDeadlineTimer::current().deadline();
}

} // namespace

Circuit::Attempt::Attempt(std::shared_ptr<Circuit> circuit, bool isTrial)
    : m_circuit(std::move(circuit))
    , m_isTrial(isTrial)
{
}

Circuit::Attempt::~Attempt()
{
    if (m_circuit && m_isTrial)
        m_circuit->m_trialRunning = false;
}

void Circuit::Attempt::succeeded()
{
    const auto circuit = std::exchange(m_circuit, nullptr);
    if (!circuit)
        return;
    circuit->m_failures = 0;
    circuit->m_openUntil = 0;
    circuit->m_trialRunning = false;
    circuit->m_lastError.clear();
}

void Circuit::Attempt::failed(const Error &error)
{
    const auto circuit = std::exchange(m_circuit, nullptr);
    if (!circuit)
        return;
    circuit->m_lastError = error.message;
    if (m_isTrial)
        circuit->m_trialRunning = false;
    if (++circuit->m_failures >= kThreshold)
        circuit->m_openUntil =
            circuit->m_clock() + backoff(circuit->m_failures - kThreshold + 1).count();
}

std::shared_ptr<Circuit> Circuit::create(QString server, Clock clock)
{
    std::shared_ptr<Circuit> circuit(new Circuit(std::move(server), std::move(clock)));
    circuit->m_self = circuit;
    return circuit;
}

Circuit::Circuit(QString server, Clock clock)
    : m_server(std::move(server))
    , m_clock(clock ? std::move(clock) : Clock(monotonic))
{
}

bool Circuit::isOpen() const
{
    return m_failures >= kThreshold && (m_trialRunning || m_clock() < m_openUntil);
}

Result<Circuit::AttemptPtr> Circuit::admit()
{
    if (isOpen())
        return refusal();
    const bool isTrial = m_failures >= kThreshold;
    if (isTrial)
        m_trialRunning = true;
    return std::make_shared<Attempt>(m_self.lock(), isTrial);
}

Error Circuit::refusal() const
{
    const qint64 left = qMax<qint64>(m_openUntil - m_clock(), 0);
    const qint64 seconds = qMax<qint64>((left + 999) / 1000, 1);
    Error error(ErrorCode::UpstreamUnavailable,
                u"The MCP server \"%1\" failed to start %2 times in a row; try again in %3 s. The "
                "last time: %4"_s.arg(m_server)
                    .arg(m_failures)
                    .arg(seconds)
                    .arg(m_lastError));
    error.extra.insert("retry_after"_L1, seconds);
    return error;
}

} // namespace bridge::upstream
