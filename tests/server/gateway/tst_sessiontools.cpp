// SPDX-License-Identifier: GPL-3.0-or-later
#include "backstage.h"
#include "schemacheck.h"

#include "server/gateway/handletable.h"
#include "server/gateway/sessiontools.h"

#include <QtTest/QtTest>

using namespace gatewaytest;
using bridge::gateway::callSessionTool;
using bridge::gateway::callsSessionTool;
using bridge::gateway::HandleTable;

namespace {

QJsonObject calling(const QString &name, const QJsonObject &arguments = {})
{
    return {{"name"_L1, name}, {"arguments"_L1, arguments}};
}

gateway::DispatcherOptions withTools()
{
    gateway::DispatcherOptions options;
    options.sessionTools = true;
    return options;
}

} // namespace

class TestSessionTools : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void listedFirstAndAsTheSchemaHasIt()
    {
        Theatre theatre({{u"one"_s}, {u"two"_s, true}}, withTools());
        theatre.profile = modern();
        Got got;
        theatre.send(got, theatre.request(u"tools/list"_s));
        QTRY_VERIFY(got.isThere());
        QVERIFY(isValid(got.raw(), u"2026-07-28"_s, u"ListToolsResult"_s));
        const QJsonArray tools = got.json()["tools"_L1].toArray();
        QCOMPARE(tools.size(), 24);
        QCOMPARE(tools[0]["name"_L1].toString(), u"bridge__start_session"_s);
        QCOMPARE(tools[1]["name"_L1].toString(), u"bridge__end_session"_s);
    }

    void missingForLegacyClientsAndOneServersEndpoint()
    {
        Theatre theatre({{u"one"_s}, {u"two"_s}}, withTools());
        Got got;
        theatre.send(got, theatre.request(u"tools/list"_s));
        QTRY_VERIFY(got.isThere());
        QVERIFY(!got.raw().contains("bridge__"));
        theatre.profile = modern();
        auto alone = theatre.request(u"tools/list"_s);
        alone.server = u"one"_s;
        theatre.send(got, alone);
        QTRY_VERIFY(got.isThere());
        QVERIFY(!got.raw().contains("bridge__"));
    }

    void resultsFitTheSchema()
    {
        Theatre theatre({{u"one"_s}}, withTools());
        theatre.profile = modern({{"elicitation"_L1, QJsonObject()}});
        HandleTable handles({}, [](const gateway::ClientStatePtr &) {});
        const auto request = theatre.request(u"tools/call"_s, calling(u"bridge__start_session"_s));
        QVERIFY(callsSessionTool(request.message));
        const Result<QByteArray> started = callSessionTool(request, handles);
        QVERIFY(started.ok());
        QVERIFY(isValid(*started, u"2026-07-28"_s, u"CallToolResult"_s));
        const QString id = object(*started)["structuredContent"_L1]["session"_L1].toString();
        // Its servers may ask what the client that started it can answer.
        const auto state = handles.find(id, request.identity.owner, {});
        QVERIFY(state && state->profile.can("elicitation"_L1));
        const Result<QByteArray> ended =
            callSessionTool(theatre.request(u"tools/call"_s, calling(u"bridge__end_session"_s,
                                                                     {{"session"_L1, id}})),
                            handles);
        QVERIFY(isValid(*ended, u"2026-07-28"_s, u"CallToolResult"_s));
        QCOMPARE(handles.count(), 0);
    }

    void anEndedSessionStartsNoServers()
    {
        Theatre theatre({{u"one"_s}});
        theatre.profile = modern();
        auto request = theatre.request(u"tools/call"_s, calling(u"count"_s));
        request.state = theatre.makeState();
        theatre.dispatcher->release(request.state);
        Got got;
        theatre.send(got, request);
        QTRY_VERIFY(got.isThere());
        QVERIFY(got.code() != 0 || got.json()["isError"_L1].toBool());
        QCOMPARE(theatre.stats(u"one"_s).started, 0);
        QCOMPARE(theatre.sessions->count(), 0);
    }

    void otherToolsAreNotTheBridges()
    {
        Theatre theatre({{u"one"_s}});
        QVERIFY(!callsSessionTool(theatre.request(u"tools/call"_s, calling(u"count"_s)).message));
        QVERIFY(!callsSessionTool(
            theatre.request(u"prompts/get"_s, calling(u"bridge__end_session"_s)).message));
    }
};

QTEST_GUILESS_MAIN(TestSessionTools)
#include "tst_sessiontools.moc"
