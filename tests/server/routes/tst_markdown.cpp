// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/routes/markdown.h"

#include <QtTest/QtTest>

using namespace Qt::StringLiterals;
using namespace bridge;

class tst_Markdown : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void turnsTextsIntoHarmlessMarkdown_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("markdown");

        QTest::newRow("empty") << u""_s << u""_s;
        QTest::newRow("one line") << u" Adds. "_s << u"Adds."_s;
        QTest::newRow("lines stay") << u"a\nb"_s << u"a  \nb"_s;
        QTest::newRow("paragraphs") << u"a\n\nb"_s << u"a  \n\nb"_s;
        QTest::newRow("docstring") << u"Adds.\n\n    Args:\n        a: one\n    "_s
                                   << u"Adds.  \n\nArgs:  \n&nbsp;&nbsp;&nbsp;&nbsp;a: one"_s;
        QTest::newRow("list") << u"x\n  - a\n  1. b"_s << u"x  \n- a  \n1. b"_s;
        QTest::newRow("nested list") << u"- a\nb\n  - c\n  12) d\n  .e"_s
                                     << u"- a  \nb  \n  - c  \n  12) d  \n&nbsp;&nbsp;.e"_s;
        QTest::newRow("html") << u"a <b onclick=x>"_s << u"a &lt;b onclick=x>"_s;
        QTest::newRow("picture") << u"![p](https://a.example/p.png)"_s
                                 << u"! [p](https://a.example/p.png)"_s;
        QTest::newRow("code span") << u"`List<T>` <b>"_s << u"`List<T>` &lt;b>"_s;
        QTest::newRow("code span over lines") << u"`a\n<b>` <i>"_s << u"`a  \n&lt;b>` &lt;i>"_s;
        QTest::newRow("stray backtick") << u"it`s <img src=x>"_s << u"it`s &lt;img src=x>"_s;
        QTest::newRow("fence") << u"x\n```\na <b>\n```\n<i>"_s << u"x  \n```\na <b>\n```\n&lt;i>"_s;
        QTest::newRow("open fence") << u"```\na <b>"_s << u"```\na <b>"_s;
        QTest::newRow("fence with words")
            << u"```js\n<a>\n```js\n<b>\n```\n<c>"_s << u"```js\n<a>\n```js\n<b>\n```\n&lt;c>"_s;
        QTest::newRow("no fence") << u"``` x ``` <img src=x>"_s << u"``` x ``` &lt;img src=x>"_s;
        QTest::newRow("long fence")
            << u"````\n```\n<a>\n````\n<b>"_s << u"````\n```\n<a>\n````\n&lt;b>"_s;
    }

    void turnsTextsIntoHarmlessMarkdown()
    {
        QFETCH(const QString, text);
        QTEST(routes::markdownOf(text), "markdown");
    }
};

QTEST_GUILESS_MAIN(tst_Markdown)
#include "tst_markdown.moc"
