// SPDX-License-Identifier: GPL-3.0-or-later
// The API keys in force, from API_KEYS and API_KEY_STORE. The file is watched, and read in another
// thread when it has changed: what `mcp-bridge apikey` does takes effect without a restart, and
// nobody waits for it. Requests go by the keys of before for so long, no more than
// config::FileWatch::kPatience and the reading. Main thread.
#pragma once

#include "common/async/call.h"
#include "common/config/filewatch.h"
#include "server/auth/apikeyfile.h"
#include "server/auth/apikeyuse.h"
#include "server/auth/principal.h"

#include <QtCore/QHash>
#include <QtCore/QObject>

#include <memory>

namespace bridge::config {
class Settings;
}

namespace bridge::auth {

struct ApiKeyOptions {
    QList<QByteArray> fixed; ///< whole keys, as the operator gave them
    QString file;            ///< absolute; empty = none
};

/// From API_KEYS and API_KEY_STORE. InvalidConfig has the setting's name as the problem's path.
Result<ApiKeyOptions> apiKeyOptions(const config::Settings &settings);

class ApiKeyStore : public QObject
{
    Q_OBJECT
public:
    explicit ApiKeyStore(QObject *parent = nullptr)
        : QObject(parent)
        , m_use(std::make_unique<ApiKeyUse>())
    {
    }

    /// Puts \a options into force, all or nothing. Reads the file: for start and reload.
    Result<Nothing> load(const ApiKeyOptions &options);

    /// Whether there is any key, so that the header means something.
    bool isEmpty() const { return m_fixed.isEmpty() && m_keys.isEmpty(); }

    /// Whose \a key it is; remembers that it was used. InvalidToken for one that is unknown,
    /// TokenExpired.
    Result<PrincipalPtr> find(QByteArrayView key) const;

    /// Runs \a told when the key of \a owner, as principals have it, is not in the file any more.
    Call whenRemoved(const QString &owner, std::function<void()> told);

Q_SIGNALS:
    /// The file has other keys than before: ids that came and went. Not for the first load().
    void keysChanged(const QStringList &added, const QStringList &removed);

private:
    struct Known {
        ApiKey key;
        PrincipalPtr principal;
    };

    void watch(const QString &file);
    void onFileChanged();
    void onFileRemoved();
    void onRead(quint64 generation, const Result<QList<ApiKey>> &keys);
    void take(const QList<ApiKey> &keys);
    QSet<QByteArray> ids() const;

    QHash<QByteArray, PrincipalPtr> m_fixed; ///< by SHA-256
    QHash<QByteArray, Known> m_keys;         ///< by id
    std::unique_ptr<config::FileWatch> m_watch;
    std::unique_ptr<ApiKeyUse> m_use;
    quint64 m_generation = 0; ///< of load(); what an earlier one began to read is out of date
    bool m_isLoaded = false;
    Call m_reading; ///< in another thread
    bool m_isReading = false;
    bool m_isStale = false;   ///< the file changed meanwhile
    bool m_isBroken = false;  ///< the keys of before are in force
};

} // namespace bridge::auth
