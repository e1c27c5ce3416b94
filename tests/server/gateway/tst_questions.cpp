// SPDX-License-Identifier: GPL-3.0-or-later
// What servers ask in mid-call, for clients of both eras.
#include "backstage.h"
#include "schemacheck.h"

#include "server/gateway/questions.h"

#include <QtTest/QtTest>

using namespace gatewaytest;

namespace {

QJsonObject everything()
{
    return {{"elicitation"_L1, QJsonObject{{"form"_L1, QJsonObject()}}},
            {"sampling"_L1, QJsonObject()},
            {"roots"_L1, QJsonObject()}};
}

QJsonObject call(const QString &tool)
{
    return {{"name"_L1, tool}}; // without `arguments`, which are optional
}

QJsonObject accept(const QString &field, const QString &value)
{
    return {{"action"_L1, "accept"_L1}, {"content"_L1, QJsonObject{{field, value}}}};
}

/// Every question of \a got answered with \a answer.
QJsonObject retryOf(const QString &tool, const Got &got, const QJsonObject &answer)
{
    QJsonObject responses;
    const QJsonObject asked = got.json()["inputRequests"_L1].toObject();
    for (const QString &key : asked.keys())
        responses.insert(key, answer);
    QJsonObject params = call(tool);
    params.insert("inputResponses"_L1, responses);
    params.insert("requestState"_L1, got.json()["requestState"_L1]);
    return params;
}

bool isQuestion(const Got &got)
{
    return got.json()["resultType"_L1] == "input_required"_L1;
}

QJsonObject sampled()
{
    return {{"role"_L1, "assistant"_L1},
            {"model"_L1, "m"_L1},
            {"content"_L1, QJsonObject{{"type"_L1, "text"_L1}, {"text"_L1, "yes"_L1}}}};
}

} // namespace

class QuestionsTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void aModernClientAnswersByRetrying_data();
    void aModernClientAnswersByRetrying();
    void severalQuestionsAtOnceAndMissingAnswers();
    void answersGivenAheadAreTakenOnce();
    void whatHappensBehindAUrlHasANameIn2025Only();
    void questionsOneAfterTheOther();
    void foreignTamperedAndUsedStatesAreRefused();
    void anAnswerThatIsNoneLeavesTheCallWaiting();
    void samplingAndRootsReachAModernClient_data();
    void samplingAndRootsReachAModernClient();
    void nobodyIsAskedWhatHeCannotAnswer_data();
    void nobodyIsAskedWhatHeCannotAnswer();
    void aSuspendedCallExpires();
    void suspendedCallsAreLimited();
    void aLegacyClientIsAsked_data();
    void aLegacyClientIsAsked();
    void aRefusalOfALegacyClientIsPassedOn();
    void theEndOfTheServerEndsASuspendedCall();

private:
    void addEras();
};

void QuestionsTest::addEras()
{
    QTest::addColumn<bool>("isServerModern");
    QTest::newRow("legacy server") << false;
    QTest::newRow("modern server") << true;
}

void QuestionsTest::aModernClientAnswersByRetrying_data()
{
    addEras();
}

void QuestionsTest::aModernClientAnswersByRetrying()
{
    QFETCH(bool, isServerModern);
    Theatre theatre({{u"one"_s, isServerModern}});
    theatre.profile = modern(everything());
    Got got;
    theatre.send(got, theatre.request(u"tools/call"_s, call(u"ask"_s)));
    QTRY_VERIFY(isQuestion(got));
    QVERIFY(isValid(got.raw(), u"2026-07-28"_s, u"InputRequiredResult"_s));
    QCOMPARE(theatre.stats(u"one"_s).alive, 1);
    const int started = theatre.stats(u"one"_s).started;
    const QJsonObject params = retryOf(u"ask"_s, got, accept(u"name"_s, u"Ada"_s));
    theatre.send(got, theatre.request(u"tools/call"_s, params));
    QTRY_VERIFY(got.isThere());
    QVERIFY2(got.text().contains("Ada"_L1), got.raw().constData());
    QVERIFY(isValid(got.raw(), u"2026-07-28"_s, u"CallToolResult"_s));
    QCOMPARE(theatre.stats(u"one"_s).sideEffects, 1);
    QCOMPARE(theatre.stats(u"one"_s).started, started);
    got.call.cancel();
    QTRY_COMPARE(theatre.stats(u"one"_s).alive, 0);
}

