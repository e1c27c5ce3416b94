// SPDX-License-Identifier: GPL-3.0-or-later
// What a remote server is told of its caller, and what of the settings reaches it (contract §8).
#include "server/upstream/definition.h"
#include "server/upstream/remoteheaders.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::upstream;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

ServerDefinition definitionWith(const QMap<QString, QString> &values)
{
    config::Settings settings;
    settings.set(u"MCP_REMOTE_SERVER"_s, u" https://far.example/mcp "_s,
                 config::Source::Environment);
    for (auto it = values.begin(); it != values.end(); ++it) {
        const config::Option *option = config::optionTable().find(it.key());
        QJsonValue value = it.value();
        if (option->type == config::OptionType::Boolean)
            value = it.value() == "true"_L1;
        else if (option->type == config::OptionType::List)
            value = QJsonArray::fromStringList(it.value().split(u','));
        else if (option->type != config::OptionType::Text
                 && option->type != config::OptionType::Enum)
            value = it.value().toDouble();
        settings.set(it.key(), value, config::Source::Environment);
    }
    const auto definitions = definitionsFrom(settings);
    return definitions ? definitions->first() : ServerDefinition();
}

httpclient::Headers sentFor(Identity identity, const ServerDefinition &definition)
{
    return remoteHeaders(*definition.remote, effectiveFor(identity, definition));
}

Identity memberOf(const QString &group)
{
    Identity member;
    member.group = group;
    member.placeholders = {{u"group_id"_s, group}};
    return member;
}

} // namespace

class RemoteHeadersTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void settingsReachTheDefinition()
    {
        const ServerDefinition definition =
            definitionWith({{u"MCP_REMOTE_MAX_KEEPALIVE_CONNECTIONS"_s, u"7"_s},
                            {u"MCP_REMOTE_MAX_CONNECTIONS"_s, u"9"_s},
                            {u"MCP_REMOTE_TIMEOUT"_s, u"3"_s},
                            {u"MCP_REMOTE_CONNECT_TIMEOUT"_s, u"4"_s},
                            {u"MCP_REMOTE_IDLE_TIMEOUT"_s, u"5"_s},
                            {u"MCP_REMOTE_TEARDOWN_TIMEOUT_SECONDS"_s, u"6"_s},
                            {u"MCP_REMOTE_LOG_REQUESTS"_s, u"true"_s},
                            {u"MCP_REMOTE_VERIFY_TLS"_s, u"false"_s}});
        QVERIFY(definition.remote);
        const RemoteDefinition &remote = *definition.remote;
        QCOMPARE(remote.url, QUrl(u"https://far.example/mcp"_s)); // blanks around it are cut off
        QCOMPARE(remote.maxKeepAlive, 7);
        QCOMPARE(remote.maxConnections, 9);
        QCOMPARE(remote.answerTimeout, 3s);
        QCOMPARE(remote.connectTimeout, 4s);
        QCOMPARE(remote.idleTimeout, 5s);
        QCOMPARE(remote.teardownTimeout, 6s);
        QVERIFY(remote.logRequests);
        QVERIFY(!remote.logResponses);
        QCOMPARE(remote.tls.peerVerifyMode(), QSslSocket::VerifyNone);
    }

    void defaultsAreThoseOfTheContract()
    {
        const RemoteDefinition remote = *definitionWith({}).remote;
        QCOMPARE(remote.connectTimeout, 10s);
        QCOMPARE(remote.answerTimeout, 30s);
        QCOMPARE(remote.idleTimeout, 300s);
        QCOMPARE(remote.teardownTimeout, 10s);
        QCOMPARE(remote.maxConnections, 100);
        QCOMPARE(remote.maxKeepAlive, 20);
        QCOMPARE(remote.tls.peerVerifyMode(), QSslSocket::VerifyPeer);
        QVERIFY(remote.groupHeader.isEmpty());
        QVERIFY(remote.forward.isEmpty());
    }

    void theGroupIsToldWhereAHeaderIsNamedForIt()
    {
        Identity member = memberOf(u"crew"_s);
        const ServerDefinition silent = definitionWith({});
        QVERIFY(effectiveFor(member, silent).isNeutral());
        const ServerDefinition telling =
            definitionWith({{u"MCP_REMOTE_GROUP_HEADER"_s, u"X-Group"_s}});
        QVERIFY(!effectiveFor(member, telling).isNeutral());
        QCOMPARE(httpclient::headerValue(sentFor(member, telling), "x-group"), "crew"_ba);
        QVERIFY(effectiveFor({}, telling).isNeutral());
        QVERIFY(httpclient::headerValue(sentFor({}, telling), "x-group").isEmpty());
    }

    void theGroupSurvivesBeingLookedAtTwice()
    {
        const ServerDefinition telling =
            definitionWith({{u"MCP_REMOTE_GROUP_HEADER"_s, u"X-Group"_s}});
        const Identity member = memberOf(u"crew"_s);
        const Identity once = effectiveFor(member, telling);
        QCOMPARE(effectiveFor(once, telling).forwardedHeaders, once.forwardedHeaders);
        QCOMPARE(once.forwardedHeaders.size(), 1);
    }

    void nobodyCanClaimAGroupByHeader_data()
    {
        QTest::addColumn<QString>("forward");
        QTest::newRow("everything") << u"*"_s;
        QTest::newRow("by name") << u"x-group"_s;
    }
    void nobodyCanClaimAGroupByHeader()
    {
        QFETCH(QString, forward);
        const ServerDefinition definition =
            definitionWith({{u"MCP_REMOTE_GROUP_HEADER"_s, u"X-Group"_s},
                            {u"MCP_REMOTE_SERVER_FORWARD_HEADERS"_s, forward}});
        Identity stranger;
        stranger.requestHeaders = {{"X-GROUP", "admins"}};
        QVERIFY(httpclient::headerValue(sentFor(stranger, definition), "x-group").isEmpty());
        stranger.group = u"crew"_s;
        stranger.placeholders = {{u"group_id"_s, u"crew"_s}};
        QCOMPARE(httpclient::headerValue(sentFor(stranger, definition), "x-group"), "crew"_ba);
    }

    void aGroupThatIsNoHeaderValueIsNotTold()
    {
        const ServerDefinition telling =
            definitionWith({{u"MCP_REMOTE_GROUP_HEADER"_s, u"X-Group"_s}});
        QVERIFY(sentFor(memberOf(u"crew\r\nX-Evil: 1"_s), telling).isEmpty());
    }

    void theGroupIsToldAsItsPlaceIsCalled()
    {
        const ServerDefinition telling =
            definitionWith({{u"MCP_REMOTE_GROUP_HEADER"_s, u"X-Group"_s}});
        Identity partner = memberOf(u"staff"_s);
        partner.placeholders[u"group_id"_s] = u"staff~0123456789abcdef"_s;
        QCOMPARE(httpclient::headerValue(sentFor(partner, telling), "x-group"),
                 "staff~0123456789abcdef"_ba);
        partner.group.clear(); // {group_id} has a value then, too, but he acts for himself
        QVERIFY(sentFor(partner, telling).isEmpty());
        Identity unchecked;
        unchecked.group = u"staff"_s;
        QVERIFY(sentFor(unchecked, telling).isEmpty());
    }

    void whatTheOperatorConfiguredIsNotTheCallersToSay_data()
    {
        QTest::addColumn<QString>("forward");
        QTest::newRow("everything") << u"*"_s;
        QTest::newRow("by name") << u"X-Tenant"_s;
    }
    void whatTheOperatorConfiguredIsNotTheCallersToSay()
    {
        QFETCH(QString, forward);
        ServerDefinition definition =
            definitionWith({{u"MCP_REMOTE_SERVER_FORWARD_HEADERS"_s, forward}});
        definition.remote->headers = {{"X-Tenant", "acme"}};
        Identity caller;
        caller.requestHeaders = {{"x-tenant", "other"}, {"X_Tenant", "third"}};
        const httpclient::Headers sent = sentFor(caller, definition);
        QCOMPARE(sent, (httpclient::Headers{{"X-Tenant", "acme"}}));
    }

    void headersThatSayWhoCallsMustBeNamed_data()
    {
        QTest::addColumn<QByteArray>("header");
        for (const char *name : {"X-Auth-Request-User",
                                 "X-Remote-User",
                                 "Remote-User",
                                 "Forwarded",
                                 "X-Forwarded-For",
                                 "X-Forwarded-Email",
                                 "X-Real-IP",
                                 "True-Client-IP",
                                 "CF-Connecting-IP",
                                 "X-User-Id",
                                 "X-Email",
                                 "X-Groups",
                                 "X-WebAuth-User",
                                 "X-Original-URL",
                                 "X-SSL-Client-CN",
                                 "X-Client-Cert",
                                 "X-Authenticated-User",
                                 "X-Amzn-Oidc-Data",
                                 "X-MS-Client-Principal",
                                 "X-Goog-Authenticated-User-Email",
                                 "Cf-Access-Jwt-Assertion",
                                 "X-Access-Token",
                                 "Via",
                                 "X-HTTP-Method-Override",
                                 "X-HTTP-Method",
                                 "X-User",
                                 "X-Users",
                                 "X-UserId",
                                 "X-User_Name",
                                 "X-UserEmail",
                                 "X-User-Agent-Id",
                                 "X-Group-Ids",
                                 "X-GroupName",
                                 "X-Roles",
                                 "X-Scopes",
                                 "X-Email-Verified",
                                 "X-Client-IP",
                                 "X-Client-DN",
                                 "X-Client-S-DN",
                                 "X-Client-Verify",
                                 "X-Client-Id",
                                 "X-Forwarded",
                                 "X_Forwarded_User",
                                 "Remote_User",
                                 "X-Auth_Request-Email",
                                 "X-MS-Token-AAD-Access-Token",
                                 "X-Goog-IAP-JWT-Assertion"})
            QTest::newRow(name) << QByteArray(name);
    }
    void headersThatSayWhoCallsMustBeNamed()
    {
        QFETCH(QByteArray, header);
        Identity caller;
        caller.requestHeaders = {{header, "root"}, {"User-Agent", "curl"}, {"X-Custom", "yes"}};
        const ServerDefinition everything =
            definitionWith({{u"MCP_REMOTE_SERVER_FORWARD_HEADERS"_s, u"*"_s}});
        httpclient::Headers sent = sentFor(caller, everything);
        QVERIFY(httpclient::headerValue(sent, header).isEmpty());
        QCOMPARE(httpclient::headerValue(sent, "x-custom"), "yes"_ba);
        QCOMPARE(httpclient::headerValue(sent, "user-agent"), "curl"_ba);
        const ServerDefinition named =
            definitionWith({{u"MCP_REMOTE_SERVER_FORWARD_HEADERS"_s, QString::fromLatin1(header)}});
        sent = sentFor(caller, named);
        QCOMPARE(httpclient::headerValue(sent, header), "root"_ba);
    }

    void headersThatOnlyLookLikeThoseGoOn_data()
    {
        QTest::addColumn<QByteArray>("header");
        for (const char *name : {"X-User-Agent",       "X-Userland",
                                 "X-Usersnap-Version", "X-Grouping",
                                 "X-Roleplay",         "X-Scoped-Search",
                                 "X-Emailer",          "X-Client-Version",
                                 "X-Client-Name",      "X-Client-Request-Id",
                                 "X-Client-Info",      "X-Forwarder",
                                 "X-HTTP-Methods",     "X-Authority",
                                 "X-Goog-Api-Client",  "X-Goog-FieldMask",
                                 "X-MS-Version",       "X-MS-Client-Request-Id",
                                 "X-Remotely",         "Remotely",
                                 "X-Realtime",         "Viaduct"})
            QTest::newRow(name) << QByteArray(name);
    }
    void headersThatOnlyLookLikeThoseGoOn()
    {
        QFETCH(QByteArray, header);
        Identity caller;
        caller.requestHeaders = {{header, "yes"}};
        const ServerDefinition everything =
            definitionWith({{u"MCP_REMOTE_SERVER_FORWARD_HEADERS"_s, u"*"_s}});
        QCOMPARE(httpclient::headerValue(sentFor(caller, everything), header), "yes"_ba);
    }

    void theBridgesOwnCookiesStay_data()
    {
        QTest::addColumn<QByteArray>("given");
        QTest::addColumn<QByteArray>("sent");
        QTest::newRow("login") << "mcp-bridge=id; theme=dark"_ba
                               << "theme=dark"_ba;
        QTest::newRow("login over TLS") << "a=1;__Host-mcp-bridge=id;b=2"_ba
                                        << "a=1; b=2"_ba;
        QTest::newRow("pending") << "mcp-bridge-login=x; __Host-mcp-bridge-login=y"_ba
                                 << ""_ba;
        QTest::newRow("connecting") << "bridge-connect=x; __Host-bridge-connect=y"_ba
                                    << ""_ba;
        QTest::newRow("session") << "X-Sess=1; X-Sess.files=2; X-Session=3"_ba
                                 << "X-Session=3"_ba;
        QTest::newRow("token") << "_proxy=1; _proxy_0=2; _proxy_csrf=3; proxy=4"_ba
                               << "proxy=4"_ba;
        QTest::newRow("other case") << "MCP-Bridge=id; a=1"_ba
                                    << "a=1"_ba;
        QTest::newRow("quoted, blanks") << " mcp-bridge = \"id\" ; a=\"1\""_ba
                                        << "a=\"1\""_ba;
        QTest::newRow("without a value") << "mcp-bridge; a"_ba
                                         << "a"_ba;
    }
    void theBridgesOwnCookiesStay()
    {
        QFETCH(QByteArray, given);
        const ServerDefinition definition =
            definitionWith({{u"MCP_REMOTE_SERVER_FORWARD_HEADERS"_s, u"Cookie"_s},
                            {u"SESSION_FIELD_NAME"_s, u"X-Sess"_s},
                            {u"TOKEN_COOKIE_NAME"_s, u"_proxy"_s}});
        Identity caller;
        caller.requestHeaders = {{"cookie", given}};
        const httpclient::Headers sent = sentFor(caller, definition);
        QTEST(httpclient::headerValue(sent, "cookie"), "sent");
        QCOMPARE(sent.isEmpty(), httpclient::headerValue(sent, "cookie").isEmpty());
    }
};

QTEST_GUILESS_MAIN(RemoteHeadersTest)
#include "tst_remoteheaders.moc"
