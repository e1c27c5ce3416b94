// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/filewatch.h"

#include "common/async/background.h"

#include <QtCore/QCryptographicHash>
#include <QtCore/QFile>
#include <QtCore/QFileInfo>

namespace bridge::config {

namespace {

constexpr int kMostLinks = 16;

/// The file, every link on the way to it and the folders all of these are in.
QStringList placesOf(const QString &path)
{
    QStringList places;
    QString at = path;
    for (int i = 0; i < kMostLinks; ++i) {
        const QFileInfo info(at);
        places << at << info.absolutePath();
        if (!info.isSymLink())
            break;
        at = info.symLinkTarget();
    }
    // A link among the folders, e.g. ..data.
    const QFileInfo real(QFileInfo(path).canonicalFilePath());
    if (real.exists())
        places << real.filePath() << real.absolutePath();
    places.removeDuplicates();
    return places;
}

/// The whole content: times and sizes may stay the same when a file is replaced.
QByteArray fingerprintOf(const QString &path)
{
    QFile file(path);
    QCryptographicHash hash(QCryptographicHash::Sha256);
    if (!file.open(QIODevice::ReadOnly) || !hash.addData(&file))
        return {};
    return hash.result();
}

} // namespace

FileWatch::FileWatch(QString path, QObject *parent) : QObject(parent), m_path(std::move(path))
{
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &FileWatch::onQuiet);
    connect(&m_watcher, &QFileSystemWatcher::fileChanged, this, &FileWatch::onEvent);
    connect(&m_watcher, &QFileSystemWatcher::directoryChanged, this, &FileWatch::onEvent);
    connect(&m_return, &QTimer::timeout, this, &FileWatch::onQuiet);
    watch();
    m_fingerprint = fingerprintOf(m_path);
    awaitReturn(QFileInfo::exists(m_path));
}

/// A folder that is gone cannot be watched, so that nobody would tell when it is back.
void FileWatch::awaitReturn(bool exists)
{
    if (exists)
        m_return.stop();
    else if (!m_return.isActive())
        m_return.start(kPatience);
}

void FileWatch::watch()
{
    const QStringList wanted = placesOf(m_path);
    const QStringList watched = m_watcher.files() + m_watcher.directories();
    for (const QString &place : watched) {
        if (!wanted.contains(place))
            m_watcher.removePath(place);
    }
    m_isWatching = true;
    for (const QString &place : wanted) {
        if (!watched.contains(place) && QFileInfo::exists(place) && !m_watcher.addPath(place))
            m_isWatching = false;
    }
}

void FileWatch::onEvent()
{
    if (!m_timer.isActive())
        m_since.start();
    if (!m_timer.isActive() || !m_since.hasExpired(kPatience.count()))
        m_timer.start(kDebounce);
}

void FileWatch::onQuiet()
{
    if (m_isReading) {
        m_isStale = true;
        return;
    }
    watch(); // a file that was replaced is watched no longer
    m_isReading = true;
    m_reading = inBackground<Seen>(
        [path = m_path] {
            const QByteArray now = fingerprintOf(path);
            return Seen{now, !now.isEmpty() || QFileInfo::exists(path)};
        },
        [this](const Result<Seen> &seen) { onRead(*seen); });
}

void FileWatch::onRead(const Seen &seen)
{
    const auto &[now, exists] = seen;
    m_isReading = false;
    if (std::exchange(m_isStale, false))
        onEvent();
    awaitReturn(exists);
    if (now == m_fingerprint || (exists && now.isEmpty())) // there, and cannot be read
        return;
    m_fingerprint = now;
    if (exists)
        Q_EMIT changed();
    else
        Q_EMIT removed();
}

} // namespace bridge::config
