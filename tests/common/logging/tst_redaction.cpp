// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/logging/redaction.h"

#include <QtTest/QtTest>

using namespace bridge::logging;
using namespace Qt::StringLiterals;

namespace {

struct Row {
    const char *name;
    QString text;
    QString expected;
};

const QString kToken = u"eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"_s;

QList<Row> rows()
{
    return {
        {"ordinary line stays", u"tool add answered in 3 ms"_s, u"tool add answered in 3 ms"_s},
        {"bearer", u"sent Bearer xxx to peer"_s, u"sent Bearer [REDACTED] to peer"_s},
        {"bearer any case", u"BEARER a.b-c/d+e=="_s, u"BEARER [REDACTED]"_s},
        {"prose about bearers", u"Bearer token is missing"_s, u"Bearer token is missing"_s},
        {"challenge", u"Bearer realm=\"x\""_s, u"Bearer realm=\"x\""_s},
        {"basic", u"Basic dXNlcjpwYXNz"_s, u"Basic [REDACTED]"_s},
        {"behind an escaped line break", u"a\\nBearer abc"_s, u"a\\nBearer [REDACTED]"_s},
        {"prose about basics", u"a basic test"_s, u"a basic test"_s},
        {"JWT", u"got %1."_s.arg(kToken), u"got [REDACTED]"_s},
        {"JWT in quotes", u"'%1'"_s.arg(kToken), u"'[REDACTED]'"_s},
        {"eyJ without dots", u"eyJust a word"_s, u"eyJust a word"_s},
        {"user information", u"redis://user:p@ss@host:1/0"_s, u"redis://[REDACTED]@host:1/0"_s},
        {"two URLs", u"a://u:p@x b://v:q@y"_s, u"a://[REDACTED]@x b://[REDACTED]@y"_s},
        {"mail in a path", u"http://host/a@b"_s, u"http://host/a@b"_s},
        {"query", u"GET /cb?code=abc&state=1"_s, u"GET /cb?code=[REDACTED]&state=1"_s},
        {"query key", u"http://h/?a=1&key=abc#x"_s, u"http://h/?a=1&key=[REDACTED]"_s},
        {"suffix of a name", u"access_token=abc, ok"_s, u"access_token=[REDACTED], ok"_s},
        {"exit code in prose", u"ended with code=3"_s, u"ended with code=3"_s},
        {"type of token", u"token_type=jwt"_s, u"token_type=jwt"_s},
        {"quoted value", u"password=\"a b\" x=1"_s, u"password=\"[REDACTED]\" x=1"_s},
        {"JSON member", u"{\"client_secret\": \"a\\\"b\", \"n\":1}"_s,
         u"{\"client_secret\": \"[REDACTED]\", \"n\":1}"_s},
        {"JSON in JSON", u"{\\\"token\\\":\\\"abc\\\"}"_s, u"{\\\"token\\\":\\\"[REDACTED]\\\"}"_s},
        {"Python dict", u"{'api_key': 'abc'}"_s, u"{'api_key': '[REDACTED]'}"_s},
        {"header line", u"Cookie: a=b; c=d\nHost: x"_s, u"Cookie: [REDACTED]\nHost: x"_s},
        {"password in prose", u"password: x1"_s, u"password: [REDACTED]"_s},
        {"name with scope", u"config::secret::x"_s, u"config::secret::x"_s},
        {"colon in prose", u"Unexpected token: }"_s, u"Unexpected token: }"_s},
        {"registered", u"the hunter2222 value"_s, u"the [REDACTED] value"_s},
        {"longer registered first", u"hunter2222-long"_s, u"[REDACTED]"_s},
        {"nothing after the sign", u"token="_s, u"token="_s},
        {"empty", QString(), QString()},
    };
}

} // namespace

class TestRedaction : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        registerSecret(u"hunter2222"_s);
        registerSecret(u"hunter2222-long"_s);
    }

    void masksWhatIsSecretAndNothingElse_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("expected");
        for (const Row &row : rows())
            QTest::newRow(row.name) << row.text << row.expected;
    }

    void masksWhatIsSecretAndNothingElse()
    {
        QFETCH(QString, text);
        QFETCH(QString, expected);
        QCOMPARE(redact(text), expected);
    }

    void maskingTwiceChangesNothing()
    {
        for (const Row &row : rows())
            QCOMPARE(redact(redact(row.text)), redact(row.text));
    }

    void ignoresSecretsTooShortToMask()
    {
        registerSecret(u"12345"_s);
        QCOMPARE(redact(u"port 12345"_s), u"port 12345"_s);
    }

    void forgetsASecretOnRequest()
    {
        registerSecret(u"rotated-out"_s);
        QCOMPARE(redact(u"rotated-out"_s), QString(kRedacted));
        forgetSecret(u"rotated-out"_s);
        QCOMPARE(redact(u"rotated-out"_s), u"rotated-out"_s);
    }

    void costsLinearTimeOnHostileLines_data()
    {
        QTest::addColumn<QString>("unit");
        for (const char *unit : {"://", "token=a ", "'token': ", "bearer ", "eyJ", "= ", "basic",
                                 "\"", "?key=", "://@"})
            QTest::newRow(unit) << QString::fromLatin1(unit);
    }

    void costsLinearTimeOnHostileLines()
    {
        QFETCH(QString, unit);
        QElapsedTimer timer;
        timer.start();
        (void)redact(unit.repeated(200'000));
        // Quadratic work on this length would take minutes, sanitizers included.
        QVERIFY2(timer.elapsed() < 5000, qPrintable(QString::number(timer.elapsed())));
    }

    void knowsSecretNames()
    {
        QVERIFY(isSecretName(u"OPENAI_API_KEY"));
        QVERIFY(isSecretName(u"db_password"));
        QVERIFY(isSecretName(u"Token"));
        QVERIFY(isSecretName(u"CLIENT_SECRET_2"));
        QVERIFY(!isSecretName(u"PATH"));
        QVERIFY(!isSecretName(u""));
    }
};

QTEST_GUILESS_MAIN(TestRedaction)
#include "tst_redaction.moc"