void QuestionsTest::severalQuestionsAtOnceAndMissingAnswers()
{
    Theatre theatre({{u"one"_s, true}});
    theatre.profile = modern(everything());
    Got got;
    theatre.send(got, theatre.request(u"tools/call"_s, call(u"askTwo"_s)));
    QTRY_VERIFY(isQuestion(got));
    QCOMPARE(got.json()["inputRequests"_L1].toObject().size(), 2);
    QJsonObject params = retryOf(u"askTwo"_s, got, accept(u"name"_s, u"Ada"_s));
    QJsonObject responses = params["inputResponses"_L1].toObject();
    const QString left = responses.keys().last();
    responses.remove(left);
    responses.insert("unknown"_L1, accept(u"x"_s, u"y"_s));
    params["inputResponses"_L1] = responses;
    theatre.send(got, theatre.request(u"tools/call"_s, params));
    QTRY_VERIFY(isQuestion(got));
    QCOMPARE(got.json()["inputRequests"_L1].toObject().keys(), QStringList{left});
    params = retryOf(u"askTwo"_s, got, accept(u"age"_s, u"36"_s));
    theatre.send(got, theatre.request(u"tools/call"_s, params));
    QTRY_VERIFY(got.isThere());
    QVERIFY(got.text().contains("Ada"_L1) && got.text().contains("36"_L1));
    QCOMPARE(theatre.stats(u"one"_s).sideEffects, 1);
}

void QuestionsTest::answersGivenAheadAreTakenOnce()
{
    Theatre theatre({{u"one"_s, true}});
    theatre.profile = modern(everything());
    Got got;
    theatre.send(got, theatre.request(u"tools/call"_s, call(u"ask"_s)));
    QTRY_VERIFY(isQuestion(got));
    QJsonObject ahead = retryOf(u"ask"_s, got, accept(u"name"_s, u"Ada"_s));
    ahead.remove("requestState"_L1);
    Got quick;
    theatre.send(quick, theatre.request(u"tools/call"_s, ahead));
    QTRY_VERIFY(quick.isThere());
    QVERIFY2(quick.text().contains("Ada"_L1), quick.raw().constData());
    QJsonObject useless = ahead;
    useless["inputResponses"_L1] = QJsonObject{{"other"_L1, accept(u"name"_s, u"Ada"_s)}};
    theatre.send(quick, theatre.request(u"tools/call"_s, useless));
    QTRY_VERIFY(isQuestion(quick));
}

void QuestionsTest::whatHappensBehindAUrlHasANameIn2025Only()
{
    mcp::InputRequest input;
    input.method = u"elicitation/create"_s;
    input.params = {{"mode"_L1, "url"_L1}, {"url"_L1, "https://a.b/"_L1}, {"message"_L1, "Go"_L1}};
    const QJsonObject named = gateway::questionFor(input, legacy(u"2025-11-25"_s));
    QVERIFY(isValid(gatewaytest::json(named), u"2025-11-25"_s, u"ElicitRequestURLParams"_s));
    QVERIFY(!named["elicitationId"_L1].toString().isEmpty());
    input.params["elicitationId"_L1] = u"mine"_s;
    QCOMPARE(gateway::questionFor(input, legacy(u"2025-11-25"_s))["elicitationId"_L1], u"mine"_s);
    QVERIFY(!gateway::questionFor(input, modern()).contains("elicitationId"_L1));
}

void QuestionsTest::questionsOneAfterTheOther()
{
    Theatre theatre({{u"one"_s}});
    theatre.profile = modern(everything());
    Got got;
    theatre.send(got, theatre.request(u"tools/call"_s, call(u"askTwo"_s)));
    QTRY_VERIFY(isQuestion(got));
    const QJsonObject first = retryOf(u"askTwo"_s, got, accept(u"name"_s, u"Ada"_s));
    theatre.send(got, theatre.request(u"tools/call"_s, first));
    QTRY_VERIFY(isQuestion(got));
    // What was answered once is not answered again.
    Got again;
    theatre.send(again, theatre.request(u"tools/call"_s, first));
    QTRY_COMPARE(again.code(), -32602);
    const QJsonObject second = retryOf(u"askTwo"_s, got, accept(u"age"_s, u"36"_s));
    theatre.send(got, theatre.request(u"tools/call"_s, second));
    QTRY_VERIFY(got.isThere());
    QVERIFY(got.text().contains("36"_L1));
    QCOMPARE(theatre.stats(u"one"_s).answers.size(), 2);
    QCOMPARE(theatre.stats(u"one"_s).sideEffects, 1);
}

