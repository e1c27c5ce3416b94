// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/credentials/vaultdatabase.h"

#include <QtCore/QFile>
#include <QtSql/QSqlDatabase>
#include <QtSql/QSqlError>
#include <QtSql/QSqlQuery>

#include <atomic>

using namespace Qt::StringLiterals;

namespace bridge::credentials {

namespace {

/// "MCPV", so that file(1) and this program know the file.
constexpr int kApplicationId = 0x4d435056;
constexpr int kVersion = 1;

Error badFile(const QString &reason)
{
    return badVaultSetting(u"VAULT_FILE"_s, reason);
}

Error noVault(const QString &path, const QString &why)
{
    return badFile(u"names %1, which is no vault. %2 Name the one the bridge uses, as it is set "
                   "there or by --vault-file. Nothing was done."_s.arg(path, why));
}

/// SQLite makes its further files as readable as the first.
Result<Nothing> makePrivate(const QString &path, IfMissing ifMissing)
{
    constexpr QFile::Permissions owner = QFile::ReadOwner | QFile::WriteOwner;
    QFile file(path);
    if (ifMissing == IfMissing::Fail && !QFile::exists(path))
        return noVault(path, u"There is no such file, or its folder cannot be read."_s);
    if (!file.open(QIODevice::ReadWrite, owner) || !file.setPermissions(owner))
        return badFile(u"cannot be written: %1. Name a file in a folder that the bridge may write "
                       "to."_s.arg(file.errorString()));
    return Nothing{};
}

/// The one number that \a statement gives.
Result<int> number(const QSqlDatabase &database, const QString &statement)
{
    QSqlQuery query(database);
    if (!query.exec(statement) || !query.next())
        return badFile(u"is no vault: %1."_s.arg(query.lastError().databaseText()));
    return query.value(0).toInt();
}

/// Whether the file is new or ours.
Result<Nothing> recognise(const QSqlDatabase &database, IfMissing ifMissing)
{
    const Result<int> id = number(database, u"PRAGMA application_id"_s);
    if (!id)
        return id.error();
    const Result<int> tables = number(database, u"SELECT count(*) FROM sqlite_master"_s);
    if (!tables)
        return tables.error();
    if (*id != kApplicationId && *tables > 0)
        return badFile(u"is no vault but the database of another program. It is left alone."_s);
    if (*id != kApplicationId && ifMissing == IfMissing::Fail)
        return noVault(database.databaseName(), u"It is empty."_s);
    const Result<int> version = number(database, u"PRAGMA user_version"_s);
    if (!version)
        return version.error();
    if (*version > kVersion)
        return badFile(u"was written by a newer mcp-bridge. Use that one."_s);
    return Nothing{};
}

Result<Nothing> makeTables(const QSqlDatabase &database)
{
    const QStringList steps{
        u"PRAGMA journal_mode=WAL"_s,
        u"PRAGMA synchronous=FULL"_s,
        u"PRAGMA secure_delete=ON"_s,
        u"PRAGMA application_id=%1"_s.arg(kApplicationId),
        u"CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value BLOB NOT NULL)"_s,
        u"CREATE TABLE IF NOT EXISTS entries(kind TEXT NOT NULL, owner TEXT NOT NULL, target TEXT "
        "NOT NULL, value BLOB NOT NULL, changed INTEGER NOT NULL, expires INTEGER, PRIMARY "
        "KEY(kind, owner, target)) WITHOUT ROWID"_s,
        u"CREATE INDEX IF NOT EXISTS owners ON entries(owner)"_s,
        u"PRAGMA user_version=%1"_s.arg(kVersion)};
    QSqlQuery make(database);
    for (const QString &step : steps) {
        if (!make.exec(step))
            return badFile(u"cannot be used: %1."_s.arg(make.lastError().databaseText()));
        make.finish();
    }
    return Nothing{};
}

Result<Nothing> openAs(const QString &connection, const QString &file, IfMissing ifMissing)
{
    QSqlDatabase database = QSqlDatabase::addDatabase(u"QSQLITE"_s, connection);
    database.setDatabaseName(file);
    // Another bridge or `vault rekey` may be writing.
    database.setConnectOptions(u"QSQLITE_BUSY_TIMEOUT=5000"_s);
    if (!database.open())
        return badFile(u"cannot be opened: %1."_s.arg(database.lastError().databaseText()));
    const Result<Nothing> known = recognise(database, ifMissing);
    return known ? makeTables(database) : known;
}

} // namespace

Error badVaultSetting(const QString &setting, const QString &reason)
{
    Error error(ErrorCode::InvalidConfig, setting + u' ' + reason);
    error.problems.append({setting, reason});
    return error;
}

Result<QString> openVaultDatabase(const QString &file, IfMissing ifMissing)
{
    if (!QSqlDatabase::isDriverAvailable(u"QSQLITE"_s))
        return badVaultSetting(u"VAULT_KEY"_s,
                               u"has no effect: the vault needs Qt's SQLite driver, which is not "
                               "installed (Debian and Ubuntu: libqt6sql6-sqlite)."_s);
    if (const auto made = makePrivate(file, ifMissing); !made)
        return made.error();
    static std::atomic<int> count = 0;
    const QString connection = u"vault-%1"_s.arg(++count);
    if (const auto opened = openAs(connection, file, ifMissing); !opened) {
        closeVaultDatabase(connection);
        return opened.error();
    }
    return connection;
}

void closeVaultDatabase(const QString &connection)
{
    QSqlDatabase::database(connection, false).close();
    QSqlDatabase::removeDatabase(connection);
}

} // namespace bridge::credentials
