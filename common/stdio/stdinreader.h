// SPDX-License-Identifier: GPL-3.0-or-later
// Bytes of stdin as signals, without blocking the event loop.
#pragma once

#include <QtCore/QByteArray>
#include <QtCore/QObject>

#include <memory>

namespace bridge::stdio {

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

/// Writes all of \a bytes to stdout, waiting for the reader if need be; false when there is none
/// any more. For programs that have nothing else to do meanwhile; see StdoutWriter.
bool writeStdout(const QByteArray &bytes);

} // namespace bridge::stdio