void QuestionsTest::foreignTamperedAndUsedStatesAreRefused()
{
    Theatre theatre({{u"one"_s}});
    theatre.profile = modern(everything());
    Got got;
    theatre.send(got, theatre.request(u"tools/call"_s, call(u"ask"_s)));
    QTRY_VERIFY(isQuestion(got));
    const QJsonObject params = retryOf(u"ask"_s, got, accept(u"name"_s, u"Ada"_s));
    Got bad;
    auto foreign = theatre.request(u"tools/call"_s, params);
    foreign.identity.owner = u"mallory"_s;
    theatre.send(bad, foreign);
    QTRY_COMPARE(bad.code(), -32602);
    QJsonObject other = params;
    other["arguments"_L1] = QJsonObject{{"a"_L1, 1}};
    theatre.send(bad, theatre.request(u"tools/call"_s, other));
    QTRY_COMPARE(bad.code(), -32602);
    other = params;
    other["requestState"_L1] = QString(params["requestState"_L1].toString() + u"A"_s);
    theatre.send(bad, theatre.request(u"tools/call"_s, other));
    QTRY_COMPARE(bad.code(), -32602);
    // None of it has hurt the call that waits.
    theatre.send(got, theatre.request(u"tools/call"_s, params));
    QTRY_VERIFY(got.isThere());
    QVERIFY(got.text().contains("Ada"_L1));
    theatre.send(bad, theatre.request(u"tools/call"_s, params));
    QTRY_COMPARE(bad.code(), -32602);
    QCOMPARE(theatre.stats(u"one"_s).answers.size(), 1);
}

void QuestionsTest::anAnswerThatIsNoneLeavesTheCallWaiting()
{
    Theatre theatre({{u"one"_s}});
    theatre.profile = modern(everything());
    Got got;
    theatre.send(got, theatre.request(u"tools/call"_s, call(u"ask"_s)));
    QTRY_VERIFY(isQuestion(got));
    Got bad;
    theatre.send(bad, theatre.request(u"tools/call"_s,
                                      retryOf(u"ask"_s, got, {{"action"_L1, "perhaps"_L1}})));
    QTRY_COMPARE(bad.code(), -32602);
    theatre.send(bad, theatre.request(u"tools/call"_s,
                                      retryOf(u"ask"_s, got, {{"action"_L1, "decline"_L1}})));
    QTRY_VERIFY(bad.isThere());
    QVERIFY(bad.text().contains("decline"_L1));
}

void QuestionsTest::samplingAndRootsReachAModernClient_data()
{
    addEras();
}

void QuestionsTest::samplingAndRootsReachAModernClient()
{
    QFETCH(bool, isServerModern);
    Theatre theatre({{u"one"_s, isServerModern}});
    theatre.profile = modern(everything());
    Got got;
    theatre.send(got, theatre.request(u"tools/call"_s, call(u"sample"_s)));
    QTRY_VERIFY(isQuestion(got));
    QVERIFY(isValid(got.raw(), u"2026-07-28"_s, u"InputRequiredResult"_s));
    const QJsonObject sample = retryOf(u"sample"_s, got, sampled());
    theatre.send(got, theatre.request(u"tools/call"_s, sample));
    QTRY_VERIFY(got.isThere());
    QVERIFY(got.text().contains("yes"_L1));
    theatre.send(got, theatre.request(u"tools/call"_s, call(u"roots"_s)));
    QTRY_VERIFY(isQuestion(got));
    const QJsonObject roots = retryOf(
        u"roots"_s, got, {{"roots"_L1, QJsonArray{QJsonObject{{"uri"_L1, "file:///a"_L1}}}}});
    theatre.send(got, theatre.request(u"tools/call"_s, roots));
    QTRY_VERIFY(got.isThere());
    QVERIFY(got.text().contains("file:///a"_L1));
}

void QuestionsTest::nobodyIsAskedWhatHeCannotAnswer_data()
{
    QTest::addColumn<bool>("isClientModern");
    QTest::newRow("legacy client") << false;
    QTest::newRow("modern client") << true;
}

void QuestionsTest::nobodyIsAskedWhatHeCannotAnswer()
{
    QFETCH(bool, isClientModern);
    Theatre theatre({{u"one"_s}});
    theatre.profile = isClientModern ? modern() : legacy();
    for (const auto &tool : {u"ask"_s, u"sample"_s}) {
        Got got;
        got.audience->reply = [](const QString &, const QJsonObject &) -> Result<QByteArray> {
            return "{}"_ba;
        };
        theatre.send(got, theatre.request(u"tools/call"_s, call(tool)));
        QTRY_VERIFY(got.isThere());
        QVERIFY(!isQuestion(got));
        QVERIFY(got.audience->asked.isEmpty());
    }
    QCOMPARE(theatre.stats(u"one"_s).refusals.size(), 2);
}

