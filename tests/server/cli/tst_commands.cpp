// SPDX-License-Identifier: GPL-3.0-or-later
// The subcommands vault, audit and apikey, as called by main().
#include "common/base/duration.h"
#include "common/config/loader.h"
#include "server/audit/auditfile.h"
#include "server/auth/apikeystore.h"
#include "server/cli/apikeycommand.h"
#include "server/cli/auditcommand.h"
#include "server/cli/vaultcommand.h"
#include "server/credentials/vaultstore.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>
#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::cli;
using namespace Qt::StringLiterals;

class TestCommands : public QObject
{
    Q_OBJECT

    using Command = Result<CommandText> (*)(const QStringList &, const CommandPlace &);

    std::unique_ptr<QTemporaryDir> m_folder;
    CommandPlace m_place;

    static Result<CommandText> apikeyNow(const QStringList &arguments, const CommandPlace &place)
    {
        return apikeyCommand(arguments, place);
    }
    CommandText run(Command command, const QStringList &arguments) const
    {
        auto done = command(arguments, m_place);
        if (done.ok())
            return *done;
        return {{}, done.error().message + config::problemsText(done.error()), 2};
    }
    QString path(const QString &name) const { return m_folder->filePath(name); }
    QByteArray newKey() const
    {
        return run(&vaultCommand, {u"new-key"_s}).text.trimmed().toLatin1();
    }
    bool put(const QString &name, const QByteArray &bytes) const
    {
        QFile file(path(name));
        return file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size();
    }
    QByteArray contentOf(const QString &name) const
    {
        QFile file(path(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    void writeLog(const QString &name, int count, const QByteArray &key = {}) const
    {
        auto file = std::move(*audit::AuditFile::open(path(name), key));
        for (int i = 0; i < count; ++i)
            file->write({}, 0, QDateTime::currentDateTimeUtc());
    }

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_place = {QProcessEnvironment(), m_folder->path()};
    }

    void everyCommandHasAPageOfHelp()
    {
        for (const Command command : {&vaultCommand, &auditCommand, &apikeyNow}) {
            for (const QString &flag : {u"--help"_s, u"-h"_s}) {
                const CommandText page = run(command, {flag});
                QVERIFY(page.text.startsWith(u"Usage: mcp-bridge "));
                for (const QString &line : page.text.split(u'\n'))
                    QVERIFY2(line.size() <= 88, qPrintable(line));
            }
        }
    }

    void whatIsWrongIsSaidInOneSentence_data()
    {
        QTest::addColumn<QString>("command");
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("text");
        const auto row = [](const char *line, const QString &text) {
            QStringList words = QString::fromLatin1(line).split(u' ');
            const QString command = words.takeFirst();
            QTest::newRow(line) << command << words << text;
        };
        row("vault", u"new-key or rekey"_s);
        row("vault open", u"new-key or rekey"_s);
        row("vault new-key again", u"new-key or rekey"_s);
        row("vault rekey", u"VAULT_KEY is not set"_s);
        row("vault rekey --fast", u"--fast is no option"_s);
        row("vault rekey --vault-fil x", u"Did you mean --vault-file?"_s);
        row("vault rekey --vault-file", u"--vault-file needs a value"_s);
        row("vault rekey --config missing.json", u"--config: names a file that cannot be read"_s);
        row("audit", u"verify and one or more files"_s);
        row("audit verify", u"verify and one or more files"_s);
        row("audit check x", u"verify and one or more files"_s);
        row("audit verify missing.log", u"missing.log cannot be read"_s);
        row("apikey", u"create, list or revoke"_s);
        row("apikey make", u"create, list or revoke"_s);
        row("apikey list", u"Set API_KEY_STORE"_s);
        row("apikey list x --api-key-store k", u"x is not expected"_s);
        row("apikey create x y --api-key-store k", u"y is not expected"_s);
        row("apikey revoke --api-key-store k", u"needs the id"_s);
        row("apikey revoke abc --api-key-store k", u"There is no such key"_s);
        row("apikey create --api-key-store no/k", u"API_KEY_STORE cannot be changed"_s);
        row("apikey create --expires yesterday --api-key-store k", u"a time to come"_s);
        row("apikey create --expires 2020-01-01 --api-key-store k", u"a time to come"_s);
        row("apikey create --expires 0d --api-key-store k", u"a time to come"_s);
        row("apikey create --expires -5d --api-key-store k", u"a time to come"_s);
        for (const char *span : {"2s", "30m", "999999d", "36501d", "876001h", "99999999999999999h"})
            row(qPrintable(u"apikey create --expires %1 --api-key-store k"_s.arg(
                    QLatin1StringView(span))),
                u"days or hours from now (90d, 12h; at most 36500d)"_s);
        row("apikey create --group a,,b --api-key-store k", u"--group must name"_s);
        row("apikey create --name --api-key-store=k", QString());
    }
    void whatIsWrongIsSaidInOneSentence()
    {
        QFETCH(QString, command);
        QFETCH(QStringList, arguments);
        QFETCH(QString, text);
        const CommandText done = run(command == "vault"_L1   ? &vaultCommand
                                     : command == "audit"_L1 ? &auditCommand
                                                             : &apikeyNow,
                                     arguments);
        QCOMPARE(done.exitCode, 2);
        QVERIFY2(done.note.contains(text), qPrintable(done.note));
        QVERIFY(!done.note.contains(m_folder->path()));
    }

    void aKeyOfTheVaultIsNewEachTime()
    {
        QCOMPARE(QByteArray::fromBase64(newKey()).size(), 32);
        QVERIFY(newKey() != newKey());
    }

    void aKeyOfTheVaultIsKeptForTheEyesOfItsOwner()
    {
        const CommandText done =
            run(&vaultCommand, {u"new-key"_s, u"--out"_s, path(u"vault-key"_s)});
        QCOMPARE(done.exitCode, 0);
        QVERIFY(done.text.isEmpty());
        QFile file(path(u"vault-key"_s));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray key = file.readAll();
        QCOMPARE(QByteArray::fromBase64(key.trimmed()).size(), 32);
        QVERIFY(!done.note.contains(QString::fromLatin1(key.trimmed())));
#ifdef Q_OS_UNIX
        QCOMPARE(
            int(file.permissions()
                & ~(QFile::ReadUser | QFile::WriteUser | QFile::ReadOwner | QFile::WriteOwner)),
            0);
#endif
        // A key that is there may be the only one to somebody's vault.
        const CommandText again =
            run(&vaultCommand, {u"new-key"_s, u"--out"_s, path(u"vault-key"_s)});
        QCOMPARE(again.exitCode, 2);
        file.seek(0);
        QCOMPARE(file.readAll(), key);
    }

    void aVaultIsSealedAnewWithTheFirstKey()
    {
        const QByteArray old = newKey();
        const QByteArray fresh = newKey();
        const credentials::VaultName name{u"t"_s, u"o"_s, u"x"_s};
        QVERIFY((*credentials::VaultStore::open(path(u"v.db"_s), {QByteArray::fromBase64(old)}))
                    ->put(name, "value", {})
                    .ok());
        m_place.environment.insert(u"VAULT_FILE"_s, path(u"v.db"_s));
        m_place.environment.insert(u"VAULT_KEY"_s, QString::fromLatin1(fresh));
        const CommandText wrong = run(&vaultCommand, {u"rekey"_s});
        QVERIFY2(wrong.note.contains(u"holds no key that opens"), qPrintable(wrong.note));
        QVERIFY(put(u"keys"_s, QByteArray(fresh + ",\n" + old + '\n')));
        QVERIFY(QFile::setPermissions(path(u"keys"_s), QFile::ReadOwner | QFile::WriteOwner));
        m_place.environment.remove(u"VAULT_KEY"_s);
        m_place.environment.insert(u"VAULT_KEY_FILE"_s, path(u"keys"_s));
        const CommandText done = run(&vaultCommand, {u"rekey"_s});
        QVERIFY2(done.note.startsWith(u"1 value is sealed"), qPrintable(done.note));
        QVERIFY2(done.note.contains(path(u"v.db"_s)), qPrintable(done.note));
        const auto store =
            credentials::VaultStore::open(path(u"v.db"_s), {QByteArray::fromBase64(fresh)});
        QVERIFY(store.ok());
        QCOMPARE(**(*store)->get(name), "value"_ba);
    }

    void rekeyMakesNoVaultWhereThereIsNone()
    {
        m_place.environment.insert(u"VAULT_KEY"_s, QString::fromLatin1(newKey()));
        m_place.environment.insert(u"VAULT_FILE"_s, path(u"v.db"_s));
        const CommandText missing = run(&vaultCommand, {u"rekey"_s});
        QCOMPARE(missing.exitCode, 2);
        QVERIFY2(missing.note.contains(path(u"v.db"_s)), qPrintable(missing.note));
        QVERIFY2(missing.note.contains(u"There is no such file"), qPrintable(missing.note));
        QVERIFY(!QFile::exists(path(u"v.db"_s)));
        QVERIFY(put(u"v.db"_s, {}));
        const CommandText empty = run(&vaultCommand, {u"rekey"_s});
        QCOMPARE(empty.exitCode, 2);
        QVERIFY2(empty.note.contains(path(u"v.db"_s)), qPrintable(empty.note));
        QCOMPARE(QFileInfo(path(u"v.db"_s)).size(), 0);
    }

    void aVaultKeyThatIsNoneIsNotRepeated()
    {
        m_place.environment.insert(u"VAULT_KEY"_s, u"my-secret-password"_s);
        const CommandText done = run(&vaultCommand, {u"rekey"_s});
        QVERIFY(done.note.contains(u"VAULT_KEY key 1 of 1 is not 32 bytes"));
        QVERIFY(!done.note.contains(u"my-secret-password"));
    }

    void anUntouchedAuditLogVerifies()
    {
        writeLog(u"a.log"_s, 3);
        const CommandText done = run(&auditCommand, {u"verify"_s, u"a.log"_s});
        QCOMPARE(done.exitCode, 0);
        QVERIFY2(done.text.startsWith(u"3 lines are one unbroken chain. Last: number 3, hash "),
                 qPrintable(done.text));
    }

    void theFirstWrongLineIsNamed()
    {
        writeLog(u"a.log"_s, 3);
        QByteArray text = contentOf(u"a.log"_s);
        QVERIFY(put(u"a.log"_s, text.replace("\"seq\":2", "\"seq\":9")));
        CommandText done = run(&auditCommand, {u"verify"_s, u"a.log"_s});
        QCOMPARE(done.exitCode, 1);
        QVERIFY2(done.note.startsWith(u"a.log: line 2 is wrong: "), qPrintable(done.note));
        QVERIFY(put(u"b.log"_s, contentOf(u"a.log"_s).first(100)));
        done = run(&auditCommand, {u"verify"_s, u"b.log"_s});
        QVERIFY(done.note.contains(u"line 1 is wrong: it is incomplete"));
        QVERIFY(put(u"c.log"_s, QByteArray(3 * 1024 * 1024, 'x')));
        QCOMPARE(run(&auditCommand, {u"verify"_s, u"c.log"_s}).exitCode, 1);
    }

    void aLogWithoutLinesIsNoSuccess()
    {
        writeLog(u"a.log"_s, 3);
        QVERIFY(put(u"b.log"_s, {}));
        const CommandText done = run(&auditCommand, {u"verify"_s, u"b.log"_s});
        QCOMPARE(done.exitCode, 1);
        QVERIFY2(done.note.contains(u"There are no lines to verify"), qPrintable(done.note));
        // Right after it was rotated the newest file is empty.
        QCOMPARE(run(&auditCommand, {u"verify"_s, u"a.log"_s, u"b.log"_s}).exitCode, 0);
    }

    void aKeyedLogNeedsItsKey()
    {
        writeLog(u"a.log"_s, 2, "0123456789abcdef");
        QCOMPARE(run(&auditCommand, {u"verify"_s, u"a.log"_s}).exitCode, 1);
        m_place.environment.insert(u"AUDIT_KEY"_s, u"0123456789abcdef"_s);
        QCOMPARE(run(&auditCommand, {u"verify"_s, u"a.log"_s}).exitCode, 0);
    }

    void aKeyIsShownOnceListedAndRevoked()
    {
        m_place.environment.insert(u"API_KEY_STORE"_s, path(u"keys.json"_s));
        const CommandText made = run(&apikeyNow, {u"create"_s, u"--name=nightly"_s, u"--group"_s,
                                                  u"ci,team a"_s, u"--group=ops"_s, u"--scope"_s,
                                                  u"tools:call"_s, u"--expires"_s, u"12h"_s});
        QVERIFY2(made.text.startsWith(u"mbk_"), qPrintable(made.note));
        const QByteArray key = made.text.trimmed().toLatin1();
        auth::ApiKeyStore store;
        QVERIFY(store.load({{}, path(u"keys.json"_s)}).ok());
        QCOMPARE((*store.find(key))->groups, (QStringList{u"ci"_s, u"team a"_s, u"ops"_s}));
        const CommandText list = run(&apikeyNow, {u"list"_s});
        QVERIFY(list.text.contains(u"nightly"));
        QVERIFY(!list.text.contains(made.text.trimmed()));
        const QJsonObject entry =
            QJsonDocument::fromJson(run(&apikeyNow, {u"list"_s, u"--json"_s}).text.toUtf8())
                .array()
                .at(0)
                .toObject();
        const QString id = entry["id"_L1].toString();
        QVERIFY(made.note.contains(id));
        QCOMPARE(entry["expired"_L1].toBool(true), false);
        QVERIFY(!entry.contains("hash"_L1) && !entry.contains("salt"_L1));
        QVERIFY(run(&apikeyNow, {u"revoke"_s, id}).note.contains(id));
        QVERIFY(store.load({{}, path(u"keys.json"_s)}).ok());
        QVERIFY(!store.find(key).ok());
        QCOMPARE(run(&apikeyNow, {u"list"_s}).note, u"There are no keys.\n"_s);
    }

    void aListTellsWhenAKeyWasUsedLast()
    {
        m_place.environment.insert(u"API_KEY_STORE"_s, path(u"keys.json"_s));
        const auto entry = [this] {
            return QJsonDocument::fromJson(run(&apikeyNow, {u"list"_s, u"--json"_s}).text.toUtf8())
                .array()
                .at(0)
                .toObject();
        };
        QVERIFY(run(&apikeyNow, {u"create"_s}).text.startsWith(u"mbk_"));
        QCOMPARE(entry()["last_used"_L1].toString(), u"never"_s);
        QVERIFY(run(&apikeyNow, {u"list"_s}).text.contains(u"last used: never"));
        put(u"keys.json.used"_s,
            "{\"" + entry()["id"_L1].toString().toLatin1() + "\":\"2026-11-22T10:00:00.000Z\"}");
        QCOMPARE(entry()["last_used"_L1].toString(), u"2026-11-22T10:00:00.000Z"_s);
        put(u"keys.json.used"_s, "no JSON");
        QCOMPARE(entry()["last_used"_L1].toString(), u"never"_s);
    }

    void aKeyThatOpensNothingIsToldOf()
    {
        m_place.environment.insert(u"API_KEY_STORE"_s, path(u"keys.json"_s));
        m_place.environment.insert(u"BRIDGE_REQUIRED_GROUPS"_s, u"staff,/ops"_s);
        const auto note = [this](const QStringList &more) {
            return run(&apikeyNow, QStringList{u"create"_s} + more).note;
        };
        QVERIFY(note({}).contains(u"BRIDGE_REQUIRED_GROUPS"));
        QVERIFY(note({u"--group=other"_s}).contains(u"--group"));
        QVERIFY(!note({u"--group=ops"_s}).contains(u"BRIDGE_REQUIRED_GROUPS"));
        QVERIFY(!note({u"--role=staff"_s}).contains(u"BRIDGE_REQUIRED_GROUPS"));
        m_place.environment.remove(u"BRIDGE_REQUIRED_GROUPS"_s);
        QVERIFY(!note({}).contains(u"BRIDGE_REQUIRED_GROUPS"));
    }

    void aKeyMayBeNamedInOneWord()
    {
        m_place.environment.insert(u"API_KEY_STORE"_s, path(u"keys.json"_s));
        QCOMPARE(run(&apikeyNow, {u"create"_s, u"nightly"_s}).exitCode, 0);
        QVERIFY(run(&apikeyNow, {u"list"_s}).text.contains(u"nightly"));
    }

    void theKeyItselfGivenAsAnIdIsNotRepeated()
    {
        m_place.environment.insert(u"API_KEY_STORE"_s, path(u"keys.json"_s));
        const QString key = run(&apikeyNow, {u"create"_s}).text.trimmed();
        const CommandText done = run(&apikeyNow, {u"revoke"_s, key});
        QCOMPARE(done.exitCode, 2);
        QVERIFY(!done.note.contains(key.right(43)));
    }

    void aCommandWithoutARunningBridgeWritesTheAuditLog()
    {
        m_place.environment.insert(u"API_KEY_STORE"_s, path(u"keys.json"_s));
        m_place.environment.insert(u"AUDIT_LOG"_s, path(u"audit.log"_s));
        const CommandText made = run(&apikeyNow, {u"create"_s});
        const QByteArray log = contentOf(u"audit.log"_s);
        QVERIFY(log.contains("\"event\":\"api_key_created\""));
        QVERIFY(!log.contains(made.text.trimmed().right(43).toLatin1()));
        QCOMPARE(run(&auditCommand, {u"verify"_s, u"audit.log"_s}).exitCode, 0);
    }

    void timesAreReadInManyForms_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QDateTime>("expected");
        const QDateTime now(QDate(2026, 11, 22), QTime(10, 0), kUtc);
        QTest::newRow("days") << u"90d"_s << now.addDays(90);
        QTest::newRow("hours") << u"12h"_s << now.addSecs(12 * 3'600);
        QTest::newRow("date") << u"2027-01-31"_s
                              << QDateTime(QDate(2027, 1, 31), QTime(0, 0), kUtc);
        QTest::newRow("time") << u"2027-01-31T12:00:00+02:00"_s
                              << QDateTime(QDate(2027, 1, 31), QTime(10, 0), kUtc);
        QTest::newRow("never") << u"never"_s << QDateTime();
    }
    void timesAreReadInManyForms()
    {
        QFETCH(QString, text);
        QFETCH(QDateTime, expected);
        const auto time = expiryFrom(text, QDateTime(QDate(2026, 11, 22), QTime(10, 0), kUtc));
        QVERIFY(time.ok());
        QCOMPARE(*time, expected);
    }
};

QTEST_GUILESS_MAIN(TestCommands)
#include "tst_commands.moc"
