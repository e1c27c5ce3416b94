// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/crypto/base64url.h"
#include "common/crypto/digest.h"
#include "common/crypto/signature.h"
#include "tests/server/auth/minting.h"

#include <QtCore/QJsonArray>
#include <QtTest/QTest>

using namespace bridge::crypto;
using namespace Qt::StringLiterals;
using bridge::test::SigningKey;

class tst_Signature : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyAlgorithmVerifiesItsOwnSignatureOnly_data()
    {
        QTest::addColumn<QString>("name");
        const QStringList names = algorithmNames();
        QCOMPARE(names.size(), 10);
        for (const QString &name : names)
            QTest::newRow(qPrintable(name)) << name;
    }

    void everyAlgorithmVerifiesItsOwnSignatureOnly()
    {
        QFETCH(QString, name);
        const Algorithm algorithm = *algorithmFromName(name);
        QCOMPARE(algorithmName(algorithm), name);
        const SigningKey pair = SigningKey::forAlgorithm(name);
        const auto key = PublicKey::fromJwk(pair.jwk());
        QVERIFY2(key.ok(), key ? "" : qPrintable(key.error().message));
        const QByteArray data = "signed text";
        const QByteArray good = pair.sign(name, data);
        QVERIFY(key->verify(algorithm, data, good));
        QVERIFY(!key->verify(algorithm, "signed texT", good));
        for (qsizetype at : {qsizetype(0), good.size() / 2, good.size() - 1}) {
            QByteArray bad = good;
            bad[at] = char(bad[at] ^ 1);
            QVERIFY(!key->verify(algorithm, data, bad));
        }
        QVERIFY(!key->verify(algorithm, data, {}));
        QVERIFY(!key->verify(algorithm, data, good.chopped(1)));
        QVERIFY(!key->verify(algorithm, data, QByteArray(good + '\0')));
        QVERIFY(!key->verify(algorithm, data, QByteArray(good.size(), '\0')));
        const auto other = PublicKey::fromJwk(SigningKey::forAlgorithm(name).jwk());
        QVERIFY(!other->verify(algorithm, data, good));
        for (const QString &foreign : algorithmNames()) {
            if (foreign != name)
                QVERIFY2(!key->verify(*algorithmFromName(foreign), data, good),
                         qPrintable(foreign));
        }
    }

    void ed448IsKnownToo()
    {
        const SigningKey pair = SigningKey::forAlgorithm(u"Ed448"_s);
        const auto key = PublicKey::fromJwk(pair.jwk());
        QVERIFY(key.ok());
        QVERIFY(key->verify(Algorithm::EdDSA, "x", pair.sign(u"EdDSA"_s, "x")));
    }

    void onlyListedNamesAreAlgorithms()
    {
        for (const QString &name : {u"none"_s, u"None"_s, u"HS256"_s, u"rs256"_s, u"RS256 "_s,
                                    u""_s, u"ES256K"_s, u"RSA-OAEP"_s})
            QVERIFY2(!algorithmFromName(name), qPrintable(name));
    }

    void aKeyWithAnAlgorithmServesNoOther()
    {
        QJsonObject jwk = SigningKey::forAlgorithm(u"RS256"_s).jwk();
        jwk["alg"_L1] = u"RS512"_s;
        const auto key = PublicKey::fromJwk(jwk);
        QVERIFY(key->fits(Algorithm::RS512));
        QVERIFY(!key->fits(Algorithm::RS256) && !key->fits(Algorithm::PS512));
    }

    void unusableKeysAreRefused_data()
    {
        QTest::addColumn<QJsonObject>("jwk");
        const QJsonObject rsa = SigningKey::forAlgorithm(u"RS256"_s).jwk();
        const QJsonObject ec = SigningKey::forAlgorithm(u"ES256"_s).jwk();
        const QJsonObject okp = SigningKey::forAlgorithm(u"EdDSA"_s).jwk();
        const auto with = [](QJsonObject base, const QString &name, const QJsonValue &value) {
            base[name] = value;
            return base;
        };
        QTest::newRow("empty") << QJsonObject();
        QTest::newRow("symmetric") << QJsonObject{{u"kty"_s, u"oct"_s}, {u"k"_s, u"c2VjcmV0"_s}};
        QTest::newRow("unknown type") << with(rsa, u"kty"_s, u"XYZ"_s);
        QTest::newRow("for encryption") << with(rsa, u"use"_s, u"enc"_s);
        QTest::newRow("use is no text") << with(rsa, u"use"_s, 7);
        QTest::newRow("cannot verify") << with(rsa, u"key_ops"_s, QJsonArray{u"sign"_s});
        QTest::newRow("unknown alg") << with(rsa, u"alg"_s, u"RSA-OAEP"_s);
        QTest::newRow("no modulus") << with(rsa, u"n"_s, QJsonValue());
        QTest::newRow("number as modulus") << with(rsa, u"n"_s, 7);
        QTest::newRow("padded modulus")
            << with(rsa, u"n"_s, QString(rsa[u"n"_s].toString() + u'='));
        QTest::newRow("short RSA key") << SigningKey::forAlgorithm(u"RS256"_s, u"k"_s, 1024).jwk();
        QTest::newRow("long RSA key") << with(rsa, u"n"_s, QString(4000, u'A'));
        QTest::newRow("exponent 1") << with(rsa, u"e"_s, u"AQ"_s);
        QTest::newRow("even exponent") << with(rsa, u"e"_s, u"Ag"_s);
        QTest::newRow("endless exponent") << with(rsa, u"e"_s, QString(200, u'B'));
        QTest::newRow("wrong curve") << with(ec, u"crv"_s, u"P-384"_s);
        QTest::newRow("other curve") << with(ec, u"crv"_s, u"secp256k1"_s);
        QTest::newRow("no point of the curve") << with(ec, u"y"_s, ec[u"x"_s]);
        QTest::newRow("point at infinity")
            << with(with(ec, u"x"_s, QString(43, u'A')), u"y"_s, QString(43, u'A'));
        QTest::newRow("short coordinate") << with(ec, u"x"_s, u"AQ"_s);
        QTest::newRow("X25519") << with(okp, u"crv"_s, u"X25519"_s);
        QTest::newRow("short OKP") << with(okp, u"x"_s, u"AQ"_s);
    }

    void unusableKeysAreRefused()
    {
        QFETCH(QJsonObject, jwk);
        const auto key = PublicKey::fromJwk(jwk);
        QVERIFY(!key.ok());
        QVERIFY(key.error().message.startsWith(u"The key is no usable JWK"_s));
    }

    void base64UrlHasOneSpelling()
    {
        QCOMPARE(fromBase64Url(""), QByteArray(""));
        QCOMPARE(fromBase64Url("_-8"), QByteArray("\xff\xef"));
        for (const char *bad : {"A", "AA=", "AA==", "A A", "AB", "AA+", "AA/", "AA\n", "\xc3\xa4"})
            QVERIFY2(!fromBase64Url(bad), bad);
        for (int size = 0; size < 70; ++size) {
            const QByteArray bytes(size, char(0x55 + size));
            QCOMPARE(fromBase64Url(toBase64Url(bytes)), bytes);
        }
    }

    void digestsAreThoseOfTheStandards()
    {
        QCOMPARE(sha256("abc").toHex(),
                 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        QCOMPARE(hmacSha256("Jefe", "what do ya want for nothing?").toHex(),
                 "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        QVERIFY(hmacSha256("", "a") != hmacSha256("k", "a"));
    }
};

QTEST_GUILESS_MAIN(tst_Signature)
#include "tst_signature.moc"
