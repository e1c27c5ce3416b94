// SPDX-License-Identifier: GPL-3.0-or-later
// Tokens and keys of users at rest, for whoever must not wait for a disk: every call returns at
// once, the work happens on the vault's own thread, in the order it was asked for. Main thread.
#pragma once

#include "common/async/call.h"
#include "common/async/mailbox.h"
#include "common/async/workerthread.h"
#include "server/credentials/vaultstore.h"

#include <functional>

namespace bridge::config {
class Settings;
}

namespace bridge::credentials {

struct VaultOptions {
    QString file;
    VaultKeys keys;
    int maxPending = 1'000; ///< calls that wait for the disk
};

/// From VAULT_KEY and VAULT_FILE; nothing when there is no key, which turns the vault off.
/// InvalidConfig has the setting's name as the problem's path.
Result<std::optional<VaultOptions>> vaultOptions(const config::Settings &settings);

/// For features that need the vault and have none.
Error vaultIsOff();

class Vault
{
public:
    /// Largest value in bytes.
    static constexpr qsizetype kMaxValue = 256 * 1024;

    /// Waits for the file to be opened: for the start only. Errors as VaultStore::open().
    static Result<std::unique_ptr<Vault>> open(VaultOptions options);
    /// Waits until what was asked for is on disk. Handlers that have not run by then never do.
    ~Vault();
    Vault(const Vault &) = delete;
    Vault &operator=(const Vault &) = delete;

    // Errors of all: Overloaded (too many waiting calls), Internal (disk; a text for users).
    // Dropping the Call does not undo a write.

    /// Also InvalidArguments for a value above kMaxValue. \a expires: invalid = never.
    Call put(VaultName name, QByteArray value, const QDateTime &expires, Handler<Nothing> handler);
    Call get(VaultName name, Handler<std::optional<QByteArray>> handler);
    /// Whether there was something.
    Call remove(VaultName name, Handler<bool> handler);
    /// What \a owner has in \a table, sorted.
    Call targets(const QString &table, const QString &owner, Handler<QStringList> handler);
    /// How many values were removed, of all tables.
    Call removeOwner(const QString &owner, Handler<int> handler);

private:
    explicit Vault(int maxPending);
    template <typename T>
    Call run(std::function<Result<T>(VaultStore &)> job, Handler<T> handler);

    std::shared_ptr<Mailbox> m_home;
    std::shared_ptr<const int> m_life = std::make_shared<const int>(0); ///< answers ask for it
    std::unique_ptr<VaultStore> m_store;                                ///< of m_thread only
    int m_maxPending;
    int m_pending = 0;
    WorkerThread m_thread; ///< the last: its work uses all of the above
};

} // namespace bridge::credentials
