// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/settings.h"
#include "common/logging/redaction.h"
#include "server/auth/apikeystrategy.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::auth;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

using Headers = QList<std::pair<QByteArray, QByteArray>>;

class tst_ApiKeys : public QObject
{
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_file;

    ApiKeyOptions options() const { return {{}, m_file}; }
    /// Makes a key and puts it into the file beside those that are there.
    QByteArray made(ApiKey wish = {})
    {
        auto keys = readApiKeys(m_file);
        if (!keys)
            return {};
        if (!wish.created.isValid())
            wish.created = QDateTime::currentDateTimeUtc();
        const QByteArray text = makeApiKey(wish);
        keys->append(wish);
        return writeApiKeys(m_file, *keys).ok() ? text : QByteArray();
    }
    QString whyNot(const QByteArray &content)
    {
        QFile file(m_file);
        if (!file.open(QIODevice::WriteOnly))
            return u"cannot write"_s;
        file.setPermissions(QFile::ReadOwner | QFile::WriteOwner);
        file.write(content);
        file.close();
        const auto keys = readApiKeys(m_file);
        return keys.ok() ? QString() : keys.error().message;
    }
    static Strategy::Outcome asked(const ApiKeyStore &store, const Headers &headers)
    {
        ApiKeyStrategy strategy(&store);
        AuthRequest request;
        request.headers = &headers;
        return strategy.findNow(request);
    }

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_file = m_folder->filePath(u"keys.json"_s);
    }

    void aKeySaysWhoItIsForAndWhatItMayDo()
    {
        ApiKey wish;
        wish.name = u"nightly"_s;
        wish.groups = QStringList{u"ci"_s, u"team a"_s};
        wish.roles = QStringList{u"runner"_s};
        wish.scopes = QStringList{u"tools:call"_s};
        wish.expires = QDateTime::currentDateTimeUtc().addDays(1);
        const QByteArray key = made(wish);
        ApiKeyStore store;
        QVERIFY(store.load(options()).ok());
        const auto outcome = asked(store, {{"x-api-key", key}});
        QCOMPARE(outcome.finding, Strategy::Finding::Known);
        QVERIFY(outcome.principal);
        const Principal &who = *outcome.principal;
        QCOMPARE(who.kind, Principal::Kind::Service);
        QCOMPARE(who.owner, u"key:"_s + QString::fromLatin1(idOfKey(key)));
        QCOMPARE(who.name, wish.name);
        QCOMPARE(who.groups, wish.groups);
        QCOMPARE(who.roles, wish.roles);
        QCOMPARE(who.scopes, wish.scopes);
        QCOMPARE(who.strategy, u"api-key"_s);
        QVERIFY(who.isVerified);
        QVERIFY(!who.isAdmin);
        QVERIFY(who.userId.isEmpty());
        QVERIFY(who.token.isEmpty());
        QCOMPARE(asked(store, {{"X-API-Key", key}}).principal, outcome.principal);
    }

    void keysAreLongRandomAndDifferent()
    {
        QSet<QByteArray> seen;
        for (int i = 0; i < 100; ++i) {
            ApiKey key;
            const QByteArray text = makeApiKey(key);
            QCOMPARE(text.size(), 60);
            QCOMPARE(idOfKey(text), QByteArrayView(key.id.toLatin1()));
            QCOMPARE(key.hash, hashOfKey(key.salt, text));
            seen << text << key.salt << key.id.toLatin1();
        }
        QCOMPARE(seen.size(), 300);
    }

    void theFileHoldsNoKeyAndIsTheOwnersOnly()
    {
        const QByteArray key = made();
        QFile file(m_file);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray content = file.readAll();
        QVERIFY(content.contains(idOfKey(key).toByteArray()));
        QVERIFY(!content.contains(key.right(43)));
        QCOMPARE(
            file.permissions()
                & (QFile::ReadGroup | QFile::WriteGroup | QFile::ReadOther | QFile::WriteOther),
            QFile::Permissions());
    }

    void anythingButTheKeyIsRefusedWithOneText_data()
    {
        QTest::addColumn<int>("change");
        QTest::newRow("last character") << 0;
        QTest::newRow("another id") << 1;
        QTest::newRow("cut") << 2;
        QTest::newRow("longer") << 3;
        QTest::newRow("empty") << 4;
        QTest::newRow("huge") << 5;
        QTest::newRow("upper case") << 6;
        QTest::newRow("binary") << 7;
        QTest::newRow("bearer") << 8;
    }
    void anythingButTheKeyIsRefusedWithOneText()
    {
        QFETCH(int, change);
        const QByteArray key = made();
        const QByteArray other = made();
        ApiKeyStore store;
        QVERIFY(store.load(options()).ok());
        const QList<QByteArray> wrong{key.chopped(1) + (key.endsWith('A') ? 'B' : 'A'),
                                      other.first(17) + key.sliced(17),
                                      key.chopped(1),
                                      key + 'A',
                                      "",
                                      QByteArray(100'000, 'a'),
                                      key.toUpper(),
                                      QByteArray(60, '\xff'),
                                      "Bearer " + key};
        const auto outcome = asked(store, {{"X-API-Key", wrong.at(change)}});
        QCOMPARE(outcome.finding, Strategy::Finding::Known);
        QVERIFY(!outcome.principal);
        QCOMPARE(outcome.error->code, ErrorCode::InvalidToken);
        QCOMPARE(outcome.error->message, u"The API key in X-API-Key is not known here. Ask whoever "
                                         "runs the bridge for one."_s);
    }

    void withoutTheHeaderItPassesAndWithTwoItRefuses()
    {
        const QByteArray key = made();
        ApiKeyStore store;
        QVERIFY(store.load(options()).ok());
        QCOMPARE(asked(store, {{"Authorization", "Bearer " + key}}).finding,
                 Strategy::Finding::Pass);
        const auto twice = asked(store, {{"X-API-Key", key}, {"x-api-key", key}});
        QCOMPARE(twice.error->code, ErrorCode::InvalidToken);
    }

    void anExpiredKeyIsTold()
    {
        ApiKey wish;
        wish.expires = QDateTime::currentDateTimeUtc().addSecs(-1);
        const QByteArray key = made(wish);
        ApiKeyStore store;
        QVERIFY(store.load(options()).ok());
        const auto outcome = asked(store, {{"X-API-Key", key}});
        QCOMPARE(outcome.error->code, ErrorCode::TokenExpired);
        QVERIFY(!outcome.error->message.contains(QString::fromLatin1(key.right(43))));
    }

    void fixedKeysHaveAnOwnerEach()
    {
        config::Settings settings;
        settings.set(u"API_KEYS"_s, u" first-key-0123456789 ,second-key-0123456789,"_s,
                     config::Source::Environment);
        const auto read = apiKeyOptions(settings);
        QVERIFY(read.ok());
        ApiKeyStore store;
        QVERIFY(store.load(*read).ok());
        const auto first = asked(store, {{"X-API-Key", "first-key-0123456789"}}).principal;
        const auto second = asked(store, {{"X-API-Key", "second-key-0123456789"}}).principal;
        QVERIFY(first && second);
        QVERIFY(first->owner != second->owner);
        QVERIFY(!first->owner.contains(u"first"));
        QVERIFY(asked(store, {{"X-API-Key", "first-key-012345678"}}).error.has_value());
        QVERIFY(!logging::redact(u"x first-key-0123456789"_s).contains(u"first-key"));
    }

    void aShortFixedKeyIsNamedByItsNumber()
    {
        config::Settings settings;
        settings.set(u"API_KEYS"_s, u"first-key-0123456789,hunter2"_s, config::Source::Environment);
        const auto read = apiKeyOptions(settings);
        QVERIFY(!read.ok());
        QCOMPARE(read.error().problems.value(0).path, u"API_KEYS"_s);
        QVERIFY(read.error().problems.value(0).message.contains(u"number 2"));
        QVERIFY(!read.error().problems.value(0).message.contains(u"hunter2"));
    }

    void theFileIsFollowed()
    {
        const QByteArray first = made();
        ApiKeyStore store;
        QSignalSpy changes(&store, &ApiKeyStore::keysChanged);
        QVERIFY(store.load(options()).ok());
        QCOMPARE(changes.size(), 0);
        const QByteArray second = made();
        QTRY_VERIFY(asked(store, {{"X-API-Key", second}}).principal);
        QCOMPARE(changes.value(0).value(0).toStringList(),
                 QStringList{QString::fromLatin1(idOfKey(second))});
        QVERIFY(asked(store, {{"X-API-Key", first}}).principal);
        QVERIFY(writeApiKeys(m_file, {}).ok());
        QTRY_VERIFY(asked(store, {{"X-API-Key", first}}).error.has_value());
        QCOMPARE(changes.value(1).value(1).toStringList().size(), 2);
        QVERIFY(store.isEmpty());
    }

    void aChangedFileIsReadByAnotherThread()
    {
        const QByteArray first = made();
        ApiKeyStore store;
        QVERIFY(store.load(options()).ok());
        // One thread, which is kept busy before and after it finds that the file has changed.
        QThreadPool &pool = *QThreadPool::globalInstance();
        const int threads = pool.maxThreadCount();
        pool.setMaxThreadCount(1);
        QSemaphore before;
        QSemaphore after;
        std::atomic_bool hasLooked = false;
        pool.start([&] { before.acquire(); });
        const QByteArray second = made();
        QTest::qWait(3 * int(config::FileWatch::kDebounce.count())); // it wants to look by then
        pool.start([&] {
            hasLooked = true;
            after.acquire();
        });
        before.release();
        const bool came = QTest::qWaitFor([&] { return hasLooked.load(); });
        QCoreApplication::processEvents();
        const bool isKnown = store.find(second).ok();
        const bool isStillKnown = store.find(first).ok();
        after.release();
        pool.setMaxThreadCount(threads);
        QVERIFY(came && isStillKnown && !isKnown);
        QTRY_VERIFY(store.find(second));
    }

    void whatIsLoadedMeanwhileGoesBeforeWhatWasBeingRead()
    {
        const QByteArray first = made();
        ApiKeyStore store;
        QVERIFY(store.load(options()).ok());
        config::FileWatch watch(m_file);
        std::optional<bool> isGone;
        connect(&watch, &config::FileWatch::changed, this, [&] {
            // The store is reading by now.
            isGone = writeApiKeys(m_file, {}).ok() && store.load(options()).ok();
        });
        const QByteArray second = made();
        QTRY_VERIFY(isGone);
        for (int i = 0; i < 50; ++i) {
            QVERIFY(!store.find(first) && !store.find(second));
            QTest::qWait(10);
        }
    }

    void aBrokenFileLeavesTheKeysInForce()
    {
        const QByteArray key = made();
        ApiKeyStore store;
        QVERIFY(store.load(options()).ok());
        static bool isTold;
        isTold = false;
        const QtMessageHandler previous = qInstallMessageHandler(
            [](QtMsgType type, const QMessageLogContext &, const QString &text) {
                isTold = isTold || (type == QtWarningMsg && text.contains("stay in force"_L1));
            });
        const QString problem = whyNot("{\"version\":1,\"keys\":");
        const bool wasTold = QTest::qWaitFor([] { return isTold; });
        qInstallMessageHandler(previous);
        QVERIFY(!problem.isEmpty());
        QVERIFY(wasTold);
        QVERIFY(asked(store, {{"X-API-Key", key}}).principal);
    }

    void aFileThatIsTakenAwayEndsItsKeysUntilItIsBack()
    {
        const QByteArray key = made();
        ApiKeyStore store;
        QSignalSpy changes(&store, &ApiKeyStore::keysChanged);
        QVERIFY(store.load(options()).ok());
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"is gone"_s));
        QVERIFY(QFile::rename(m_file, m_file + u".away"_s));
        QTRY_VERIFY(asked(store, {{"X-API-Key", key}}).error.has_value());
        QCOMPARE(changes.value(0).value(1).toStringList(),
                 QStringList{QString::fromLatin1(idOfKey(key))});
        QVERIFY(QFile::rename(m_file + u".away"_s, m_file));
        QTRY_VERIFY(asked(store, {{"X-API-Key", key}}).principal);
    }

    void aMissingFileIsAnEmptyOne()
    {
        ApiKeyStore store;
        QVERIFY(store.load(options()).ok());
        QVERIFY(store.isEmpty());
        const QByteArray key = made();
        QTRY_VERIFY(asked(store, {{"X-API-Key", key}}).principal);
    }

    void whatIsNoFileOfKeysIsRefused_data()
    {
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<QString>("text");
        const QByteArray head = "{\"version\":1,\"keys\":[{\"id\":\"abcdefghjkmn\",\"salt\":\"00\","
                                "\"hash\":\""
                                + QByteArray(64, 'a') + "\"";
        QTest::newRow("empty") << ""_ba << u"did not write"_s;
        QTest::newRow("text") << "secret\n"_ba << u"did not write"_s;
        QTest::newRow("newer") << "{\"version\":2,\"keys\":[]}"_ba << u"did not write"_s;
        QTest::newRow("no array") << "{\"version\":1,\"keys\":{}}"_ba << u"did not write"_s;
        QTest::newRow("entry") << "{\"version\":1,\"keys\":[7]}"_ba
                               << u"number 1 has no proper id"_s;
        QTest::newRow("id") << "{\"version\":1,\"keys\":[{\"id\":\"../x\"}]}"_ba
                            << u"no proper id"_s;
        QTest::newRow("hash") << "{\"version\":1,\"keys\":[{\"id\":\"abcdefghjkmn\"}]}"_ba
                              << u"salt and hash"_s;
        QTest::newRow("groups") << head + ",\"groups\":\"admin\"}]}" << u"groups that"_s;
        QTest::newRow("scopes") << head + ",\"scopes\":[1]}]}" << u"scopes that"_s;
        QTest::newRow("expires") << head + ",\"expires\":\"soon\"}]}" << u"expires at no time"_s;
        QTest::newRow("expires 0") << head + ",\"expires\":0}]}" << u"expires at no time"_s;
        QTest::newRow("double") << head + "}," + head.sliced(21) + "}]}" << u"two keys"_s;
    }
    void whatIsNoFileOfKeysIsRefused()
    {
        QFETCH(QByteArray, content);
        QFETCH(QString, text);
        const QString message = whyNot(content);
        QVERIFY2(message.contains(text), qPrintable(message));
        QVERIFY(message.startsWith(u"API_KEY_STORE"));
        QVERIFY(!message.contains(m_folder->path()));
    }

    void theLastUseIsWrittenNowAndThen()
    {
        const QByteArray key = made();
        const QByteArray other = made();
        const QString id = QString::fromLatin1(idOfKey(key));
        ApiKeyUse use(nullptr, 50ms);
        use.setStore(m_file, {idOfKey(key).toByteArray(), idOfKey(other).toByteArray()});
        QVERIFY(ApiKeyUse::read(m_file).isEmpty());
        const QDateTime before = QDateTime::currentDateTimeUtc().addMSecs(-1);
        for (int i = 0; i < 1000; ++i)
            use.note(idOfKey(key).toByteArray());
        use.note("gone"); // was revoked meanwhile
        QTRY_COMPARE(ApiKeyUse::read(m_file).size(), 1);
        QVERIFY(ApiKeyUse::read(m_file).value(id) >= before);
        QCOMPARE(QFile::permissions(m_file + u".used"_s)
                     & (QFile::ReadGroup | QFile::ReadOther | QFile::WriteOther),
                 QFile::Permissions());
        // The other one's joins it.
        use.note(idOfKey(other).toByteArray());
        QTRY_COMPARE(ApiKeyUse::read(m_file).size(), 2);
    }

    void aStoreRemembersWhatWasUsedWhenItEnds()
    {
        const QByteArray key = made();
        {
            ApiKeyStore store;
            QVERIFY(store.load(options()).ok());
            QVERIFY(store.find(key));
            QVERIFY(!store.find(QByteArray("mbk_000000000000_" + QByteArray(43, 'x'))));
        }
        QTRY_COMPARE(ApiKeyUse::read(m_file).keys(),
                     QStringList{QString::fromLatin1(idOfKey(key))});
    }

    void aFileThatOthersCanWriteIsRefused()
    {
        const QByteArray key = made();
        QFile::setPermissions(m_file, QFile::ReadOwner | QFile::WriteOwner | QFile::WriteGroup);
        ApiKeyStore store;
        const auto loaded = store.load(options());
        QVERIFY(!loaded.ok());
        QVERIFY(loaded.error().message.contains(u"chmod 600"));
    }
};

QTEST_GUILESS_MAIN(tst_ApiKeys)
#include "tst_apikeys.moc"
