// SPDX-License-Identifier: GPL-3.0-or-later
// The operating system's wishes as Qt signals: stop (SIGTERM, SIGINT, Ctrl+C, service stop).
#pragma once

#include <QtCore/QObject>

namespace bridge {

class Signals : public QObject
{
    Q_OBJECT
public:
    /// At most one instance; installs the handlers.
    explicit Signals(QObject *parent = nullptr);
    ~Signals() override;

Q_SIGNALS:
    void stopRequested();
};

} // namespace bridge
