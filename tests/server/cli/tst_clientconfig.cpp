// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/cli/clientconfig.h"
#include "server/cli/snippets.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtTest/QTest>

using namespace Qt::StringLiterals;
using namespace bridge;
using namespace bridge::cli;

class TestClientConfig : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void everyJsonTextParsesAndIsItsConfig_data()
    {
        QTest::addColumn<QString>("variable");
        QTest::addColumn<QString>("file");
        QTest::newRow("plain") << QString() << QString();
        QTest::newRow("variable") << u"TOKEN"_s << QString();
        QTest::newRow("file") << QString() << u"/a b/to\"ken"_s;
    }
    void everyJsonTextParsesAndIsItsConfig()
    {
        QFETCH(QString, variable);
        QFETCH(QString, file);
        const SnippetInput input{u"na \"me"_s, u"https://b.example/mcp"_s,
                                 u"/opt/it's/mcp-bridge"_s, variable, file};
        int json = 0;
        for (const Snippet &snippet : snippets(input)) {
            QVERIFY(!snippet.place.isEmpty());
            QVERIFY(snippet.text.endsWith(u'\n'));
            QVERIFY2(snippet.text.contains("https://b.example/mcp"_L1), qPrintable(snippet.client));
            if (snippet.config.isEmpty())
                continue;
            ++json;
            QJsonParseError error;
            QCOMPARE(QJsonDocument::fromJson(snippet.text.toUtf8(), &error).object(),
                     snippet.config);
            QCOMPARE(error.error, QJsonParseError::NoError);
        }
        QCOMPARE(json, 9);
    }

    void quotesForShellAndToml()
    {
        const SnippetInput input{u"my server"_s, u"https://b.example/mcp"_s, u"/it's/mcp-bridge"_s,
                                 QString(), u"/t"_s};
        for (const Snippet &snippet : snippets(input)) {
            if (snippet.client == "claude-code"_L1)
                QCOMPARE(snippet.text,
                         u"claude mcp add 'my server' -- '/it'\\''s/mcp-bridge' connect "
                         "https://b.example/mcp --token-file /t\n"_s);
            if (snippet.client == "codex"_L1)
                QVERIFY(snippet.text.startsWith("[mcp_servers.\"my server\"]\n"_L1));
        }
    }

    void completesAddresses_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("url");
        QTest::newRow("host") << QStringList{u"--url"_s, u"https://b"_s} << u"https://b/mcp"_s;
        QTest::newRow("path") << QStringList{u"--url=https://b/x/"_s} << u"https://b/x/mcp"_s;
        QTest::newRow("server") << QStringList{u"--url=https://b/x/mcp"_s, u"--server=s"_s}
                                << u"https://b/x/servers/s/mcp"_s;
        QTest::newRow("own") << QStringList() << u"http://127.0.0.1:8000/mcp"_s;
    }
    void completesAddresses()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QString, url);
        const auto text = clientConfig(arguments + QStringList{u"cursor"_s}, {}, u"/"_s, u"/p"_s);
        QVERIFY2(text, text ? "" : qPrintable(text.error().message));
        const QJsonObject servers =
            QJsonDocument::fromJson(text->text.toUtf8()).object()["mcpServers"_L1].toObject();
        QCOMPARE(servers.begin().value().toObject()["url"_L1].toString(), url);
    }

    void printsNoSecretsAndRefusesThem()
    {
        QProcessEnvironment environment;
        environment.insert(u"TOKEN"_s, u"t0p"_s);
        const auto text = clientConfig({u"--url=https://b"_s, u"--token-env=TOKEN"_s}, environment,
                                       u"/"_s, u"/p"_s);
        QVERIFY(text);
        QVERIFY(text->text.contains("TOKEN"_L1));
        QVERIFY(!text->text.contains("t0p"_L1));
        for (const QStringList &arguments :
             {QStringList{u"--url=https://a:t0p@b"_s}, QStringList{u"--url=https://b?k=t0p"_s},
              QStringList{u"--token-env=t0p secret"_s}}) {
            const auto refused = clientConfig(arguments, {}, u"/"_s, u"/p"_s);
            QVERIFY(!refused);
            QVERIFY(!refused.error().message.contains("t0p"_L1));
        }
    }
};

QTEST_GUILESS_MAIN(TestClientConfig)
#include "tst_clientconfig.moc"
