// SPDX-License-Identifier: GPL-3.0-or-later
// Windows cannot wait for a pipe and for events at once, so a thread writes.
#include "common/stdio/stdoutwriter.h"

#include "common/stdio/stdinreader.h"

#include <QtCore/QThread>

#include <fcntl.h>
#include <io.h>
#include <utility>

namespace bridge::stdio {

class StdoutWriter::Private
{
public:
    QThread thread;
    QObject worker;
    qint64 pending = 0;
    bool isBroken = false;
};

StdoutWriter::StdoutWriter() : d(std::make_unique<Private>())
{
    _setmode(_fileno(stdout), _O_BINARY);
    d->worker.moveToThread(&d->thread);
    d->thread.start();
}

StdoutWriter::~StdoutWriter()
{
    d->thread.quit();
    // _write() cannot be interrupted; the process ends right after this.
    if (!d->thread.wait(100)) {
        d->thread.terminate();
        d->thread.wait();
    }
}

void StdoutWriter::write(const QByteArray &bytes)
{
    if (d->isBroken || bytes.isEmpty())
        return;
    d->pending += bytes.size();
    const auto finished = [this](qint64 size, bool ok) {
        d->pending -= size;
        if (!ok && !std::exchange(d->isBroken, true))
            Q_EMIT failed();
        else if (ok && d->pending == 0)
            Q_EMIT drained();
    };
    QMetaObject::invokeMethod(
        &d->worker,
        [this, bytes, finished] {
            const bool ok = writeStdout(bytes);
            QMetaObject::invokeMethod(
                this, [finished, size = bytes.size(), ok] { finished(size, ok); },
                Qt::QueuedConnection);
        },
        Qt::QueuedConnection);
}

qint64 StdoutWriter::pending() const
{
    return d->pending;
}

} // namespace bridge::stdio
