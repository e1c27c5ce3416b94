// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/credentials/vaultstore.h"

#include "common/base/ids.h"
#include "common/crypto/aead.h"
#include "common/logging/categories.h"

#include <QtCore/QFile>
#include <QtSql/QSqlDatabase>
#include <QtSql/QSqlError>
#include <QtSql/QSqlQuery>

#include <atomic>

using namespace Qt::StringLiterals;

namespace bridge::credentials {

namespace {

/// What the key check row holds; only whether it opens matters.
constexpr QByteArrayView kCheckText("This vault opens.");
constexpr QByteArrayView kCheckPlace("check");
/// "MCPV", so that file(1) and this program know the file.
constexpr int kApplicationId = 0x4d435056;
constexpr int kVersion = 1;
/// Values that have expired are swept once in so many writes.
constexpr int kSweepEvery = 256;

Error broken(const QSqlQuery &query)
{
    qCCritical(logging::lcConfig).noquote()
        << u"The vault cannot be used:"_s << query.lastError().databaseText();
    return {ErrorCode::Internal,
            u"The vault cannot be used at the moment; the log of the bridge tells why."_s};
}

Error badSetting(const QString &setting, const QString &reason)
{
    Error error(ErrorCode::InvalidConfig, setting + u' ' + reason);
    error.problems.append({setting, reason});
    return error;
}

Error badFile(const QString &reason)
{
    return badSetting(u"VAULT_FILE"_s, reason);
}

/// Length and bytes of each part: no two places give the same text.
QByteArray placeOf(const VaultName &name)
{
    QByteArray place = "entry"_ba;
    for (const QString *part : {&name.table, &name.owner, &name.target}) {
        const QByteArray bytes = part->toUtf8();
        place += ':' + QByteArray::number(bytes.size()) + ':' + bytes;
    }
    return place;
}

/// SQLite makes its further files as readable as the first.
Result<Nothing> makePrivate(const QString &path)
{
    constexpr QFile::Permissions owner = QFile::ReadOwner | QFile::WriteOwner;
    QFile file(path);
    if (!file.open(QIODevice::ReadWrite, owner) || !file.setPermissions(owner))
        return badFile(u"cannot be written: %1. Name a file in a folder that the bridge may write "
                       "to."_s.arg(file.errorString()));
    return Nothing{};
}

QString freshConnection()
{
    static std::atomic<int> count = 0;
    return u"vault-%1"_s.arg(++count);
}

} // namespace

VaultStore::VaultStore(QString connection, VaultKeys keys)
    : m_connection(std::move(connection))
    , m_keys(std::move(keys))
{
}

VaultStore::~VaultStore()
{
    QSqlDatabase::database(m_connection, false).close();
    QSqlDatabase::removeDatabase(m_connection);
}

QSqlQuery VaultStore::query(const QString &text) const
{
    QSqlQuery query(QSqlDatabase::database(m_connection, false));
    query.setForwardOnly(true);
    query.prepare(text);
    return query;
}

Result<std::unique_ptr<VaultStore>> VaultStore::open(const QString &file, VaultKeys keys)
{
    if (!QSqlDatabase::isDriverAvailable(u"QSQLITE"_s))
        return badSetting(u"VAULT_KEY"_s, u"has no effect: the vault needs Qt's SQLite driver, "
                                          u"which is not installed (Debian and Ubuntu: "
                                          "libqt6sql6-sqlite)."_s);
    if (auto made = makePrivate(file); !made)
        return made.error();
    std::unique_ptr<VaultStore> store(new VaultStore(freshConnection(), std::move(keys)));
    {
        QSqlDatabase database = QSqlDatabase::addDatabase(u"QSQLITE"_s, store->m_connection);
        database.setDatabaseName(file);
        // Another bridge or `vault rekey` may be writing.
        database.setConnectOptions(u"QSQLITE_BUSY_TIMEOUT=5000"_s);
        if (!database.open())
            return badFile(u"cannot be opened: %1."_s.arg(database.lastError().databaseText()));
    }
    if (auto ready = store->prepare(); !ready)
        return ready.error();
    if (auto fits = store->checkKeys(); !fits)
        return fits.error();
    store->dropExpired();
    return store;
}

Result<Nothing> VaultStore::prepare()
{
    QSqlQuery version(QSqlDatabase::database(m_connection, false));
    if (!version.exec(u"PRAGMA user_version"_s) || !version.next())
        return badFile(u"is no vault: %1."_s.arg(version.lastError().databaseText()));
    const int found = version.value(0).toInt();
    version.finish();
    if (found > kVersion)
        return badFile(u"was written by a newer mcp-bridge. Use that one."_s);
    QSqlQuery make(QSqlDatabase::database(m_connection, false));
    const QStringList steps{
        u"PRAGMA journal_mode=WAL"_s,
        u"PRAGMA synchronous=FULL"_s,
        u"PRAGMA secure_delete=ON"_s,
        u"CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value BLOB NOT NULL)"_s,
        u"CREATE TABLE IF NOT EXISTS entries(kind TEXT NOT NULL, owner TEXT NOT NULL, target TEXT "
        "NOT NULL, value BLOB NOT NULL, changed INTEGER NOT NULL, expires INTEGER, PRIMARY "
        "KEY(kind, owner, target)) WITHOUT ROWID"_s,
        u"CREATE INDEX IF NOT EXISTS owners ON entries(owner)"_s,
        u"PRAGMA application_id=%1"_s.arg(kApplicationId),
        u"PRAGMA user_version=%1"_s.arg(kVersion)};
    for (const QString &step : steps) {
        if (!make.exec(step))
            return badFile(u"cannot be used: %1."_s.arg(make.lastError().databaseText()));
        make.finish();
    }
    return Nothing{};
}

Result<Nothing> VaultStore::checkKeys()
{
    QSqlQuery check = query(u"SELECT value FROM meta WHERE name='check'"_s);
    if (!check.exec())
        return broken(check);
    if (!check.next())
        return sealCheck();
    if (!unsealed(check.value(0).toByteArray(), kCheckPlace.toByteArray()))
        return badSetting(
            u"VAULT_KEY"_s,
            u"holds no key that opens the vault in VAULT_FILE. Put the key it "
            "was made with behind the new one, separated by a comma; without that key "
            "its content is lost and VAULT_FILE has to name a new file."_s);
    return Nothing{};
}

Result<Nothing> VaultStore::sealCheck()
{
    QSqlQuery write = query(u"INSERT OR REPLACE INTO meta(name, value) VALUES('check', ?)"_s);
    write.addBindValue(crypto::seal(m_keys.constFirst(), kCheckText, kCheckPlace));
    return write.exec() ? Result<Nothing>(Nothing{}) : broken(write);
}

std::optional<QByteArray> VaultStore::unsealed(const QByteArray &sealed,
                                               const QByteArray &bound) const
{
    for (const QByteArray &key : m_keys) {
        if (auto plain = crypto::open(key, sealed, bound))
            return plain;
    }
    return std::nullopt;
}

Result<Nothing> VaultStore::put(const VaultName &name, const QByteArray &value,
                                const QDateTime &expires)
{
    QSqlQuery write = query(u"INSERT OR REPLACE INTO entries(kind, owner, target, value, changed, "
                            "expires) VALUES(?, ?, ?, ?, ?, ?)"_s);
    write.addBindValue(name.table);
    write.addBindValue(name.owner);
    write.addBindValue(name.target);
    write.addBindValue(crypto::seal(m_keys.constFirst(), value, placeOf(name)));
    write.addBindValue(QDateTime::currentSecsSinceEpoch());
    write.addBindValue(expires.isValid() ? QVariant(expires.toSecsSinceEpoch()) : QVariant());
    if (!write.exec())
        return broken(write);
    if (++m_puts % kSweepEvery == 0)
        dropExpired();
    return Nothing{};
}

Result<std::optional<QByteArray>> VaultStore::get(const VaultName &name)
{
    QSqlQuery read = query(u"SELECT value FROM entries WHERE kind=? AND owner=? AND target=? AND "
                           "(expires IS NULL OR expires>?)"_s);
    read.addBindValue(name.table);
    read.addBindValue(name.owner);
    read.addBindValue(name.target);
    read.addBindValue(QDateTime::currentSecsSinceEpoch());
    if (!read.exec())
        return broken(read);
    if (!read.next())
        return std::optional<QByteArray>();
    auto value = unsealed(read.value(0).toByteArray(), placeOf(name));
    if (!value) {
        qCCritical(logging::lcConfig) << "An entry of the vault does not open: it was changed, or "
                                         "its key is missing from VAULT_KEY.";
        return Error(ErrorCode::Internal,
                     u"What the vault holds cannot be opened. Whoever runs the bridge has to look "
                     "at VAULT_KEY."_s);
    }
    return value;
}

Result<bool> VaultStore::remove(const VaultName &name)
{
    QSqlQuery write = query(u"DELETE FROM entries WHERE kind=? AND owner=? AND target=?"_s);
    write.addBindValue(name.table);
    write.addBindValue(name.owner);
    write.addBindValue(name.target);
    if (!write.exec())
        return broken(write);
    return write.numRowsAffected() > 0;
}

Result<QStringList> VaultStore::targets(const QString &table, const QString &owner)
{
    QSqlQuery read = query(u"SELECT target FROM entries WHERE kind=? AND owner=? AND (expires IS "
                           "NULL OR expires>?) ORDER BY target"_s);
    read.addBindValue(table);
    read.addBindValue(owner);
    read.addBindValue(QDateTime::currentSecsSinceEpoch());
    if (!read.exec())
        return broken(read);
    QStringList found;
    while (read.next())
        found.append(read.value(0).toString());
    return found;
}

Result<int> VaultStore::removeOwner(const QString &owner)
{
    QSqlQuery write = query(u"DELETE FROM entries WHERE owner=?"_s);
    write.addBindValue(owner);
    if (!write.exec())
        return broken(write);
    return write.numRowsAffected();
}

Result<int> VaultStore::rekey()
{
    QSqlQuery transaction(QSqlDatabase::database(m_connection, false));
    // Immediate: nobody writes between reading and writing.
    if (!transaction.exec(u"BEGIN IMMEDIATE"_s))
        return broken(transaction);
    Result<int> count = resealAll();
    if (!transaction.exec(count ? u"COMMIT"_s : u"ROLLBACK"_s))
        return broken(transaction);
    return count;
}

Result<int> VaultStore::resealAll()
{
    QSqlQuery read = query(u"SELECT kind, owner, target, value FROM entries"_s);
    QList<std::pair<VaultName, QByteArray>> all;
    if (!read.exec())
        return broken(read);
    while (read.next())
        all.append({{read.value(0).toString(), read.value(1).toString(), read.value(2).toString()},
                    read.value(3).toByteArray()});
    read.finish();
    QSqlQuery write = query(u"UPDATE entries SET value=? WHERE kind=? AND owner=? AND target=?"_s);
    for (const auto &[name, sealed] : std::as_const(all)) {
        const QByteArray place = placeOf(name);
        const auto plain = unsealed(sealed, place);
        if (!plain)
            return Error(ErrorCode::InvalidConfig,
                         u"One of the values was sealed with a key that is not in VAULT_KEY, or "
                         "was changed. Nothing was done; add the missing key behind the others."_s);
        write.bindValue(0, crypto::seal(m_keys.constFirst(), *plain, place));
        write.bindValue(1, name.table);
        write.bindValue(2, name.owner);
        write.bindValue(3, name.target);
        if (!write.exec())
            return broken(write);
    }
    if (auto sealed = sealCheck(); !sealed)
        return sealed.error();
    return int(all.size());
}

void VaultStore::dropExpired()
{
    QSqlQuery write = query(u"DELETE FROM entries WHERE expires<=?"_s);
    write.addBindValue(QDateTime::currentSecsSinceEpoch());
    write.exec(); // next time then: readers do not see them anyway
}

} // namespace bridge::credentials