void QuestionsTest::aSuspendedCallExpires()
{
    gateway::DispatcherOptions options;
    options.suspendTime = 60ms;
    Theatre theatre({{u"one"_s}}, options);
    theatre.profile = modern(everything());
    Got got;
    theatre.send(got, theatre.request(u"tools/call"_s, call(u"ask"_s)));
    QTRY_VERIFY(isQuestion(got));
    const QJsonObject params = retryOf(u"ask"_s, got, accept(u"name"_s, u"Ada"_s));
    QTRY_COMPARE(theatre.stats(u"one"_s).alive, 0);
    theatre.send(got, theatre.request(u"tools/call"_s, params));
    QTRY_COMPARE(got.code(), -32602);
}

void QuestionsTest::suspendedCallsAreLimited()
{
    gateway::DispatcherOptions options;
    options.suspended.anonymous = 1;
    Theatre theatre({{u"one"_s}}, options);
    theatre.profile = modern(everything());
    Got first;
    theatre.send(first, theatre.request(u"tools/call"_s, call(u"ask"_s)));
    QTRY_VERIFY(isQuestion(first));
    Got second;
    theatre.send(second, theatre.request(u"tools/call"_s, call(u"ask"_s)));
    QTRY_COMPARE(second.code(), -32603);
    Got other;
    auto request = theatre.request(u"tools/call"_s, call(u"ask"_s));
    request.identity.owner = u"bob"_s;
    theatre.send(other, request);
    QTRY_VERIFY(isQuestion(other));
}

void QuestionsTest::aLegacyClientIsAsked_data()
{
    addEras();
}

void QuestionsTest::aLegacyClientIsAsked()
{
    QFETCH(bool, isServerModern);
    Theatre theatre({{u"one"_s, isServerModern}});
    const auto state = theatre.makeState(everything());
    theatre.profile = state->profile;
    const QList<std::pair<QString, QString>> all{{u"ask"_s, u"elicitation/create"_s},
                                                 {u"sample"_s, u"sampling/createMessage"_s},
                                                 {u"roots"_s, u"roots/list"_s}};
    for (const auto &[tool, method] : all) {
        Got got;
        QJsonObject asked;
        got.audience->reply = [&asked](const QString &how,
                                       const QJsonObject &params) -> Result<QByteArray> {
            asked = params;
            if (how == "elicitation/create"_L1)
                return gatewaytest::json(accept(u"name"_s, u"mark"_s));
            if (how == "sampling/createMessage"_L1)
                return gatewaytest::json(sampled());
            return R"({"roots":[{"uri":"file:///mark"}]})"_ba;
        };
        auto request = theatre.request(u"tools/call"_s, call(tool));
        request.state = state;
        theatre.send(got, request);
        QTRY_VERIFY(got.isThere());
        QCOMPARE(got.audience->asked, QStringList{method});
        QVERIFY2(got.text().contains(tool == "sample"_L1 ? "yes"_L1 : "mark"_L1),
                 got.raw().constData());
    }
    QCOMPARE(theatre.stats(u"one"_s).started, 1);
    QCOMPARE(theatre.stats(u"one"_s).sideEffects, 3);
}

void QuestionsTest::aRefusalOfALegacyClientIsPassedOn()
{
    Theatre theatre({{u"one"_s}});
    theatre.profile = legacy(u"2025-06-18"_s, {{"elicitation"_L1, QJsonObject()}});
    Got got;
    got.audience->reply = [](const QString &, const QJsonObject &) -> Result<QByteArray> {
        Error error(ErrorCode::UpstreamFailed, u"I will not."_s);
        error.rpcCode = -1;
        return error;
    };
    theatre.send(got, theatre.request(u"tools/call"_s, call(u"ask"_s)));
    QTRY_VERIFY(got.isThere());
    QCOMPARE(theatre.stats(u"one"_s).refusals, QList<int>{-1});
}

void QuestionsTest::theEndOfTheServerEndsASuspendedCall()
{
    Theatre theatre({{u"one"_s}});
    theatre.profile = modern(everything());
    Got got;
    theatre.send(got, theatre.request(u"tools/call"_s, call(u"ask"_s)));
    QTRY_VERIFY(isQuestion(got));
    const QJsonObject params = retryOf(u"ask"_s, got, accept(u"name"_s, u"Ada"_s));
    theatre.actor(u"one"_s)->transport->close();
    QTest::qWait(10);
    theatre.send(got, theatre.request(u"tools/call"_s, params));
    QTRY_VERIFY(got.code() != 0);
}

QTEST_GUILESS_MAIN(QuestionsTest)
#include "tst_questions.moc"
