// SPDX-License-Identifier: GPL-3.0-or-later
// Requests of clients of both eras over servers of both eras.
#include "backstage.h"
#include "schemacheck.h"
#include "server/gateway/listings.h"

#include <QtCore/QRandomGenerator>
#include <QtTest/QtTest>

using namespace gatewaytest;

namespace {

QJsonObject call(const QString &tool, const QJsonObject &arguments = {})
{
    return {{"name"_L1, tool}, {"arguments"_L1, arguments}};
}

QStringList namesIn(const Got &got, const QString &member, const QString &key = u"name"_s)
{
    QStringList names;
    const QJsonArray items = got.json()[member].toArray();
    for (const QJsonValue &item : items)
        names.append(item[key].toString());
    return names;
}

} // namespace

class DispatcherTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void pingIsAnsweredToLegacyClientsOnly();
    void oneServerKeepsItsNames();
    void manyServersShareOneList();
    void aSlowServerNeitherDelaysNorEmptiesTheList();
    void aDeadServerIsNamed();
    void modernListingsCarryCacheHints();
    void capabilitiesAndVersionsAreMerged();
    void callsReachTheServerTheirNameTells();
    void anUnknownToolIsInvalidParams();
    void argumentsKeepTheirBytes();
    void resultsCrossTheEras_data();
    void resultsCrossTheEras();
    void oldClientsGetTextForWhatTheyDoNotKnow();
    void missingResourcesHaveTheCodeOfTheRevision_data();
    void missingResourcesHaveTheCodeOfTheRevision();
    void resourcesOfTheSameUriAreToldApart();
    void promptsAndCompletionsAreRouted();
    void aFailingToolIsAResult();
    void aStateKeepsItsServer();
    void withoutStateEveryCallIsNew();
    void aClosedSessionIsStartedAnew();
    void droppingACallCancelsIt();
    void progressCarriesTheClientsToken();
    void logIsFilteredByLevel();
    void modernClientsGetLogOnlyWhenAsked();
    void usersNeverCross();
};

void DispatcherTest::pingIsAnsweredToLegacyClientsOnly()
{
    Theatre theatre({{u"one"_s}});
    Got got;
    theatre.send(got, theatre.request(u"ping"_s));
    QTRY_VERIFY(got.isThere());
    QCOMPARE(got.raw(), "{}"_ba);
    theatre.profile = modern();
    theatre.send(got, theatre.request(u"ping"_s));
    QTRY_COMPARE(got.code(), -32601);
}

void DispatcherTest::oneServerKeepsItsNames()
{
    Theatre theatre({{u"one"_s}});
    Got got;
    theatre.send(got, theatre.request(u"tools/list"_s));
    QTRY_VERIFY(got.isThere());
    QVERIFY(namesIn(got, u"tools"_s).contains(u"count"_s));
    QCOMPARE(got.json().keys(), QStringList{u"tools"_s});
    QVERIFY(isValid(got.raw(), u"2025-11-25"_s, u"ListToolsResult"_s));
}

void DispatcherTest::manyServersShareOneList()
{
    Theatre theatre({{u"one"_s}, {u"two"_s, true}});
    Got got;
    theatre.send(got, theatre.request(u"tools/list"_s));
    QTRY_VERIFY(got.isThere());
    const QStringList names = namesIn(got, u"tools"_s);
    QCOMPARE(names.size(), 22);
    QCOMPARE(names.first(), u"one__count"_s);
    QVERIFY(names.contains(u"two__count"_s));
    auto alone = theatre.request(u"tools/list"_s);
    alone.server = u"two"_s;
    theatre.send(got, alone);
    QTRY_VERIFY(got.isThere());
    QCOMPARE(namesIn(got, u"tools"_s).first(), u"count"_s);
}

void DispatcherTest::aSlowServerNeitherDelaysNorEmptiesTheList()
{
    gateway::DispatcherOptions options;
    options.listPatience = 50ms;
    Theatre theatre({{u"slow"_s, false, false, true}, {u"two"_s}}, options);
    Got got;
    theatre.send(got, theatre.request(u"tools/list"_s));
    QTRY_VERIFY(got.isThere());
    QCOMPARE(namesIn(got, u"tools"_s).first(), u"two__count"_s);
    const QJsonObject degraded = got.json()["_meta"_L1][gateway::kMetaDegraded].toObject();
    QCOMPARE(degraded.keys(), QStringList{u"slow"_s});
    QVERIFY(isValid(got.raw(), u"2025-11-25"_s, u"ListToolsResult"_s));
}

