// SPDX-License-Identifier: GPL-3.0-or-later
// Windows cannot wait for a pipe and for events at once, so a thread reads.
#include "common/stdio/stdinreader.h"

#include <QtCore/QThread>

#include <fcntl.h>
#include <io.h>

namespace bridge::stdio {

class StdinReader::Private
{
public:
    std::unique_ptr<QThread> thread;
};

StdinReader::StdinReader() : d(std::make_unique<Private>())
{
    _setmode(_fileno(stdin), _O_BINARY);
    _setmode(_fileno(stdout), _O_BINARY);
    d->thread.reset(QThread::create([this] {
        QByteArray chunk(64 * 1024, Qt::Uninitialized);
        for (;;) {
            const int got = _read(_fileno(stdin), chunk.data(), unsigned(chunk.size()));
            if (got <= 0)
                break;
            const QByteArray bytes = chunk.left(got);
            QMetaObject::invokeMethod(
                this, [this, bytes] { Q_EMIT bytesRead(bytes); }, Qt::QueuedConnection);
        }
        QMetaObject::invokeMethod(
            this, [this] { Q_EMIT ended(); }, Qt::QueuedConnection);
    }));
    d->thread->start();
}

StdinReader::~StdinReader()
{
    // _read() cannot be interrupted; the process ends right after this.
    if (d->thread->isRunning()) {
        d->thread->terminate();
        d->thread->wait();
    }
}

bool writeStdout(const QByteArray &bytes)
{
    qsizetype written = 0;
    while (written < bytes.size()) {
        const int n =
            _write(_fileno(stdout), bytes.constData() + written, unsigned(bytes.size() - written));
        if (n <= 0)
            return false;
        written += n;
    }
    return true;
}

} // namespace bridge::stdio
