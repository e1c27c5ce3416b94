// SPDX-License-Identifier: GPL-3.0-or-later
// A deadline that moves often and passes rarely. Moving it to a later time touches no timer of
// the event loop: between two quick requests that would cost more than reading them.
#pragma once

#include <QtCore/QBasicTimer>
#include <QtCore/QElapsedTimer>
#include <QtCore/QObject>

#include <chrono>

namespace bridge::http {

class LazyTimer : public QObject
{
    Q_OBJECT

public:
    explicit LazyTimer(QObject *parent = nullptr);

    /// Announces passed() once after \a limit, unless started again or stopped before.
    void start(std::chrono::milliseconds limit);
    void stop() { m_armed = false; }

Q_SIGNALS:
    void passed();

protected:
    void timerEvent(QTimerEvent *event) override;

private:
    QElapsedTimer m_clock;
    QBasicTimer m_timer;   ///< fires at or before the deadline
    qint64 m_fires = 0;    ///< when m_timer does, on m_clock
    qint64 m_deadline = 0; ///< on m_clock
    bool m_armed = false;
};

} // namespace bridge::http