void DispatcherTest::aDeadServerIsNamed()
{
    Theatre theatre({{u"one"_s}, {u"dead"_s, false, true}});
    Got got;
    theatre.profile = modern();
    theatre.send(got, theatre.request(u"tools/list"_s));
    QTRY_VERIFY(got.isThere());
    const QJsonObject meta = got.json()["_meta"_L1].toObject();
    QCOMPARE(meta[gateway::kMetaDegraded]["dead"_L1].toString(), u"upstream_start_failed"_s);
    QCOMPARE(got.json()["ttlMs"_L1].toInt(-1), 0);
    auto alone = theatre.request(u"tools/list"_s);
    alone.server = u"dead"_s;
    theatre.send(got, alone);
    QTRY_COMPARE(got.code(), -32603);
}

void DispatcherTest::modernListingsCarryCacheHints()
{
    Theatre theatre({{u"one"_s}, {u"two"_s, true}});
    theatre.profile = modern();
    Got got;
    const QList<std::pair<QString, QString>> all{
        {u"tools/list"_s, u"ListToolsResult"_s},
        {u"prompts/list"_s, u"ListPromptsResult"_s},
        {u"resources/list"_s, u"ListResourcesResult"_s},
        {u"resources/templates/list"_s, u"ListResourceTemplatesResult"_s}};
    for (const auto &[method, schema] : all) {
        theatre.send(got, theatre.request(method));
        QTRY_VERIFY(got.isThere());
        QCOMPARE(got.json()["resultType"_L1].toString(), u"complete"_s);
        QVERIFY(got.json()["ttlMs"_L1].toInt() > 0);
        QCOMPARE(got.json()["cacheScope"_L1].toString(), u"public"_s);
        QVERIFY(isValid(got.raw(), u"2026-07-28"_s, schema));
    }
}

void DispatcherTest::capabilitiesAndVersionsAreMerged()
{
    Theatre theatre({{u"one"_s}, {u"two"_s, true}});
    Got got;
    theatre.profile = modern();
    theatre.send(got, theatre.request(u"server/discover"_s));
    QTRY_VERIFY(got.isThere());
    QCOMPARE(got.json()["supportedVersions"_L1].toArray().size(), 5);
    QVERIFY(got.json()["capabilities"_L1]["tools"_L1]["listChanged"_L1].toBool());
    QVERIFY(isValid(got.raw(), u"2026-07-28"_s, u"DiscoverResult"_s));
    for (const auto revision :
         {"2024-11-05"_L1, "2025-03-26"_L1, "2025-06-18"_L1, "2025-11-25"_L1}) {
        theatre.profile = legacy(revision);
        auto request = theatre.request(u"initialize"_s);
        request.state = theatre.makeState({}, revision);
        theatre.send(got, request);
        QTRY_VERIFY(got.isThere());
        QCOMPARE(got.json()["protocolVersion"_L1].toString(), revision);
        QVERIFY(got.json()["instructions"_L1].toString().contains(u"one: Use one."_s));
        QVERIFY(isValid(got.raw(), revision, u"InitializeResult"_s));
    }
}

void DispatcherTest::callsReachTheServerTheirNameTells()
{
    Theatre theatre({{u"one"_s}, {u"two"_s, true}});
    Got got;
    for (const auto server : {"one"_L1, "two"_L1}) {
        theatre.send(got, theatre.request(u"tools/call"_s, call(server + "__echo"_L1)));
        QTRY_VERIFY(got.isThere());
        QCOMPARE(got.text(), QString(server + ":{}"_L1));
    }
    QVERIFY(theatre.metrics.expose().contains("transport=\"mcp\""));
}

void DispatcherTest::anUnknownToolIsInvalidParams()
{
    Theatre theatre({{u"one"_s}, {u"two"_s, true}});
    Got got;
    for (const auto &name : {u"one__nothing"_s, u"echo"_s, u""_s}) {
        theatre.send(got, theatre.request(u"tools/call"_s, call(name)));
        QTRY_COMPARE(got.code(), -32602);
    }
    theatre.send(got, theatre.request(u"tools/call"_s, {{"name"_L1, 7}}));
    QTRY_COMPARE(got.code(), -32602);
    theatre.send(got, theatre.request(u"no/such"_s));
    QTRY_COMPARE(got.code(), -32601);
}

void DispatcherTest::argumentsKeepTheirBytes()
{
    Theatre theatre({{u"one"_s}});
    Got got;
    auto request = theatre.request(u"tools/call"_s);
    request.message.params = R"({"name":"echo","arguments":{"z":1,"a":2}})"_ba;
    theatre.send(got, request);
    QTRY_VERIFY(got.isThere());
    QCOMPARE(theatre.stats(u"one"_s).params.last()["arguments"_L1].toObject(),
             (QJsonObject{{"z"_L1, 1}, {"a"_L1, 2}}));
}

