// SPDX-License-Identifier: GPL-3.0-or-later
// The operating system's wishes as Qt signals: stop (SIGTERM, SIGINT, Ctrl+C, service stop) and
// open the log anew (SIGHUP, as log rotation sends it).
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
    /// Never on Windows, which has no such signal.
    void reopenRequested();
};

} // namespace bridge
