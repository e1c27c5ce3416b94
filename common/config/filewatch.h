// SPDX-License-Identifier: GPL-3.0-or-later
// Tells when the content of a file has changed, however it got there: written in place, replaced
// by renaming (editors), or reached by another symbolic link (Kubernetes swaps `..data`, to which
// the file's own link leads).
#pragma once

#include "common/async/call.h"

#include <QtCore/QElapsedTimer>
#include <QtCore/QFileSystemWatcher>
#include <QtCore/QObject>
#include <QtCore/QTimer>

#include <chrono>

namespace bridge::config {

class FileWatch : public QObject
{
    Q_OBJECT
public:
    /// Whoever writes has so long to be done with it; then it is read, at the latest after
    /// kPatience.
    static constexpr std::chrono::milliseconds kDebounce{250};
    static constexpr std::chrono::milliseconds kPatience{2'000};

    /// \a path absolute; the file need not exist. Reads it, this once in the caller's thread: for
    /// start and reload. Needs a QCoreApplication.
    explicit FileWatch(QString path, QObject *parent = nullptr);

    const QString &path() const { return m_path; }
    /// Whether the system watches it; false when it has no more watches to give.
    bool isWatching() const { return m_isWatching; }

Q_SIGNALS:
    /// There is another content than before, or the file is back; not while there is none.
    void changed();
    /// The file is gone, and not only for the moment in which another takes its place. Once, until
    /// it is back.
    void removed();

private:
    struct Seen {
        QByteArray fingerprint; ///< empty without a file, or when it cannot be read
        bool exists = false;
    };

    void onEvent();
    void onQuiet();
    void onRead(const Seen &seen);
    void awaitReturn(bool exists);
    void watch();

    QString m_path;
    QFileSystemWatcher m_watcher;
    QTimer m_timer;
    QTimer m_return;          ///< while there is no file: its folder may be gone as well
    QElapsedTimer m_since;    ///< the first event that was not looked into yet
    QByteArray m_fingerprint; ///< empty without a file
    bool m_isWatching = false;
    Call m_reading; ///< in another thread
    bool m_isReading = false;
    bool m_isStale = false;   ///< there was an event meanwhile
};

} // namespace bridge::config
