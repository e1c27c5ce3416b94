// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/cli/connectoptions.h"

#include <QtTest/QTest>

using namespace Qt::StringLiterals;
using namespace bridge;
using namespace bridge::cli;

namespace {

Result<ConnectOptions> read(const QStringList &arguments,
                            const QMap<QString, QString> &variables = {})
{
    QProcessEnvironment environment;
    for (auto it = variables.begin(); it != variables.end(); ++it)
        environment.insert(it.key(), it.value());
    return connectOptions(arguments, environment, u"/work"_s);
}

QStringList places(const Result<ConnectOptions> &options)
{
    QStringList out;
    if (!options) {
        for (const FieldProblem &problem : options.error().problems)
            out.append(problem.path);
    }
    return out;
}

} // namespace

class TestConnectOptions : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void readsEveryOption()
    {
        const auto options =
            read({u"https://b.example/mcp#x"_s, u"--header"_s, u"X-Team: red "_s,
                  u"--header=X-Key: a${KEY}b"_s, u"--token-file"_s, u"secret"_s, u"--timeout=0"_s,
                  u"--remote-connect-timeout"_s, u"1.5"_s, u"--transport"_s, u"http"_s,
                  u"--remote-ca-bundle"_s, u"ca.pem"_s, u"--no-remote-verify-tls"_s},
                 {{u"KEY"_s, u"4711"_s}});
        QVERIFY2(options, qPrintable(places(options).join(u' ')));
        QCOMPARE(options->url, QUrl(u"https://b.example/mcp"_s));
        QCOMPARE(options->headers, (httpclient::Headers{{"X-Team", "red"}, {"X-Key", "a4711b"}}));
        QCOMPARE(options->tokenFile, u"/work/secret"_s);
        QCOMPARE(options->caBundle, u"/work/ca.pem"_s);
        QCOMPARE(options->timeout.count(), 0);
        QCOMPARE(options->connectTimeout.count(), 1500);
        QCOMPARE(options->transport, ConnectOptions::Transport::Http);
        QVERIFY(!options->verifyTls);
    }

    void takesTheBridgesOwnVariables()
    {
        const auto options =
            read({u"https://b.example"_s},
                 {{u"MCP_REMOTE_VERIFY_TLS"_s, u"no"_s}, {u"MCP_REMOTE_CA_BUNDLE"_s, u"/ca"_s}});
        QVERIFY(options);
        QVERIFY(!options->verifyTls);
        QCOMPARE(options->caBundle, u"/ca"_s);
        QCOMPARE(places(read({u"https://b.example"_s}, {{u"MCP_REMOTE_VERIFY_TLS"_s, u"maybe"_s}})),
                 QStringList{u"environment MCP_REMOTE_VERIFY_TLS"_s});
    }

    void knowsTheOlderTransportByItsAddress()
    {
        QCOMPARE(read({u"http://b/sse"_s})->transport, ConnectOptions::Transport::Sse);
        QCOMPARE(read({u"http://b/mcp"_s})->transport, ConnectOptions::Transport::Auto);
    }

    void refusesSecretsThatOthersCouldRead_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("authorization")
            << QStringList{u"--header"_s, u"AUTHORIZATION: Bearer t0p"_s};
        QTest::newRow("key") << QStringList{u"--header"_s, u"X-Api-Key: t0p"_s};
        QTest::newRow("cookie") << QStringList{u"--header=Cookie: sid=t0p"_s};
        QTest::newRow("token") << QStringList{u"--token"_s, u"t0p"_s};
        QTest::newRow("inline token") << QStringList{u"--token=t0p"_s};
        QTest::newRow("token as a variable") << QStringList{u"--token-env"_s, u"sk-t0p"_s};
        QTest::newRow("bare token") << QStringList{u"https://a.example"_s, u"t0p"_s};
        QTest::newRow("url") << QStringList{u"https://me:t0p@b.example"_s};
    }
    void refusesSecretsThatOthersCouldRead()
    {
        QFETCH(QStringList, arguments);
        const auto options = read(arguments + QStringList{u"https://b.example"_s});
        QVERIFY(!options);
        for (const FieldProblem &problem : options.error().problems) {
            QVERIFY2(!problem.message.contains("t0p"_L1), qPrintable(problem.message));
            QVERIFY2(!problem.path.contains("t0p"_L1), qPrintable(problem.path));
        }
    }

    void tellsAllMistakesTogether()
    {
        QCOMPARE(places(read({u"b.example"_s, u"--timeout"_s, u"-1"_s, u"--header"_s, u"x"_s,
                              u"--header"_s, u"Mcp-Name: x"_s, u"--header"_s, u"X: ${NOWHERE}"_s,
                              u"--transport=x"_s, u"--wrong"_s, u"value"_s, u"--token-env"_s})),
                 (QStringList{u"URL"_s, u"--timeout"_s, u"--header"_s, u"--header"_s, u"--header"_s,
                              u"--transport"_s, u"--wrong"_s, u"--token-env"_s}));
        QCOMPARE(places(read({})), QStringList{u"URL"_s});
        QCOMPARE(places(read({u"http://b"_s, u"http://c"_s})), QStringList{u"URL"_s});
        QCOMPARE(places(read({u"http://b"_s, u"--token-env"_s, u"A"_s, u"--token-file"_s, u"b"_s})),
                 QStringList{u"--token-env"_s});
    }
};

QTEST_GUILESS_MAIN(TestConnectOptions)
#include "tst_connectoptions.moc"
