// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/credentials/metadata.h"
#include "server/credentials/tokenset.h"
#include "server/credentials/wire.h"

#include <QtTest/QtTest>

using namespace Qt::StringLiterals;
using namespace bridge;
using namespace bridge::credentials;

class TestTokenSet : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void formsAreReadAndWritten()
    {
        const Form form{{u"a b"_s, u"1&2=3+4 %"_s}, {u"é"_s, u"~*"_s}};
        const QByteArray text = formEncoded(form);
        QCOMPARE(text, "a+b=1%262%3D3%2B4+%25&%C3%A9=%7E%2A"_ba);
        QCOMPARE(formMembers(text)["a b"_L1].toString(), u"1&2=3+4 %"_s);
    }
    void textThatIsNeitherJsonNorAFormHoldsNoToken_data()
    {
        QTest::addColumn<QByteArray>("body");
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("html") << "<html></html>"_ba;
        QTest::newRow("array") << "[1]"_ba;
        QTest::newRow("broken JSON") << "{\"access_token\":\"a\""_ba;
        QTest::newRow("number") << "{\"access_token\":5,\"x\":1}"_ba;
        QTest::newRow("line break") << "access_token=a%0d%0aX:1"_ba;
        QTest::newRow("blank") << "{\"access_token\":\"a b\"}"_ba;
    }
    void textThatIsNeitherJsonNorAFormHoldsNoToken()
    {
        QFETCH(QByteArray, body);
        const auto set = tokenSetFrom(body);
        QVERIFY(!set || set->access.isEmpty());
    }
    void lifetimesAreReadWhateverTheirForm()
    {
        QCOMPARE(*tokenSetFrom(R"({"access_token":"a","expires_in":"60"})")->lifetime, 60);
        QCOMPARE(*tokenSetFrom(R"({"access_token":"a","expires_in":60.9})")->lifetime, 60);
        QVERIFY(!tokenSetFrom(R"({"access_token":"a","expires_in":-1})")->lifetime);
        QVERIFY(!tokenSetFrom(R"({"access_token":"a","expires_in":"soon"})")->lifetime);
        QVERIFY(*tokenSetFrom(R"({"access_token":"a","expires_in":1e300})")->lifetime > 0);
    }
    void metadataIsLookedForInTheRightPlaces()
    {
        const auto texts = [](const QList<QUrl> &urls) {
            QStringList list;
            for (const QUrl &url : urls)
                list.append(url.toString(QUrl::FullyEncoded));
            return list;
        };
        QCOMPARE(texts(authServerPlaces(u"https://a.example/tenant1"_s)),
                 (QStringList{u"https://a.example/.well-known/oauth-authorization-server/tenant1"_s,
                              u"https://a.example/.well-known/openid-configuration/tenant1"_s,
                              u"https://a.example/tenant1/.well-known/openid-configuration"_s}));
        QCOMPARE(texts(authServerPlaces(u"https://a.example"_s)),
                 (QStringList{u"https://a.example/.well-known/oauth-authorization-server"_s,
                              u"https://a.example/.well-known/openid-configuration"_s}));
        QVERIFY(authServerPlaces(u"https://u:p@a.example"_s).isEmpty());
        QVERIFY(authServerPlaces(u"https://a.example/?x=1"_s).isEmpty());
        QCOMPARE(texts(resourcePlaces(QUrl(u"https://m.example:8443/public/mcp?x=1"_s))),
                 (QStringList{
                     u"https://m.example:8443/.well-known/oauth-protected-resource/public/mcp"_s,
                     u"https://m.example:8443/.well-known/oauth-protected-resource"_s}));
    }
    void metadataOfSomebodyElseIsRefused()
    {
        const QByteArray body =
            R"({"issuer":"https://honest.example","token_endpoint":"https://honest.example/t"})";
        QVERIFY(authServerFrom(body, u"https://honest.example"_s));
        QVERIFY(!authServerFrom(body, u"https://honest.example/"_s));
        QVERIFY(!authServerFrom(body, u"https://attacker.example"_s));
        const auto resource = [](const QString &name) {
            const QByteArray text =
                R"({"authorization_servers":["https://a"],"resource":")" + name.toUtf8() + "\"}";
            return bool(resourceFrom(text, QUrl(u"https://m.example/a/mcp"_s)));
        };
        QVERIFY(resource(u"https://m.example/a/mcp"_s));
        QVERIFY(resource(u"https://m.example/a"_s));
        QVERIFY(resource(u"https://m.example"_s));
        QVERIFY(!resource(u"https://m.example/a/m"_s));
        QVERIFY(!resource(u"https://m.example/b"_s));
        QVERIFY(!resource(u"https://other.example/a/mcp"_s));
        QVERIFY(!resource(u"https://m.example:444/a/mcp"_s));
        QVERIFY(!resourceFrom("{}", QUrl(u"https://m.example/a/mcp"_s)));
    }
};

QTEST_GUILESS_MAIN(TestTokenSet)
#include "tst_tokenset.moc"
