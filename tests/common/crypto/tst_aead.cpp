// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/crypto/aead.h"
#include "common/crypto/constanttime.h"
#include "common/crypto/random.h"

#include <QtTest/QTest>

using namespace bridge::crypto;

class tst_Aead : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void whatWasSealedIsOpened()
    {
        const QByteArray key = randomBytes(kKeyBytes);
        const QByteArrayList texts{QByteArray(), "x", QByteArray(100'000, 'y')};
        for (const QByteArray &plain : texts) {
            QCOMPARE(open(key, seal(key, plain)), plain);
            QCOMPARE(open(key, seal(key, plain, "row 1"), "row 1"), plain);
        }
    }

    void twoSealsOfOneTextDiffer()
    {
        const QByteArray key = randomBytes(kKeyBytes);
        QVERIFY(seal(key, "same") != seal(key, "same"));
    }

    void noChangedByteOpens()
    {
        const QByteArray key = randomBytes(kKeyBytes);
        const QByteArray sealed = seal(key, "secret");
        for (qsizetype i = 0; i < sealed.size(); ++i) {
            QByteArray changed = sealed;
            changed[i] = char(changed[i] ^ 1);
            QVERIFY(!open(key, changed));
            QVERIFY(!open(key, sealed.first(i)));
        }
    }

    void anotherKeyOrPlaceDoesNotOpen()
    {
        const QByteArray key = randomBytes(kKeyBytes);
        const QByteArray sealed = seal(key, "secret", "here");
        QVERIFY(!open(randomBytes(kKeyBytes), sealed, "here"));
        QVERIFY(!open(key, sealed, "there"));
        QVERIFY(!open(key, sealed));
        QVERIFY(!open("short", sealed, "here"));
    }

    void comparesWhole()
    {
        QVERIFY(isEqual("abc", "abc"));
        QVERIFY(!isEqual("abc", "abd"));
        QVERIFY(!isEqual("abc", "ab"));
        QVERIFY(isEqual("", ""));
    }

    void tokensAreUrlSafeAndDiffer()
    {
        const QByteArray token = randomToken();
        QCOMPARE(token.size(), 43);
        QVERIFY(token != randomToken());
        QVERIFY(!token.contains('+') && !token.contains('/') && !token.contains('='));
    }
};

QTEST_GUILESS_MAIN(tst_Aead)
#include "tst_aead.moc"
