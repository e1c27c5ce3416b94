// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/routes/address.h"
#include "server/routes/promptbook.h"
#include "server/routes/resourcebook.h"

#include <QtCore/QTemporaryDir>
#include <QtTest/QtTest>

using namespace Qt::StringLiterals;
using namespace bridge;
using namespace bridge::routes;

namespace {

QJsonObject prompt(const QString &name, const QJsonObject &form)
{
    return {{"name"_L1, name},
            {"title"_L1, u"T"_s},
            {"description"_L1, u"D"_s},
            {"arguments"_L1, QJsonArray()},
            {"template"_L1, form}};
}

QString rendered(const PromptBook &book, const QString &name, const QJsonObject &arguments)
{
    const auto result = book.render(name, arguments);
    if (!result)
        return u"error: "_s + codeName(result.error().code);
    return result->value("messages"_L1).toArray().at(0)["content"_L1]["text"_L1].toString();
}

} // namespace

class tst_PromptBook : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void fillsTemplates_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("expected");
        QTest::newRow("plain") << u"no braces"_s << u"no braces"_s;
        QTest::newRow("argument") << u"Hi {name}!"_s << u"Hi Ann!"_s;
        QTest::newRow("twice") << u"{name}{name}"_s << u"AnnAnn"_s;
        QTest::newRow("escaped") << u"{{name}} }}"_s << u"{name} }"_s;
        QTest::newRow("attribute access is text")
            << u"{name.x} {name[0]}"_s << u"{name.x} {name[0]}"_s;
        QTest::newRow("empty braces are text") << u"{}"_s << u"{}"_s;
        QTest::newRow("unclosed brace is text") << u"a { b"_s << u"a { b"_s;
        QTest::newRow("values are not expanded again") << u"{tricky}"_s << u"{name}"_s;
    }
    void fillsTemplates()
    {
        QFETCH(QString, text);
        QFETCH(QString, expected);
        const auto filled = fillTemplate(text, {{"name"_L1, u"Ann"_s}, {"tricky"_L1, u"{name}"_s}});
        QVERIFY(filled.ok());
        QCOMPARE(*filled, expected);
    }

    void aMissingArgumentIsTheCallersMistake()
    {
        const auto filled = fillTemplate(u"{who}"_s, {});
        QVERIFY(!filled.ok());
        QCOMPARE(httpStatus(filled.error()), 400);
        QVERIFY(filled.error().message.contains("who"_L1));
    }

    void fileBeatsContentAndRoleDefaultsToAssistant()
    {
        QTemporaryDir folder;
        QFile file(folder.filePath(u"a.txt"_s));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("from file {x}");
        file.close();
        const auto book = PromptBook::load(
            {prompt(u"p"_s, {{"file"_L1, u"a.txt"_s}, {"content"_L1, u"inline"_s}})},
            {folder.path(), false, false});
        QVERIFY(book.ok());
        QCOMPARE(rendered(*book, u"p"_s, {{"x"_L1, u"1"_s}}), u"from file 1"_s);
        const auto result = book->render(u"p"_s, {{"x"_L1, u"1"_s}});
        QCOMPARE(result->value("messages"_L1).toArray().at(0)["role"_L1].toString(),
                 u"assistant"_s);
    }

    void aMissingFileFailsTheCallAndNotTheStart()
    {
        const auto book = PromptBook::load({prompt(u"p"_s, {{"file"_L1, u"gone.txt"_s}})},
                                           {u"/nonexistent"_s, false, false});
        QVERIFY(book.ok());
        const auto result = book->render(u"p"_s, {});
        QCOMPARE(httpStatus(result.error()), 500);
        QVERIFY(!result.error().message.contains("nonexistent"_L1));
    }

    void filesOutsideTheFolderAreRefusedAtStart()
    {
        for (const QString &file : {u"../secret"_s, u"/etc/passwd"_s, u"a/../../b"_s}) {
            const auto book =
                PromptBook::load({prompt(u"p"_s, {{"file"_L1, file}})}, {u"/tmp"_s, false, false});
            QVERIFY2(!book.ok(), qPrintable(file));
            QCOMPARE(book.error().problems.size(), 1);
        }
    }

    void reportsEveryProblemAtOnce()
    {
        const auto book = PromptBook::load({QJsonObject{{"nmae"_L1, u"x"_s}}, prompt(u"p"_s, {}),
                                            prompt(u"p"_s, {{"content"_L1, u"y"_s}})},
                                           {});
        QVERIFY(!book.ok());
        QVERIFY(book.error().problems.size() >= 4);
    }

    void listingsHideTemplatesUnlessTold()
    {
        const QJsonArray prompts{prompt(u"p"_s, {{"content"_L1, u"secret recipe"_s}})};
        QVERIFY(!PromptBook::load(prompts, {})->listing().first().contains("secret recipe"));
        QVERIFY(PromptBook::load(prompts, {{}, false, true})
                    ->listing()
                    .first()
                    .contains("secret recipe"));
    }

    void configuredResourcesAreListedAndReadable()
    {
        const auto book = ResourceBook::load(
            {QJsonObject{{"name"_L1, u"note"_s}, {"uri"_L1, u"note://1"_s}, {"text"_L1, u"hi"_s}},
             QJsonObject{{"name"_L1, u"bin"_s}, {"blob"_L1, u"AAEC"_s}},
             QJsonObject{{"name"_L1, u"listed only"_s}}},
            {}, false);
        QVERIFY(book.ok());
        QCOMPARE(book->listing().size(), 3);
        QVERIFY(!book->listing().first().contains("\"hi\""));
        QCOMPARE(book->byUri(u"note://1"_s)->bytes, QByteArray("hi"));
        QCOMPARE(book->byName(u"bin"_s)->bytes, QByteArray("\0\1\2", 3));
        QVERIFY(!book->byName(u"listed only"_s));
        QVERIFY(!book->byUri({}));
    }

    void brokenBase64IsAnError()
    {
        QVERIFY(!contentOf({{"blob"_L1, u"!!"_s}}).ok());
        QVERIFY(!contentOf({{"other"_L1, 1}}).ok());
    }

    void takesTheFeedbackKeyInAnySpelling_data()
    {
        QTest::addColumn<QString>("key");
        QTest::addColumn<QJsonValue>("given");
        QTest::addColumn<bool>("taken");
        QTest::newRow("plain") << u"user_feedback"_s << QJsonValue(u"yes"_s) << true;
        QTest::newRow("underscore") << u"_user_feedback"_s << QJsonValue(u"yes"_s) << true;
        QTest::newRow("case") << u"_User_Feedback"_s << QJsonValue(u"yes"_s) << true;
        QTest::newRow("two underscores") << u"__user_feedback"_s << QJsonValue(u"yes"_s) << false;
        QTest::newRow("blank counts as absent")
            << u"user_feedback"_s << QJsonValue(u"  "_s) << false;
        QTest::newRow("null counts as absent") << u"user_feedback"_s << QJsonValue() << false;
        QTest::newRow("false is an answer") << u"user_feedback"_s << QJsonValue(false) << true;
        QTest::newRow("object") << u"user_feedback"_s << QJsonValue(QJsonObject{}) << true;
    }
    void takesTheFeedbackKeyInAnySpelling()
    {
        QFETCH(QString, key);
        QFETCH(QJsonValue, given);
        QFETCH(bool, taken);
        QJsonObject body{{key, given}, {"a"_L1, 1}};
        QCOMPARE(takeFeedback(body).has_value(), taken);
        QCOMPARE(body.contains(key), key.startsWith("__"_L1));
        QCOMPARE(body.value("a"_L1).toInt(), 1);
    }
};

QTEST_GUILESS_MAIN(tst_PromptBook)
#include "tst_promptbook.moc"
