// SPDX-License-Identifier: GPL-3.0-or-later
// The vault's file: an SQLite table whose values are sealed with AES-256-GCM, each bound to its
// place so that a value moved to another row does not open. Names (table, owner, target) stand
// there in plain text. One thread: the one that opened it. Blocks.
#pragma once

#include "server/credentials/vaultdatabase.h"
#include "server/credentials/vaultkeys.h"

#include <QtCore/QDateTime>
#include <QtCore/QStringList>

#include <memory>
#include <optional>

class QSqlQuery;

namespace bridge::credentials {

/// Where a value is kept. Together they are the key; each may be any text.
struct VaultName {
    QString table;  ///< kind of value, e.g. `upstream-token`; not a table of the database
    QString owner;  ///< auth::Principal::owner
    QString target; ///< what it is for, e.g. the name of a server
};

class VaultStore
{
public:
    /// Opens \a file, or makes it, readable by its owner only. InvalidConfig tells when it cannot
    /// be opened, is no vault, or when none of \a keys is one of its.
    static Result<std::unique_ptr<VaultStore>> open(const QString &file, VaultKeys keys,
                                                    IfMissing ifMissing = IfMissing::Make);
    ~VaultStore();
    VaultStore(const VaultStore &) = delete;
    VaultStore &operator=(const VaultStore &) = delete;

    /// Errors of all: Internal (disk full, file locked by another program for long, damaged).
    /// \a expires: from then on the value is as good as gone; invalid = never.
    Result<Nothing> put(const VaultName &name, const QByteArray &value, const QDateTime &expires);
    Result<std::optional<QByteArray>> get(const VaultName &name);
    /// Whether there was something.
    Result<bool> remove(const VaultName &name);
    /// What \a owner has in \a table, sorted.
    Result<QStringList> targets(const QString &table, const QString &owner);
    /// How many values of \a owner were removed, in all tables.
    Result<int> removeOwner(const QString &owner);
    /// Seals everything with the first key, all or nothing. How many values there are.
    Result<int> rekey();

private:
    VaultStore(QString connection, VaultKeys keys);
    Result<Nothing> checkKeys();
    Result<Nothing> sealCheck();
    Result<int> resealAll();
    void dropExpired();
    std::optional<QByteArray> unsealed(const QByteArray &sealed, const QByteArray &bound) const;
    QSqlQuery query(const QString &text) const;

    QString m_connection;
    VaultKeys m_keys;
    int m_puts = 0;
};

} // namespace bridge::credentials