void DispatcherTest::resultsCrossTheEras_data()
{
    QTest::addColumn<bool>("isServerModern");
    QTest::addColumn<bool>("isClientModern");
    for (const bool server : {false, true}) {
        for (const bool client : {false, true})
            QTest::addRow("%s to %s", server ? "modern" : "legacy", client ? "modern" : "legacy")
                << server << client;
    }
}

void DispatcherTest::resultsCrossTheEras()
{
    QFETCH(bool, isServerModern);
    QFETCH(bool, isClientModern);
    Theatre theatre({{u"one"_s, isServerModern}});
    theatre.profile = isClientModern ? modern() : legacy();
    const QString revision = theatre.profile.revision;
    Got got;
    theatre.send(got, theatre.request(u"tools/call"_s, call(u"rich"_s)));
    QTRY_VERIFY(got.isThere());
    QCOMPARE(got.json().contains("resultType"_L1), isClientModern);
    QVERIFY(isValid(got.raw(), revision, u"CallToolResult"_s));
    theatre.send(got, theatre.request(u"resources/read"_s, {{"uri"_L1, "test://same"_L1}}));
    QTRY_VERIFY(got.isThere());
    QCOMPARE(got.json().contains("ttlMs"_L1), isClientModern);
    QVERIFY(isValid(got.raw(), revision, u"ReadResourceResult"_s));
    theatre.send(got, theatre.request(u"prompts/get"_s, {{"name"_L1, "greet"_L1}}));
    QTRY_VERIFY(got.isThere());
    QVERIFY(isValid(got.raw(), revision, u"GetPromptResult"_s));
}

void DispatcherTest::oldClientsGetTextForWhatTheyDoNotKnow()
{
    Theatre theatre({{u"one"_s}});
    Got got;
    theatre.profile = legacy(u"2024-11-05"_s);
    theatre.send(got, theatre.request(u"tools/call"_s, call(u"rich"_s)));
    QTRY_VERIFY(got.isThere());
    const QJsonArray content = got.json()["content"_L1].toArray();
    QCOMPARE(content.size(), 2);
    for (const QJsonValue &block : content)
        QCOMPARE(block["type"_L1].toString(), u"text"_s);
    // Some clients check it against the output schema although their revision has neither.
    QVERIFY(got.json()["structuredContent"_L1].isObject());
    QVERIFY(isValid(got.raw(), u"2024-11-05"_s, u"CallToolResult"_s));
}

void DispatcherTest::missingResourcesHaveTheCodeOfTheRevision_data()
{
    resultsCrossTheEras_data();
}

void DispatcherTest::missingResourcesHaveTheCodeOfTheRevision()
{
    QFETCH(bool, isServerModern);
    QFETCH(bool, isClientModern);
    Theatre theatre({{u"one"_s, isServerModern}});
    theatre.profile = isClientModern ? modern() : legacy();
    Got got;
    theatre.send(got, theatre.request(u"resources/read"_s, {{"uri"_L1, "test://missing"_L1}}));
    QTRY_COMPARE(got.code(), isClientModern ? -32602 : -32002);
}

void DispatcherTest::resourcesOfTheSameUriAreToldApart()
{
    Theatre theatre({{u"one"_s}, {u"two"_s, true}});
    Got got;
    theatre.send(got, theatre.request(u"resources/list"_s));
    QTRY_VERIFY(got.isThere());
    QCOMPARE(namesIn(got, u"resources"_s, u"uri"_s),
             (QStringList{u"test://same"_s, u"test://one"_s, u"bridge://two/test://same"_s,
                          u"test://two"_s}));
    const QList<std::pair<QString, QString>> owners{{u"test://same"_s, u"one"_s},
                                                    {u"bridge://two/test://same"_s, u"two"_s},
                                                    {u"bridge://one/test://same"_s, u"one"_s},
                                                    {u"test://two"_s, u"two"_s},
                                                    {u"two://5"_s, u"two"_s}};
    for (const auto &[uri, owner] : owners) {
        theatre.send(got, theatre.request(u"resources/read"_s, {{"uri"_L1, uri}}));
        QTRY_VERIFY(got.isThere());
        QCOMPARE(got.json()["contents"_L1][0]["text"_L1].toString(), owner);
        QCOMPARE(got.json()["contents"_L1][0]["uri"_L1].toString(), uri);
    }
    theatre.send(got, theatre.request(u"resources/read"_s, {{"uri"_L1, "nobody://x"_L1}}));
    QTRY_COMPARE(got.code(), -32002);
}

