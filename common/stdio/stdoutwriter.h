// SPDX-License-Identifier: GPL-3.0-or-later
// Bytes to stdout in order, without blocking the event loop when the reader is slow.
#pragma once

#include <QtCore/QByteArray>
#include <QtCore/QObject>

#include <memory>

namespace bridge::stdio {

class StdoutWriter : public QObject
{
    Q_OBJECT
public:
    StdoutWriter();
    /// What has not been written by then is lost.
    ~StdoutWriter() override;

    /// Queues \a bytes and writes what fits at once.
    void write(const QByteArray &bytes);
    /// Bytes nobody has taken yet.
    qint64 pending() const;

Q_SIGNALS:
    /// Everything has been written.
    void drained();
    /// Nobody reads any more; nothing follows and what is written from now on is dropped.
    void failed();

private:
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace bridge::stdio
