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
        Identity member;
        member.group = u"crew"_s;
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
        Identity member;
        member.group = u"crew"_s;
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
        QCOMPARE(httpclient::headerValue(sentFor(stranger, definition), "x-group"), "crew"_ba);
    }

    void aGroupThatIsNoHeaderValueIsNotTold()
    {
        const ServerDefinition telling =
            definitionWith({{u"MCP_REMOTE_GROUP_HEADER"_s, u"X-Group"_s}});
        Identity member;
        member.group = u"crew\r\nX-Evil: 1"_s;
        QVERIFY(sentFor(member, telling).isEmpty());
    }
};

QTEST_GUILESS_MAIN(RemoteHeadersTest)
#include "tst_remoteheaders.moc"
