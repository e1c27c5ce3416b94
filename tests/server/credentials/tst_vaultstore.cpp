// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/credentials/vaultstore.h"

#include <QtSql/QSqlDatabase>
#include <QtSql/QSqlQuery>
#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::credentials;
using namespace Qt::StringLiterals;

namespace {

const QByteArray kOld(32, 'o');
const QByteArray kNew(32, 'n');

VaultName nameOf(const QString &target, const QString &owner = u"iss#ann"_s)
{
    return {u"token"_s, owner, target};
}

QByteArray everythingIn(const QString &folder)
{
    QByteArray all;
    for (const QFileInfo &info : QDir(folder).entryInfoList(QDir::Files)) {
        QFile file(info.filePath());
        if (file.open(QIODevice::ReadOnly))
            all += file.readAll();
    }
    return all;
}

} // namespace

class tst_VaultStore : public QObject
{
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_file;

    std::unique_ptr<VaultStore> opened(const VaultKeys &keys = {kOld})
    {
        auto store = VaultStore::open(m_file, keys);
        return store.ok() ? std::move(*store) : nullptr;
    }
    QString whyNot(const VaultKeys &keys = {kOld})
    {
        auto store = VaultStore::open(m_file, keys);
        return store.ok() ? QString() : store.error().message;
    }
    bool change(const QString &statement)
    {
        bool done = false;
        {
            auto database = QSqlDatabase::addDatabase(u"QSQLITE"_s, u"raw"_s);
            database.setDatabaseName(m_file);
            done = database.open() && QSqlQuery(database).exec(statement);
        }
        QSqlDatabase::removeDatabase(u"raw"_s);
        return done;
    }

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_file = m_folder->filePath(u"vault.db"_s);
    }

    void whatIsPutIsFoundAfterARestart()
    {
        const QByteArray value("tok\0en", 6);
        QVERIFY(opened()->put(nameOf(u"git"_s), value, {}).ok());
        const auto store = opened();
        QVERIFY(store);
        const auto got = store->get(nameOf(u"git"_s));
        QVERIFY(got.ok());
        QCOMPARE(**got, value);
        QVERIFY(!store->get(nameOf(u"other"_s))->has_value());
        QVERIFY(!store->get(nameOf(u"git"_s, u"iss#bob"_s))->has_value());
    }

    void nothingSecretStandsInTheFiles()
    {
        const auto store = opened();
        QVERIFY(store->put(nameOf(u"git"_s), "canary-8311", {}).ok());
        QVERIFY(store->put(nameOf(u"git"_s), "canary-8312", {}).ok());
        const QByteArray all = everythingIn(m_folder->path());
        QVERIFY(all.contains("iss#ann"));
        QVERIFY(!all.contains("canary-831"));
    }

    void itsFilesAreTheOwnersOnly()
    {
        {
            QFile loose(m_file);
            QVERIFY(loose.open(QIODevice::WriteOnly));
            loose.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ReadOther);
        }
        const auto store = opened();
        QVERIFY(store->put(nameOf(u"git"_s), "x", {}).ok());
        for (const QFileInfo &info : QDir(m_folder->path()).entryInfoList(QDir::Files))
            QVERIFY2(
                !(info.permissions()
                  & (QFile::ReadGroup | QFile::WriteGroup | QFile::ReadOther | QFile::WriteOther)),
                qPrintable(info.fileName()));
    }

    void aLaterValueReplacesAnEarlierOne()
    {
        const auto store = opened();
        QVERIFY(store->put(nameOf(u"git"_s), "one", {}).ok());
        QVERIFY(store->put(nameOf(u"git"_s), "two", {}).ok());
        QCOMPARE(**store->get(nameOf(u"git"_s)), "two"_ba);
        QVERIFY(*store->remove(nameOf(u"git"_s)));
        QVERIFY(!*store->remove(nameOf(u"git"_s)));
        QVERIFY(!store->get(nameOf(u"git"_s))->has_value());
    }

    void anOwnerCanBeListedAndRemoved()
    {
        const auto store = opened();
        for (const auto &target : {u"b"_s, u"a"_s, u"c; DROP TABLE entries"_s})
            QVERIFY(store->put(nameOf(target), "x", {}).ok());
        QVERIFY(store->put(nameOf(u"a"_s, u"iss#bob"_s), "x", {}).ok());
        QVERIFY(store->put({u"apikey"_s, u"iss#ann"_s, u"z"_s}, "x", {}).ok());
        QCOMPARE(*store->targets(u"token"_s, u"iss#ann"_s),
                 (QStringList{u"a"_s, u"b"_s, u"c; DROP TABLE entries"_s}));
        QCOMPARE(*store->removeOwner(u"iss#ann"_s), 4);
        QVERIFY(store->targets(u"token"_s, u"iss#ann"_s)->isEmpty());
        QVERIFY(store->get(nameOf(u"a"_s, u"iss#bob"_s))->has_value());
    }

    void whatHasExpiredIsGone()
    {
        const QDateTime now = QDateTime::currentDateTimeUtc();
        {
            const auto store = opened();
            QVERIFY(store->put(nameOf(u"old"_s), "x", now.addSecs(-1)).ok());
            QVERIFY(store->put(nameOf(u"new"_s), "x", now.addSecs(1'000)).ok());
            QVERIFY(!store->get(nameOf(u"old"_s))->has_value());
            QVERIFY(store->get(nameOf(u"new"_s))->has_value());
            QCOMPARE(*store->targets(u"token"_s, u"iss#ann"_s), QStringList{u"new"_s});
        }
        QCOMPARE(*opened()->removeOwner(u"iss#ann"_s), 1); // the other was swept
    }

    void aValueMovedToAnotherRowDoesNotOpen()
    {
        QVERIFY(opened()->put(nameOf(u"git"_s), "anns", {}).ok());
        QVERIFY(change(u"UPDATE entries SET owner='iss#bob'"_s));
        QTest::ignoreMessage(QtCriticalMsg, QRegularExpression(u"does not open"_s));
        const auto got = opened()->get(nameOf(u"git"_s, u"iss#bob"_s));
        QVERIFY(!got.ok());
        QCOMPARE(got.error().code, ErrorCode::Internal);
        QVERIFY(!got.error().message.contains(u"bob"));
    }

    void placesThatLookAlikeAreNotTheSame()
    {
        const auto store = opened();
        QVERIFY(store->put({u"t"_s, u"ab"_s, u"c"_s}, "x", {}).ok());
        QVERIFY(change(u"UPDATE entries SET owner='a', target='bc'"_s));
        QTest::ignoreMessage(QtCriticalMsg, QRegularExpression(u"does not open"_s));
        QVERIFY(!store->get({u"t"_s, u"a"_s, u"bc"_s}).ok());
    }

    void aWrongKeyIsRefusedAtTheStart()
    {
        QVERIFY(opened());
        QVERIFY(whyNot({kNew}).contains(u"VAULT_KEY holds no key that opens the vault"));
        QVERIFY(opened({kNew, kOld}));
    }

    void keysAreExchangedInThreeSteps()
    {
        QVERIFY(opened()->put(nameOf(u"a"_s), "one", {}).ok());
        {
            const auto both = opened({kNew, kOld});
            QVERIFY(both->put(nameOf(u"b"_s), "two", {}).ok());
            QCOMPARE(**both->get(nameOf(u"a"_s)), "one"_ba);
            QCOMPARE(*both->rekey(), 2);
        }
        const auto store = opened({kNew});
        QVERIFY(store);
        QCOMPARE(**store->get(nameOf(u"a"_s)), "one"_ba);
        QCOMPARE(**store->get(nameOf(u"b"_s)), "two"_ba);
        QVERIFY(!whyNot({kOld}).isEmpty());
    }

    void aRekeyWithAKeyMissingChangesNothing()
    {
        const QByteArray third(32, 't');
        QVERIFY(opened()->put(nameOf(u"a"_s), "one", {}).ok());
        QVERIFY(opened({third, kOld})->put(nameOf(u"b"_s), "two", {}).ok());
        const auto count = opened({kNew, kOld})->rekey();
        QVERIFY(!count.ok());
        QVERIFY(count.error().message.contains(u"Nothing was done"));
        QCOMPARE(**opened()->get(nameOf(u"a"_s)), "one"_ba);
    }

    void aFileThatIsNoVaultIsLeftAlone()
    {
        const QByteArray text = "This is my diary.\n"_ba.repeated(100);
        {
            QFile file(m_file);
            QVERIFY(file.open(QIODevice::WriteOnly));
            file.write(text);
        }
        QVERIFY2(whyNot().startsWith(u"VAULT_FILE is no vault"), qPrintable(whyNot()));
        QFile file(m_file);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), text);
    }

    void aDatabaseOfAnotherProgramIsLeftAlone()
    {
        QVERIFY(change(u"CREATE TABLE diary(day TEXT)"_s));
        QVERIFY2(whyNot().contains(u"another program"), qPrintable(whyNot()));
        QVERIFY(!everythingIn(m_folder->path()).contains("entries"));
    }

    void aFolderThatCannotBeWrittenToIsNamedBySetting()
    {
        m_file = m_folder->filePath(u"missing/vault.db"_s);
        QVERIFY(whyNot().startsWith(u"VAULT_FILE cannot be written"));
        QVERIFY(!whyNot().contains(m_folder->path()));
        m_file = m_folder->path();
        QVERIFY(whyNot().startsWith(u"VAULT_FILE cannot be written"));
    }

    void aNewerFileIsNotTouched()
    {
        QVERIFY(opened());
        QVERIFY(change(u"PRAGMA user_version=7"_s));
        QVERIFY(whyNot().contains(u"newer"));
    }
};

QTEST_GUILESS_MAIN(tst_VaultStore)
#include "tst_vaultstore.moc"
