// SPDX-License-Identifier: GPL-3.0-or-later
// Requests, sessions and streams of Streamable HTTP.
#include "httpcase.h"

using namespace httpcase;

class tst_HttpTransport : public HttpCase
{
    Q_OBJECT
private Q_SLOTS:
    void modernRequestsMirrorThemselvesInHeaders()
    {
        start(true);
        m_onCall = [](const Seen &seen) {
            const bool isList = methodOf(seen) == "tools/list"_L1;
            seen.answer("200 OK", "application/json",
                        response(seen, isList ? "{'tools':[{'name':'größe','inputSchema':{'type':"
                                                "'object','properties':{'where':{'type':'string',"
                                                "'x-mcp-header':'Place'},'n':{'type':'integer',"
                                                "'x-mcp-header':'N'}}}},{'name':'bad',"
                                                "'inputSchema':{'type':'object','properties':{'a':"
                                                "{'type':'number','x-mcp-header':'A'}}}}]}"
                                              : "{'content':[]}"));
        };
        std::optional<Result<QList<QByteArray>>> tools;
        const Call listing = m_client->list(u"tools/list"_s, u"tools"_s,
                                            [&](Result<QList<QByteArray>> all) { tools = all; });
        QTRY_VERIFY(tools);
        QCOMPARE((*tools)->size(), 1); // a tool with a wrong annotation is left out
        callTool();
        QTRY_VERIFY(m_answer);
        QVERIFY(m_answer->ok());
        const Seen *call = last(u"tools/call"_s);
        QCOMPARE(call->header("MCP-Protocol-Version"), "2026-07-28"_ba);
        QCOMPARE(call->header("Mcp-Method"), "tools/call"_ba);
        QCOMPARE(call->header("Mcp-Name"), "=?base64?Z3LDtsOfZQ==?="_ba);
        QCOMPARE(call->header("Mcp-Param-Place"), "=?base64?S8O2bG4=?="_ba);
        QCOMPARE(call->header("Mcp-Param-N"), "42"_ba);
        QCOMPARE(call->header("Accept"), "application/json, text/event-stream"_ba);
        QCOMPARE(call->header("Authorization"), "Bearer x"_ba);
        QCOMPARE(count("GET"), 0);
    }

    void cancellingAModernCallClosesItsConnectionAndSaysNothing()
    {
        start(true);
        m_onCall = [](const Seen &seen) { seen.openStream(); };
        callTool();
        QTRY_VERIFY(last(u"tools/call"_s));
        const int before = m_server->closed;
        m_call.cancel();
        QTRY_COMPARE(m_server->closed, before + 1);
        QVERIFY(!last(u"notifications/cancelled"_s));
    }

    void aLegacySessionIsNamedHeardAndDeleted()
    {
        m_more = "Mcp-Session-Id: abc\r\n";
        start(false);
        QTRY_COMPARE(count("GET"), 1);
        const Seen stream = m_server->seen.last();
        QCOMPARE(stream.header("Mcp-Session-Id"), "abc"_ba);
        QCOMPARE(stream.header("MCP-Protocol-Version"), "2025-06-18"_ba);
        m_client.reset();
        QTRY_COMPARE(count("DELETE"), 1);
        QCOMPARE(m_server->seen.last().header("Mcp-Session-Id"), "abc"_ba);
    }

    void messagesOfTheServerComeOnTheListeningStream()
    {
        m_more = "Mcp-Session-Id: abc\r\n";
        QByteArray lastId;
        m_onCall = [&](const Seen &seen) {
            lastId = seen.header("Last-Event-ID");
            seen.openStream();
            seen.send("id: e7\nretry: 10\ndata: "
                      + quotes("{'jsonrpc':'2.0','method':'notifications/tools/list_changed'}")
                      + "\n\n");
            if (lastId.isEmpty())
                seen.close();
        };
        begin(false, endpointOf(*m_server));
        int changes = 0;
        connect(m_client.get(), &Client::toolsChanged, this, [&] { ++changes; });
        QTRY_COMPARE(changes, 2); // it is opened again where it broke off
        QCOMPARE(lastId, "e7"_ba);
    }

    void aCallsStreamCarriesProgressQuestionsAndTheAnswer()
    {
        start(false);
        m_onCall = [](const Seen &seen) {
            if (methodOf(seen) != "tools/call"_L1)
                return seen.answer("405 X", "text/plain", "");
            seen.openStream();
            seen.send("data: "
                      + quotes("{'jsonrpc':'2.0','method':'notifications/message','params':{"
                               "'level':'info','data':'hi'}}")
                      + "\n\ndata: " + response(seen, "{'content':[],'n':1}") + "\n\n");
        };
        QString said;
        CallHooks hooks;
        hooks.log = [&](const LogMessage &message) { said = message.data.toString(); };
        callTool(hooks);
        QTRY_VERIFY(m_answer);
        QCOMPARE(**m_answer, quotes("{'content':[],'n':1}"));
        QCOMPARE(said, u"hi"_s);
    }

    void aBrokenStreamIsResumedWhereTheServerGivesIds()
    {
        start(false);
        Seen first;
        m_onCall = [&](const Seen &seen) {
            if (methodOf(seen) == "tools/call"_L1) {
                first = seen;
                seen.openStream();
                seen.send("id: 5\nretry: 10\ndata:\n\n");
                seen.close();
            } else if (seen.header("Last-Event-ID") == "5") {
                seen.openStream();
                seen.send("data: " + response(first, "{'content':[]}") + "\n\n");
            } else {
                seen.answer("405 X", "text/plain", "");
            }
        };
        callTool();
        QTRY_VERIFY(m_answer);
        QVERIFY(m_answer->ok());
    }

    void aStreamWithoutAnAnswerIsAnErrorOfThatCallOnly()
    {
        start(true);
        m_onCall = [](const Seen &seen) {
            seen.openStream();
            seen.close();
        };
        callTool();
        QTRY_VERIFY(m_answer);
        QCOMPARE(m_answer->error().code, ErrorCode::UpstreamFailed);
        QVERIFY(m_client->isOpen());
    }
};

QTEST_GUILESS_MAIN(tst_HttpTransport)
#include "tst_httptransport.moc"
