// SPDX-License-Identifier: GPL-3.0-or-later
// Bytes of stdin as signals, without blocking the event loop.
#pragma once

#include <QtCore/QByteArray>
#include <QtCore/QObject>

#include <memory>

namespace bridge::demo {

class StdinReader : public QObject
{
    Q_OBJECT
public:
    StdinReader();
    ~StdinReader() override;

Q_SIGNALS:
    void bytesRead(const QByteArray &bytes);
    /// End of file or an error; nothing follows.
    void ended();

private:
    class Private;
    std::unique_ptr<Private> d;
};

/// Writes all of \a bytes to stdout; false when nobody reads it any more.
bool writeStdout(const QByteArray &bytes);

} // namespace bridge::demo
