// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/stdio/stdoutwriter.h"

#include <QtCore/QList>
#include <QtCore/QSocketNotifier>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <poll.h>
#include <unistd.h>

namespace bridge::stdio {

namespace {

enum class Readiness { Ready, Full, Broken };

// O_NONBLOCK would change the description this process may share with others, so it asks first and
// never writes more than a ready pipe takes at once.
Readiness readiness()
{
    pollfd entry = {STDOUT_FILENO, POLLOUT, 0};
    if (::poll(&entry, 1, 0) <= 0)
        return Readiness::Full;
    if (entry.revents & (POLLERR | POLLNVAL))
        return Readiness::Broken;
    return entry.revents & POLLOUT ? Readiness::Ready : Readiness::Full;
}

} // namespace

class StdoutWriter::Private
{
public:
    QSocketNotifier notifier{STDOUT_FILENO, QSocketNotifier::Write};
    QList<QByteArray> queue;
    qsizetype at = 0; ///< bytes of the first entry that are written
    qint64 pending = 0;
    bool isBroken = false;

    /// False when nobody reads.
    bool writeSome()
    {
        while (!queue.isEmpty()) {
            const Readiness now = readiness();
            if (now == Readiness::Full)
                return true;
            const QByteArray &first = queue.constFirst();
            const qsizetype size = std::min<qsizetype>(first.size() - at, PIPE_BUF);
            const ssize_t n = now == Readiness::Broken
                                  ? -1
                                  : ::write(STDOUT_FILENO, first.constData() + at, size_t(size));
            if (n < 0 && (now == Readiness::Broken || (errno != EINTR && errno != EAGAIN)))
                return false;
            if (n > 0)
                advance(n);
        }
        return true;
    }

    void advance(qsizetype n)
    {
        at += n;
        pending -= n;
        if (at < queue.constFirst().size())
            return;
        queue.removeFirst();
        at = 0;
    }
};

StdoutWriter::StdoutWriter() : d(std::make_unique<Private>())
{
    d->notifier.setEnabled(false);
    connect(&d->notifier, &QSocketNotifier::activated, this, [this] { write({}); });
}

StdoutWriter::~StdoutWriter() = default;

void StdoutWriter::write(const QByteArray &bytes)
{
    if (d->isBroken)
        return;
    if (!bytes.isEmpty()) {
        d->queue.append(bytes);
        d->pending += bytes.size();
    }
    if (!d->writeSome()) {
        d->isBroken = true;
        d->queue.clear();
        d->pending = 0;
        d->notifier.setEnabled(false);
        Q_EMIT failed();
        return;
    }
    d->notifier.setEnabled(d->pending > 0);
    if (d->pending == 0)
        Q_EMIT drained();
}

qint64 StdoutWriter::pending() const
{
    return d->pending;
}

} // namespace bridge::stdio
