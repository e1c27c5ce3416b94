// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/settings.h"
#include "server/credentials/vault.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::credentials;
using namespace Qt::StringLiterals;

class tst_Vault : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;

    VaultOptions options(int maxPending = 1'000)
    {
        static int count = 0;
        return {
            m_folder.filePath(u"vault-%1.db"_s.arg(++count)), {QByteArray(32, 'k')}, maxPending};
    }
    static VaultName nameOf(int i) { return {u"token"_s, u"ann"_s, QString::number(i)}; }

private Q_SLOTS:
    void answersComeLaterAndInOrder()
    {
        const auto vault = std::move(*Vault::open(options()));
        QStringList order;
        std::vector<Call> calls;
        calls.push_back(vault->put(nameOf(1), "one", {}, [&](const Result<Nothing> &done) {
            order << (done.ok() ? u"put"_s : u"failed"_s);
        }));
        calls.push_back(vault->get(nameOf(1), [&](Result<std::optional<QByteArray>> got) {
            order << QString::fromUtf8(got->value_or("none"));
        }));
        calls.push_back(vault->targets(u"token"_s, u"ann"_s, [&](const Result<QStringList> &got) {
            order << got->join(u' ');
        }));
        calls.push_back(vault->remove(
            nameOf(1), [&](const Result<bool> &was) { order << (*was ? u"gone"_s : u"none"_s); }));
        calls.push_back(vault->removeOwner(
            u"ann"_s, [&](const Result<int> &count) { order << QString::number(*count); }));
        QVERIFY(order.isEmpty());
        QTRY_COMPARE(order, (QStringList{u"put"_s, u"one"_s, u"1"_s, u"gone"_s, u"0"_s}));
    }

    void tooManyWaitingCallsAreRefused()
    {
        const auto vault = std::move(*Vault::open(options(2)));
        int done = 0;
        int refused = 0;
        std::vector<Call> calls;
        for (int i = 0; i < 5; ++i)
            calls.push_back(vault->put(nameOf(i), "x", {}, [&](const Result<Nothing> &result) {
                ++(result.ok() ? done : refused);
                QVERIFY(result.ok() || result.error().code == ErrorCode::Overloaded);
            }));
        QTRY_COMPARE(done + refused, 5);
        QCOMPARE(done, 2);
        bool again = false;
        calls.push_back(vault->put(nameOf(9), "x", {},
                                   [&](const Result<Nothing> &result) { again = result.ok(); }));
        QTRY_VERIFY(again);
    }

    void aDroppedCallIsNotAnsweredButDone()
    {
        const auto vault = std::move(*Vault::open(options()));
        bool answered = false;
        vault->put(nameOf(1), "x", {}, [&](const Result<Nothing> &) { answered = true; }).cancel();
        std::optional<QByteArray> found;
        const Call call =
            vault->get(nameOf(1), [&](Result<std::optional<QByteArray>> got) { found = *got; });
        QTRY_VERIFY(found);
        QVERIFY(!answered);
    }

    void whatWasAskedForIsOnDiskWhenTheVaultIsGone()
    {
        const VaultOptions same = options();
        std::vector<Call> calls;
        int answered = 0;
        {
            const auto vault = std::move(*Vault::open(same));
            for (int i = 0; i < 50; ++i)
                calls.push_back(
                    vault->put(nameOf(i), "x", {}, [&](const Result<Nothing> &) { ++answered; }));
        }
        const auto vault = std::move(*Vault::open(same));
        int count = 0;
        calls.push_back(vault->targets(u"token"_s, u"ann"_s, [&](const Result<QStringList> &got) {
            count = int(got->size());
        }));
        QTRY_COMPARE(count, 50);
        QCOMPARE(answered, 0); // nobody is there who could be told
    }

    void aHandlerMayDestroyTheVault()
    {
        auto vault = std::move(*Vault::open(options()));
        bool answered = false;
        const Call call = vault->put(nameOf(1), "x", {}, [&](const Result<Nothing> &) {
            vault.reset();
            answered = true;
        });
        QTRY_VERIFY(answered);
    }

    void aLargeValueIsRefused()
    {
        const auto vault = std::move(*Vault::open(options()));
        std::optional<ErrorCode> code;
        const Call call = vault->put(nameOf(1), QByteArray(Vault::kMaxValue + 1, 'x'), {},
                                     [&](const Result<Nothing> &got) { code = got.error().code; });
        QTRY_COMPARE(code, ErrorCode::InvalidArguments);
    }

    void aWrongKeyKeepsItFromOpening()
    {
        VaultOptions same = options();
        QVERIFY(Vault::open(same).ok());
        same.keys = {QByteArray(32, 'w')};
        const auto vault = Vault::open(same);
        QVERIFY(!vault.ok());
        QCOMPARE(vault.error().code, ErrorCode::InvalidConfig);
    }

    void withoutAKeyThereIsNoVault()
    {
        config::Settings settings;
        QVERIFY(vaultOptions(settings).ok());
        QVERIFY(!vaultOptions(settings)->has_value());
        settings.set(u"VAULT_KEY"_s, u"short"_s, config::Source::Environment);
        const auto wrong = vaultOptions(settings);
        QVERIFY(!wrong.ok());
        QCOMPARE(wrong.error().problems.value(0).path, u"VAULT_KEY"_s);
        settings.set(u"VAULT_KEY"_s, QString::fromLatin1(QByteArray(32, 'k').toBase64()),
                     config::Source::Environment);
        const auto right = vaultOptions(settings);
        QVERIFY(right.ok() && right->has_value());
        QVERIFY(QFileInfo((*right)->file).isAbsolute());
    }
};

QTEST_GUILESS_MAIN(tst_Vault)
#include "tst_vault.moc"
