// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/sessions/elicitation.h"
#include "server/sessions/feedback.h"
#include "server/sessions/toolcall.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::sessions;
using namespace Qt::StringLiterals;

namespace {

/// JSON written with single quotes, which keeps the tables readable.
QByteArray quoted(const char *text)
{
    return QByteArray(text).replace('\'', '"');
}

QJsonObject parsed(const char *text)
{
    QJsonParseError error;
    const QJsonDocument document = QJsonDocument::fromJson(quoted(text), &error);
    if (error.error != QJsonParseError::NoError)
        qFatal("bad JSON in the test: %s", text);
    return document.object();
}

QString text(const char *json)
{
    return QString::fromUtf8(quoted(json));
}

QByteArray compact(const QJsonObject &object)
{
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

QJsonObject asking(const QJsonObject &schema)
{
    return elicitationFrom({{"message"_L1, "Which?"_L1}, {"requestedSchema"_L1, schema}});
}

/// A schema with one required property `v`.
QJsonObject one(const char *field)
{
    return {{"type"_L1, "object"_L1},
            {"properties"_L1, QJsonObject{{"v"_L1, parsed(field)}}},
            {"required"_L1, QJsonArray{"v"_L1}}};
}

} // namespace

class tst_Elicitation : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(u".?"_s)); }

    void coercesPlainTextByTheFieldsSchema_data()
    {
        QTest::addColumn<QByteArray>("field");
        QTest::addColumn<QString>("said");
        QTest::addColumn<QByteArray>("value"); // of v, in an array; empty = refused

        const auto row = [](const char *name, const char *field, const char *said,
                            const char *value) {
            QTest::newRow(name) << QByteArray(field) << QString::fromUtf8(quoted(said))
                                << quoted(value);
        };
        row("string", "{'type':'string'}", "blue", "['blue']");
        row("string of digits", "{'type':'string'}", "42", "['42']");
        row("string too short", "{'type':'string','minLength':3}", "ab", "");
        row("number", "{'type':'number'}", "1.5", "[1.5]");
        row("not a number", "{'type':'number'}", "many", "");
        row("integer", "{'type':'integer'}", " 42 ", "[42]");
        row("fraction as integer", "{'type':'integer'}", "4.2", "");
        row("integer above the maximum", "{'type':'integer','maximum':9}", "10", "");
        for (const char *yes : {"true", "1", "yes", "ON"})
            row(yes, "{'type':'boolean'}", yes, "[true]");
        for (const char *no : {"false", "0", "Off"})
            row(no, "{'type':'boolean'}", no, "[false]");
        row("not a boolean", "{'type':'boolean'}", "perhaps", "");
        row("null", "{'type':'null'}", "whatever", "[null]");
        row("enum of strings", "{'enum':['red','blue']}", "blue", "['blue']");
        row("not in the enum", "{'enum':['red','blue']}", "green", "");
        row("enum of numbers", "{'enum':[1,2,3]}", "2", "[2]");
        row("enum of booleans", "{'enum':[true]}", "TRUE", "[true]");
        row("titled enum", "{'oneOf':[{'const':'r','title':'Red'},{'const':'b'}]}", "b", "['b']");
        row("oneOf, first that fits", "{'oneOf':[{'type':'integer'},{'type':'string'}]}", "7",
            "[7]");
        row("oneOf, second that fits", "{'oneOf':[{'type':'integer'},{'type':'string'}]}", "x",
            "['x']");
        row("anyOf", "{'anyOf':[{'type':'boolean'},{'type':'number'}]}", "2.5", "[2.5]");
        row("type list", "{'type':['integer','string']}", "12", "[12]");
        row("type list, second", "{'type':['integer','string']}", "a dozen", "['a dozen']");
        row("multi-select list", "{'type':'array','items':{'type':'string','enum':['a','b','c']}}",
            "a, c", "[['a','c']]");
        row("multi-select JSON",
            "{'type':'array','items':{'anyOf':[{'const':'a','title':'A'},{'const':'b'}]}}", "['b']",
            "[['b']]");
        row("multi-select of what is not offered",
            "{'type':'array','items':{'type':'string','enum':['a']}}", "a,z", "");
    }

    void coercesPlainTextByTheFieldsSchema()
    {
        QFETCH(QByteArray, field);
        QFETCH(QString, said);
        QFETCH(QByteArray, value);

        const QJsonObject elicitation = asking(one(field.constData()));
        QVERIFY(checkElicitation(elicitation).ok());
        const Result<ElicitAnswer> answer = parseFeedback(said, elicitation);
        if (value.isEmpty()) {
            QVERIFY(!answer.ok());
            QCOMPARE(answer.error().code, ErrorCode::InvalidFeedback);
            QVERIFY(!answer.error().problems.isEmpty());
            return;
        }
        QVERIFY2(answer.ok(), qPrintable(answer.ok() ? QString() : answer.error().message));
        QCOMPARE(answer->action, u"accept"_s);
        QCOMPARE(QJsonDocument(QJsonArray{answer->content["v"_L1]}).toJson(QJsonDocument::Compact),
                 value);
    }

    void readsEveryFormOfFeedback_data()
    {
        QTest::addColumn<QJsonValue>("feedback");
        QTest::addColumn<QString>("action");
        QTest::addColumn<QByteArray>("content");

        const auto row = [](const char *name, const QJsonValue &feedback, const char *action,
                            const char *content) {
            QTest::newRow(name) << feedback << QString::fromLatin1(action) << quoted(content);
        };
        row("wrapped", u"so: <User_Feedback id=\"1\"> red </USER_feedback> thanks"_s, "accept",
            "{'v':'red'}");
        row("first wrapping wins",
            u"<user_feedback>a</user_feedback><user_feedback>b</user_feedback>"_s, "accept",
            "{'v':'a'}");
        row("similar tag", u"<user_feedbacks>a</user_feedbacks>"_s, "accept",
            "{'v':'<user_feedbacks>a</user_feedbacks>'}");
        row("wrapped word", u"<user_feedback>\n Decline\n</user_feedback>"_s, "decline", "{}");
        for (const char *word : {"cancel", "Dismiss"})
            row(word, QString::fromLatin1(word), "cancel", "{}");
        for (const char *word : {"decline", "reject", "no", "NO"})
            row(word, QString::fromLatin1(word), "decline", "{}");
        row("explicit", text("{'action':'accept','content':{'v':'x'}}"), "accept", "{'v':'x'}");
        row("action defaults to accept", text("{'content':{'v':'x'}}"), "accept", "{'v':'x'}");
        row("declined in JSON", text("{'action':'decline','content':{'v':1}}"), "decline", "{}");
        row("cancelled in JSON", text("{'action':'cancel'}"), "cancel", "{}");
        row("bare content", text("{'v':'x','w':1}"), "accept", "{'v':'x','w':1}");
        row("content that is no object", text("{'action':'accept','v':'x','content':'y'}"),
            "accept", "{'content':'y','v':'x'}");
        row("object", QJsonObject{{"content"_L1, QJsonObject{{"v"_L1, "x"_L1}}}}, "accept",
            "{'v':'x'}");
        row("object without content", QJsonObject{{"v"_L1, "x"_L1}}, "accept", "{'v':'x'}");
        row("number", 5, "accept", "{'v':'5'}");
        row("broken JSON is text", u"[1"_s, "accept", "{'v':'[1'}");
    }

    void readsEveryFormOfFeedback()
    {
        QFETCH(QJsonValue, feedback);
        QFETCH(QString, action);
        QFETCH(QByteArray, content);

        const Result<ElicitAnswer> answer =
            parseFeedback(feedback, asking(one("{'type':'string'}")));
        QVERIFY2(answer.ok(), qPrintable(answer.ok() ? QString() : answer.error().message));
        QCOMPARE(answer->action, action);
        QCOMPARE(compact(answer->content), content);
    }

    void choosesTheFieldAPlainTextIsMeantFor_data()
    {
        QTest::addColumn<QByteArray>("schema");
        QTest::addColumn<QByteArray>("content");

        const auto row = [](const char *name, const char *schema, const char *content) {
            QTest::newRow(name) << QByteArray(schema) << quoted(content);
        };
        row("the single required one",
            "{'type':'object','properties':{'a':{'type':'string'},'response':{'type':'string'}},"
            "'required':['a']}",
            "{'a':'t'}");
        row("response before selection",
            "{'type':'object','properties':{'selection':{'type':'string'},"
            "'response':{'type':'string'}}}",
            "{'response':'t'}");
        row("selection",
            "{'type':'object','properties':{'selection':{'type':'string'},"
            "'z':{'type':'string'}}}",
            "{'selection':'t'}");
        row("the only one", "{'type':'object','properties':{'z':{'type':'string'}}}", "{'z':'t'}");
        row("none that stands out",
            "{'type':'object','properties':{'y':{'type':'string'},'z':{'type':'string'}}}",
            "{'response':'t'}");
        row("no properties", "{'type':'object','properties':{}}", "{}");
    }

    void choosesTheFieldAPlainTextIsMeantFor()
    {
        QFETCH(QByteArray, schema);
        QFETCH(QByteArray, content);
        const Result<ElicitAnswer> answer =
            parseFeedback(u"t"_s, asking(parsed(schema.constData())));
        QVERIFY(answer.ok());
        QCOMPARE(compact(answer->content), content);
    }

    void refusesFeedbackWithTheQuestionInTheAnswer()
    {
        const QJsonObject elicitation = asking(one("{'type':'integer'}"));
        const Result<ElicitAnswer> answer = parseFeedback(u"many"_s, elicitation);
        QVERIFY(!answer.ok());
        QCOMPARE(httpStatus(answer.error()), 400);
        const QJsonObject detail = answer.error().detail.toObject();
        QCOMPARE(detail["error"_L1].toString(), u"invalid_feedback"_s);
        QCOMPARE(detail["elicitation"_L1].toObject(), elicitation);
        QVERIFY(detail["detail"_L1].toString().contains("/v"_L1));
    }

    void refusesAnUnknownAction()
    {
        const Result<ElicitAnswer> answer =
            parseFeedback(text("{'action':'maybe'}"), asking(one("{'type':'string'}")));
        QVERIFY(!answer.ok());
        QCOMPARE(answer.error().code, ErrorCode::InvalidFeedback);
    }

    void readsAFieldCalledActionAsContent()
    {
        const QJsonObject schema =
            parsed("{'type':'object','properties':{'action':{'enum':['go','stop']}}}");
        const Result<ElicitAnswer> answer = parseFeedback(text("{'action':'go'}"), asking(schema));
        QVERIFY(answer.ok());
        QCOMPARE(compact(answer->content), quoted("{'action':'go'}"));
    }

    void knowsWhichSchemasCanBeAsked_data()
    {
        QTest::addColumn<QByteArray>("schema");
        QTest::addColumn<bool>("askable");
        const auto field = [](const char *name, const char *schema, bool askable) {
            QTest::newRow(name) << compact(one(schema)) << askable;
        };
        field("const", "{'const':1}", true);
        field("null in a type list", "{'type':['string','null']}", true);
        field("alternatives", "{'anyOf':[{'enum':['a']},{'type':'null'}]}", true);
        field("multi-select", "{'type':'array','items':{'type':'string','enum':['a']}}", true);
        field("array", "{'type':'array','items':{'type':'string'}}", false);
        field("array of objects", "{'type':'array','items':{'type':'object'}}", false);
        field("object", "{'type':'object'}", false);
        field("array among alternatives", "{'oneOf':[{'type':'array'},{'type':'null'}]}", false);
        field("array in a type list", "{'type':['array','null']}", false);
        field("empty enum", "{'enum':[]}", false);
        field("enum of objects", "{'enum':[{}]}", false);
        field("const object", "{'const':{}}", false);
        field("empty alternatives", "{'oneOf':[]}", false);
        field("nothing known", "{}", false);
        QTest::newRow("no object") << quoted("{'type':'string','properties':{}}") << false;
        QTest::newRow("no properties") << quoted("{'type':'object'}") << false;
        QTest::newRow("odd required")
            << quoted("{'type':'object','properties':{},'required':[1]}") << false;
        QTest::newRow("required no list")
            << quoted("{'type':'object','properties':{},'required':'a'}") << false;
        QTest::newRow("empty form") << quoted("{'type':'object','properties':{}}") << true;
    }

    void knowsWhichSchemasCanBeAsked()
    {
        QFETCH(QByteArray, schema);
        QFETCH(bool, askable);
        const QJsonObject elicitation = asking(parsed(schema.constData()));
        const Result<Nothing> checked = checkElicitation(elicitation);
        QCOMPARE(checked.ok(), askable);
        if (askable)
            return;
        QCOMPARE(httpStatus(checked.error()), 400);
        const QJsonObject detail = checked.error().detail.toObject();
        QCOMPARE(detail["error"_L1].toString(), u"unsupported_elicitation_schema"_s);
        QCOMPARE(detail["elicitation"_L1].toObject(), elicitation);
        QVERIFY(!checked.error().problems.isEmpty());
    }

    void boundsTheNestingOfAlternatives()
    {
        QJsonObject field{{"type"_L1, "string"_L1}};
        for (int depth = 0; depth < 1000; ++depth)
            field = {{"oneOf"_L1, QJsonArray{field}}};
        const QJsonObject schema{{"type"_L1, "object"_L1},
                                 {"properties"_L1, QJsonObject{{"v"_L1, field}}}};
        QVERIFY(!checkElicitation(asking(schema)).ok());
    }

    void keepsTheSchemaOfAQuestionWithoutText()
    {
        const QJsonObject schema = one("{'type':'integer'}");
        const QJsonObject elicitation =
            elicitationFrom({{"message"_L1, ""_L1}, {"requestedSchema"_L1, schema}});
        QCOMPARE(elicitation["requestedSchema"_L1].toObject(), schema);
        QCOMPARE(elicitation["message"_L1].toString(), QString());
    }

    void asksForATextWhenThereIsNoSchema()
    {
        const QJsonObject elicitation = elicitationFrom({{"message"_L1, "Well?"_L1}});
        const Result<ElicitAnswer> answer = parseFeedback(u"fine"_s, elicitation);
        QVERIFY(answer.ok());
        QCOMPARE(compact(answer->content), quoted("{'response':'fine'}"));
    }

    void mapsTheLegacyPayloadWithChoices()
    {
        const QJsonObject elicitation = elicitationFrom(
            parsed("{'question':'Go on?','expected_responses':[{'id':'yes'},{'id':'later'}]}"));
        QCOMPARE(elicitation["message"_L1].toString(), u"Go on?"_s);
        QCOMPARE(elicitation["meta"_L1]["legacy_format"_L1], QJsonValue(true));
        QCOMPARE(compact(elicitation["requestedSchema"_L1].toObject()),
                 quoted("{'properties':{'selection':{'enum':['yes','later'],"
                        "'type':'string'},'value':{'type':'string'}},"
                        "'required':['selection'],'type':'object'}"));
        QVERIFY(checkElicitation(elicitation).ok());
        QCOMPARE(parseFeedback(u"later"_s, elicitation)->content["selection"_L1].toString(),
                 u"later"_s);
    }

    void mapsTheLegacyPayloadWithoutChoices()
    {
        const QJsonObject elicitation = elicitationFrom({{"question"_L1, "Name?"_L1}});
        QCOMPARE(elicitation["requestedSchema"_L1]["required"_L1].toArray(),
                 QJsonArray{"response"_L1});
    }

    void asksToOpenAnAddressInUrlMode()
    {
        const QJsonObject elicitation = elicitationFrom(
            parsed("{'mode':'url','message':'Sign in','url':'https://example.org/x',"
                   "'elicitationId':'e1'}"));
        QVERIFY(checkElicitation(elicitation).ok());
        QCOMPARE(elicitation["mode"_L1].toString(), u"url"_s);
        QCOMPARE(elicitation["url"_L1].toString(), u"https://example.org/x"_s);
        QCOMPARE(elicitation["meta"_L1]["elicitationId"_L1].toString(), u"e1"_s);
        const Result<ElicitAnswer> answer = parseFeedback(u"done"_s, elicitation);
        QVERIFY(answer.ok());
        QCOMPARE(compact(answer->toResult(false)), quoted("{'action':'accept'}"));
        QCOMPARE(parseFeedback(u"no"_s, elicitation)->action, u"decline"_s);
    }

    void refusesUrlModeWithoutAnAddress()
    {
        QVERIFY(!checkElicitation(elicitationFrom({{"mode"_L1, "url"_L1}})).ok());
    }

    void tellsWhatTheCallerHasToAnswer()
    {
        const QJsonObject elicitation = asking(one("{'type':'string'}"));
        const Error error = feedbackRequired(elicitation, u"s1"_s);
        QCOMPARE(httpStatus(error), 409);
        QCOMPARE(error.detail.toObject(), (QJsonObject{{"error"_L1, "feedback_required"_L1},
                                                       {"awaiting_feedback"_L1, true},
                                                       {"elicitation"_L1, elicitation},
                                                       {"resume_token"_L1, "s1"_L1},
                                                       {"requires_session"_L1, false}}));
        const QJsonObject sessionless = feedbackRequired(elicitation, {}).detail.toObject();
        QVERIFY(sessionless["resume_token"_L1].isNull());
        QCOMPARE(sessionless["requires_session"_L1], QJsonValue(true));
    }
};

QTEST_GUILESS_MAIN(tst_Elicitation)
#include "tst_elicitation.moc"