void DispatcherTest::promptsAndCompletionsAreRouted()
{
    Theatre theatre({{u"one"_s}, {u"two"_s, true}});
    Got got;
    theatre.send(got, theatre.request(u"prompts/get"_s, {{"name"_L1, "two__greet"_L1}}));
    QTRY_VERIFY(got.isThere());
    QCOMPARE(got.json()["messages"_L1][0]["content"_L1]["text"_L1].toString(), u"two"_s);
    const QJsonObject ref{{"type"_L1, "ref/prompt"_L1}, {"name"_L1, "one__greet"_L1}};
    const QJsonObject argument{{"name"_L1, "a"_L1}, {"value"_L1, "b"_L1}};
    theatre.send(got, theatre.request(u"completion/complete"_s,
                                      {{"ref"_L1, ref}, {"argument"_L1, argument}}));
    QTRY_VERIFY(got.isThere());
    QCOMPARE(got.json()["completion"_L1]["values"_L1].toArray(),
             (QJsonArray{u"one"_s, u"greet"_s}));
    theatre.send(got, theatre.request(u"prompts/get"_s, {{"name"_L1, "one__none"_L1}}));
    QTRY_COMPARE(got.code(), -32602);
}

void DispatcherTest::aFailingToolIsAResult()
{
    Theatre theatre({{u"one"_s}});
    Got got;
    theatre.send(got, theatre.request(u"tools/call"_s, call(u"fail"_s)));
    QTRY_VERIFY(got.isThere());
    QVERIFY(got.json()["isError"_L1].toBool());
}

void DispatcherTest::aStateKeepsItsServer()
{
    Theatre theatre({{u"one"_s}});
    const auto state = theatre.makeState();
    std::array<Got, 3> got;
    for (Got &one : got) {
        auto request = theatre.request(u"tools/call"_s, call(u"count"_s));
        request.state = state;
        theatre.send(one, request); // at once: one start for all of them
    }
    QStringList counts;
    for (Got &one : got) {
        QTRY_VERIFY(one.isThere());
        counts.append(one.text());
    }
    QCOMPARE(counts, (QStringList{u"1"_s, u"2"_s, u"3"_s}));
    QCOMPARE(theatre.stats(u"one"_s).alive, 1);
    theatre.dispatcher->release(state);
    QTRY_COMPARE(theatre.stats(u"one"_s).alive, 0);
}

void DispatcherTest::withoutStateEveryCallIsNew()
{
    Theatre theatre({{u"one"_s}});
    Got got;
    for (int i = 0; i < 3; ++i) {
        theatre.send(got, theatre.request(u"tools/call"_s, call(u"count"_s)));
        QTRY_VERIFY(got.isThere());
        QCOMPARE(got.text(), u"1"_s);
    }
    got.call.cancel();
    QTRY_COMPARE(theatre.stats(u"one"_s).alive, 0);
}

void DispatcherTest::aClosedSessionIsStartedAnew()
{
    Theatre theatre({{u"one"_s}});
    const auto state = theatre.makeState();
    Got got;
    auto request = theatre.request(u"tools/call"_s, call(u"count"_s));
    request.state = state;
    theatre.send(got, request);
    QTRY_COMPARE(got.text(), u"1"_s);
    const auto key = state->sessions[u"one"_s]->record().key;
    QVERIFY(theatre.sessions->close(key.owner, key.server, key.id, u"expired"_s));
    theatre.send(got, request);
    QTRY_COMPARE(got.text(), u"1"_s);
    QCOMPARE(theatre.stats(u"one"_s).started, 2);
}

void DispatcherTest::droppingACallCancelsIt()
{
    Theatre theatre({{u"one"_s}});
    const auto state = theatre.makeState();
    Got got;
    auto request = theatre.request(u"tools/call"_s, call(u"hold"_s));
    request.state = state;
    theatre.send(got, request);
    QTRY_COMPARE(theatre.stats(u"one"_s).params.size(), 1);
    got.call.cancel();
    QTRY_COMPARE(theatre.stats(u"one"_s).cancelled, 1);
    theatre.actor(u"one"_s)->releaseAll();
    QTest::qWait(20);
    QVERIFY(!got.isThere());
}

