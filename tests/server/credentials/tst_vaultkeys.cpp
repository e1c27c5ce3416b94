// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/logging/redaction.h"
#include "server/credentials/vaultkeys.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::credentials;
using namespace Qt::StringLiterals;

class tst_VaultKeys : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void severalKeysAreReadInTheirOrder()
    {
        const QByteArray one(32, '\xfb');
        const QByteArray two(32, 'b');
        const QString text =
            QString::fromLatin1(one.toBase64()) + u" ,\n"_s + QString::fromLatin1(two.toBase64());
        const auto keys = vaultKeysFrom(text);
        QVERIFY(keys.ok());
        QCOMPARE(*keys, (VaultKeys{one, two}));
        const auto url = vaultKeysFrom(QString::fromLatin1(
            one.toBase64(QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals)));
        QVERIFY(url.ok());
        QCOMPARE(*url, VaultKeys{one});
    }

    void eachKeyIsASecretOfTheLog()
    {
        const QString first = QString::fromLatin1(QByteArray(32, 'x').toBase64());
        const QString second = QString::fromLatin1(QByteArray(32, 'y').toBase64());
        QVERIFY(vaultKeysFrom(first + u',' + second).ok());
        QVERIFY(!logging::redact(u"a "_s + second + u" b"_s).contains(second));
    }

    void whatIsNoKeyIsCountedAndNotRepeated_data()
    {
        QTest::addColumn<QString>("text");
        QTest::newRow("none") << u" , "_s;
        QTest::newRow("short") << QString::fromLatin1(QByteArray(31, 'k').toBase64());
        QTest::newRow("long") << QString::fromLatin1(QByteArray(33, 'k').toBase64());
        QTest::newRow("a password") << u"hunter2hunter2hunter2hunter2hunter2"_s;
        QTest::newRow("hexadecimal") << QString(64, u'a');
        QTest::newRow("unicode") << u"schlüsselschlüsselschlüsselschlüsselschlüss"_s;
    }
    void whatIsNoKeyIsCountedAndNotRepeated()
    {
        QFETCH(QString, text);
        const auto keys = vaultKeysFrom(text);
        QVERIFY(!keys.ok());
        QCOMPARE(keys.error().code, ErrorCode::InvalidConfig);
        QVERIFY(text.trimmed() == ","_L1 || !keys.error().message.contains(text));
    }
};

QTEST_GUILESS_MAIN(tst_VaultKeys)
#include "tst_vaultkeys.moc"
