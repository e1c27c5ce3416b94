// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/credentials/vaultstore.h"

#include "common/crypto/aead.h"
#include "common/logging/categories.h"

#include <QtSql/QSqlDatabase>
#include <QtSql/QSqlError>
#include <QtSql/QSqlQuery>

using namespace Qt::StringLiterals;

namespace bridge::credentials {

namespace {

/// What the key check row holds; only whether it opens matters.
constexpr QByteArrayView kCheckText("This vault opens.");
constexpr QByteArrayView kCheckPlace("check");
/// Values that have expired are swept once in so many writes.
constexpr int kSweepEvery = 256;

Error broken(const QSqlQuery &query)
{
    qCCritical(logging::lcConfig).noquote()
        << u"The vault cannot be used:"_s << query.lastError().databaseText();
    return {ErrorCode::Internal,
            u"The vault cannot be used at the moment; the log of the bridge tells why."_s};
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

} // namespace

VaultStore::VaultStore(QString connection, VaultKeys keys)
    : m_connection(std::move(connection))
    , m_keys(std::move(keys))
{
}

VaultStore::~VaultStore()
{
    closeVaultDatabase(m_connection);
}

QSqlQuery VaultStore::query(const QString &text) const
{
    QSqlQuery query(QSqlDatabase::database(m_connection, false));
    query.setForwardOnly(true);
    query.prepare(text);
    return query;
}

Result<std::unique_ptr<VaultStore>> VaultStore::open(const QString &file, VaultKeys keys,
                                                     IfMissing ifMissing)
{
    const Result<QString> connection = openVaultDatabase(file, ifMissing);
    if (!connection)
        return connection.error();
    std::unique_ptr<VaultStore> store(new VaultStore(*connection, std::move(keys)));
    if (auto fits = store->checkKeys(); !fits)
        return fits.error();
    store->dropExpired();
    return store;
}

Result<Nothing> VaultStore::checkKeys()
{
    QSqlQuery check = query(u"SELECT value FROM meta WHERE name='check'"_s);
    if (!check.exec())
        return broken(check);
    if (!check.next())
        return sealCheck();
    if (!unsealed(check.value(0).toByteArray(), kCheckPlace.toByteArray()))
        return badVaultSetting(
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