void DispatcherTest::progressCarriesTheClientsToken()
{
    Theatre theatre({{u"one"_s}});
    for (const QJsonValue &token : {QJsonValue(u"mine"_s), QJsonValue(42)}) {
        Got got;
        QJsonObject params = call(u"progress"_s);
        params.insert("_meta"_L1, QJsonObject{{"progressToken"_L1, token}});
        theatre.send(got, theatre.request(u"tools/call"_s, params));
        QTRY_VERIFY(got.isThere());
        QCOMPARE(got.audience->notices.size(), 3);
        QCOMPARE(got.audience->notices.last().method, u"notifications/progress"_s);
        const QJsonObject last = object(got.audience->notices.last().params);
        QCOMPARE(last["progressToken"_L1], token);
        QCOMPARE(last["progress"_L1].toInt(), 3);
        QVERIFY(isValid(got.audience->notices.last().params, u"2025-11-25"_s,
                        u"ProgressNotificationParams"_s));
    }
    Got got;
    theatre.send(got, theatre.request(u"tools/call"_s, call(u"progress"_s)));
    QTRY_VERIFY(got.isThere());
    QVERIFY(got.audience->notices.isEmpty());
}

void DispatcherTest::logIsFilteredByLevel()
{
    Theatre theatre({{u"one"_s}});
    const auto state = theatre.makeState();
    Got got;
    auto level = theatre.request(u"logging/setLevel"_s, {{"level"_L1, "error"_L1}});
    level.state = state;
    theatre.send(got, level);
    QTRY_COMPARE(got.raw(), "{}"_ba);
    auto request = theatre.request(u"tools/call"_s, call(u"log"_s));
    request.state = state;
    theatre.send(got, request);
    QTRY_COMPARE(got.text(), u"done"_s);
    QCOMPARE(got.audience->notices.size(), 1);
    QCOMPARE(theatre.stats(u"one"_s).levels, QStringList{u"error"_s});
    level.message.params = R"({"level":"loud"})"_ba;
    theatre.send(got, level);
    QTRY_COMPARE(got.code(), -32602);
}

void DispatcherTest::modernClientsGetLogOnlyWhenAsked()
{
    Theatre theatre({{u"one"_s}});
    theatre.profile = modern();
    Got got;
    theatre.send(got, theatre.request(u"tools/call"_s, call(u"log"_s)));
    QTRY_VERIFY(got.isThere());
    QVERIFY(got.audience->notices.isEmpty());
    theatre.profile.logLevel = u"info"_s;
    theatre.send(got, theatre.request(u"tools/call"_s, call(u"log"_s)));
    QTRY_VERIFY(got.isThere());
    QCOMPARE(got.audience->notices.size(), 3);
    theatre.profile.logLevel = u"loud"_s;
    theatre.send(got, theatre.request(u"tools/call"_s, call(u"log"_s)));
    QTRY_COMPARE(got.code(), -32602);
}

void DispatcherTest::usersNeverCross()
{
    constexpr int kCalls = 10'000;
    constexpr int kAtOnce = 40;
    Theatre theatre({{u"one"_s}, {u"two"_s, true}});
    QRandomGenerator random(3);
    const std::array<gateway::ClientStatePtr, 2> states{theatre.makeState(), theatre.makeState()};
    states[0]->identity.owner = u"alice"_s;
    states[1]->identity.owner = u"bob"_s;
    std::vector<std::unique_ptr<Got>> running(kAtOnce);
    std::vector<QString> expected(kAtOnce);
    int sent = 0;
    int done = 0;
    while (done < kCalls) {
        for (int slot = 0; slot < kAtOnce; ++slot) {
            if (running[size_t(slot)] && running[size_t(slot)]->isThere()) {
                QCOMPARE(running[size_t(slot)]->text(), expected[size_t(slot)]);
                running[size_t(slot)].reset();
                ++done;
            }
            if (running[size_t(slot)] || sent == kCalls)
                continue;
            const auto &state = states[random.bounded(2)];
            const QString server = random.bounded(2) == 0 ? u"one"_s : u"two"_s;
            const QJsonObject arguments{{"who"_L1, state->identity.owner}, {"n"_L1, sent++}};
            auto request = theatre.request(u"tools/call"_s, call(server + u"__echo"_s, arguments));
            request.message.id = QByteArray::number(random.bounded(3));
            request.state = state;
            request.identity = state->identity;
            expected[size_t(slot)] =
                server + u':' + QString::fromUtf8(gatewaytest::json(arguments));
            running[size_t(slot)] = std::make_unique<Got>();
            theatre.send(*running[size_t(slot)], request);
        }
        QCoreApplication::processEvents(QEventLoop::AllEvents, 10);
    }
    QCOMPARE(done, kCalls);
}

QTEST_GUILESS_MAIN(DispatcherTest)
#include "tst_dispatcher.moc"
