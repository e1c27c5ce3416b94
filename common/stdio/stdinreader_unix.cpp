// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/stdio/stdinreader.h"

#include <QtCore/QSocketNotifier>

#include <cerrno>
#include <unistd.h>

namespace bridge::stdio {

namespace {

constexpr qsizetype kChunk = 64 * 1024;

} // namespace

class StdinReader::Private
{
public:
    QSocketNotifier notifier{STDIN_FILENO, QSocketNotifier::Read};
};

StdinReader::StdinReader() : d(std::make_unique<Private>())
{
    // One read for each notice: it cannot block, and O_NONBLOCK would change the description this
    // process may share with others.
    connect(&d->notifier, &QSocketNotifier::activated, this, [this] {
        QByteArray chunk(kChunk, Qt::Uninitialized);
        const ssize_t got = ::read(STDIN_FILENO, chunk.data(), size_t(chunk.size()));
        if (got > 0) {
            chunk.truncate(got);
            Q_EMIT bytesRead(chunk);
        } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
            d->notifier.setEnabled(false);
            Q_EMIT ended();
        }
    });
}

StdinReader::~StdinReader() = default;

bool writeStdout(const QByteArray &bytes)
{
    qsizetype written = 0;
    while (written < bytes.size()) {
        const ssize_t n =
            ::write(STDOUT_FILENO, bytes.constData() + written, size_t(bytes.size() - written));
        if (n > 0)
            written += n;
        else if (errno != EINTR)
            return false;
    }
    return true;
}

} // namespace bridge::stdio
