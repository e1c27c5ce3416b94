// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/viewconfig.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::gateway;
using namespace Qt::StringLiterals;

namespace {

const QStringList kServers{u"files"_s, u"git"_s};

Result<QList<View>> read(const QByteArray &json)
{
    return viewsFrom(QJsonDocument::fromJson(json).object(), kServers);
}

/// The one view of \a json, whose name is `v`.
ViewRules rulesOf(const QByteArray &rules)
{
    const auto views = read("{\"v\":{\"servers\":{\"git\":" + rules + "}}}");
    return views && views->size() == 1 ? views->first().servers.value(u"git"_s) : ViewRules{};
}

} // namespace

class TestViews : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void serversAreNamedInAListOrWithRules();
    void rulesDecideByName_data();
    void rulesDecideByName();
    void urisThatClimbAreNeverInARestrictedView();
    void everyProblemIsNamedWithItsPlace_data();
    void everyProblemIsNamedWithItsPlace();
    void placesOfViewsAreNoServers();
    void aPlaceShowsItsOwnServersOnly();
    void whatLeftAViewIsHiddenWhole();
    void replacingTellsWhatChanged();
};

void TestViews::serversAreNamedInAListOrWithRules()
{
    const auto views = read(R"({"all":{"description":"Both","servers":["git","files"]},
                               "some":{"servers":{"git":{"tools":["log"]},"files":{}}},
                               "_comment":"not a view"})");
    QVERIFY(views);
    QCOMPARE(views->size(), 2);
    QCOMPARE(views->at(0).description, u"Both"_s);
    QCOMPARE(views->at(0).servers.keys(), kServers);
    QVERIFY(views->at(0).servers.value(u"git"_s) == ViewRules{});
    QCOMPARE(views->at(1).servers.keys(), kServers);
    QVERIFY(!views->at(1).servers.value(u"git"_s).admits(OfferKind::Tools, u"push"_s));
    QVERIFY(views->at(1).servers.value(u"files"_s).admits(OfferKind::Tools, u"push"_s));
}

void TestViews::rulesDecideByName_data()
{
    QTest::addColumn<QByteArray>("rules");
    QTest::addColumn<OfferKind>("kind");
    QTest::addColumn<QString>("name");
    QTest::addColumn<bool>("isShown");
    const auto row = [](const char *what, const QByteArray &rules, OfferKind kind,
                        const QString &name,
                        bool isShown) { QTest::newRow(what) << rules << kind << name << isShown; };
    row("nothing said", "{}", OfferKind::Tools, u"x"_s, true);
    row("in the list", R"({"tools":["log","show_*"]})", OfferKind::Tools, u"show_diff"_s, true);
    row("not in the list", R"({"tools":["log","show_*"]})", OfferKind::Tools, u"push"_s, false);
    row("case counts", R"({"tools":["log"]})", OfferKind::Tools, u"Log"_s, false);
    row("whole names", R"({"tools":["log"]})", OfferKind::Tools, u"log2"_s, false);
    row("text with commas", R"({"tools":"log, show"})", OfferKind::Tools, u"show"_s, true);
    row("empty list", R"({"tools":[]})", OfferKind::Tools, u"log"_s, false);
    row("false", R"({"tools":false})", OfferKind::Tools, u"log"_s, false);
    row("true", R"({"tools":true})", OfferKind::Tools, u"log"_s, true);
    row("excluded", R"({"excludeTools":["push*"]})", OfferKind::Tools, u"push_force"_s, false);
    row("not excluded", R"({"excludeTools":["push*"]})", OfferKind::Tools, u"log"_s, true);
    row("exclusion is stronger", R"({"tools":["*"],"excludeTools":["p?sh"]})", OfferKind::Tools,
        u"push"_s, false);
    row("tools alone", R"({"tools":["log"]})", OfferKind::Prompts, u"any"_s, true);
    row("no prompts", R"({"prompts":false})", OfferKind::Prompts, u"any"_s, false);
    row("some prompts", R"({"prompts":["review"]})", OfferKind::Prompts, u"review"_s, true);
    row("resources by URI", R"({"resources":["file:///docs/*"]})", OfferKind::Resources,
        u"file:///docs/a/b"_s, true);
    row("another URI", R"({"resources":["file:///docs/*"]})", OfferKind::Resources,
        u"file:///etc/a"_s, false);
    row("templates by their text", R"({"resources":["file:///docs/*"]})", OfferKind::Templates,
        u"file:///docs/{path}"_s, true);
    row("other templates", R"({"resources":["file:///docs/*"]})", OfferKind::Templates,
        u"file:///{path}"_s, false);
}

void TestViews::rulesDecideByName()
{
    QFETCH(QByteArray, rules);
    QFETCH(OfferKind, kind);
    QFETCH(QString, name);
    QTEST(rulesOf(rules).admits(kind, name), "isShown");
}

void TestViews::urisThatClimbAreNeverInARestrictedView()
{
    const ViewRules some = rulesOf(R"({"resources":["file:///docs/*"]})");
    for (const auto &uri : {u"file:///docs/../etc/passwd"_s, u"file:///docs/%2e%2E/etc/passwd"_s,
                            u"file:///docs/..%2Fetc/passwd"_s, u"file:///docs/..\\etc"_s,
                            u"file:///docs/a/.."_s, u"file:///docs/./a"_s}) {
        QVERIFY2(!some.admits(OfferKind::Resources, uri), qPrintable(uri));
        QVERIFY(rulesOf("{}").admits(OfferKind::Resources, uri));
    }
    QVERIFY(some.admits(OfferKind::Resources, u"file:///docs/a..b"_s));
    QVERIFY(some.admits(OfferKind::Resources, u"file:///docs/.hidden"_s));
}

void TestViews::everyProblemIsNamedWithItsPlace_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QString>("place");
    QTest::addColumn<QString>("message");
    const auto row = [](const char *what, const QByteArray &json, const QString &place,
                        const QString &message) {
        QTest::newRow(what) << json << u"file: bridge.views."_s + place << message;
    };
    row("no object", R"({"v":[]})", u"v"_s, u"must be an object"_s);
    row("no servers", R"({"v":{}})", u"v.servers"_s, u"must be an array"_s);
    row("empty list", R"({"v":{"servers":[]}})", u"v.servers"_s, u"is empty"_s);
    row("empty object", R"({"v":{"servers":{}}})", u"v.servers"_s, u"is empty"_s);
    row("unknown in list", R"({"v":{"servers":["filez"]}})", u"v.servers"_s,
        u"names \"filez\", which is no server. Did you mean files? There are: files, git."_s);
    row("unknown with rules", R"({"v":{"servers":{"nowhere":{}}}})", u"v.servers.nowhere"_s,
        u"names \"nowhere\", which is no server. There are: files, git."_s);
    row("number in list", R"({"v":{"servers":[1]}})", u"v.servers"_s, u"names of servers only"_s);
    row("rules", R"({"v":{"servers":{"git":["log"]}}})", u"v.servers.git"_s,
        u"must be an object"_s);
    row("empty pattern", R"({"v":{"servers":{"git":{"tools":[""]}}}})", u"v.servers.git.tools"_s,
        u"empty pattern"_s);
    row("blank pattern", R"({"v":{"servers":{"git":{"prompts":["a"," "]}}}})",
        u"v.servers.git.prompts"_s, u"empty pattern"_s);
    row("empty part", R"({"v":{"servers":{"git":{"excludeTools":"a,,b"}}}})",
        u"v.servers.git.excludeTools"_s, u"empty pattern"_s);
    row("number", R"({"v":{"servers":{"git":{"tools":1}}}})", u"v.servers.git.tools"_s,
        u"array of patterns, true or false"_s);
    row("null", R"({"v":{"servers":{"git":{"tools":null}}}})", u"v.servers.git.tools"_s,
        u"array of patterns, true or false"_s);
    row("numbers", R"({"v":{"servers":{"git":{"resources":[1]}}}})", u"v.servers.git.resources"_s,
        u"array of texts"_s);
    row("boolean exclusion", R"({"v":{"servers":{"git":{"excludeTools":true}}}})",
        u"v.servers.git.excludeTools"_s, u"array of patterns"_s);
    row("other key", R"({"v":{"servers":{"git":{"disabledTools":["a"]}}}})",
        u"v.servers.git.disabledTools"_s, u"Did you mean excludeTools?"_s);
    row("typo", R"({"v":{"sevrers":["git"],"servers":["git"]}})", u"v.sevrers"_s,
        u"Did you mean servers?"_s);
    row("description", R"({"v":{"description":1,"servers":["git"]}})", u"v.description"_s,
        u"must be a text"_s);
    row("name", R"({"a/b":{"servers":["git"]}})", u"a/b"_s, u"is no name for a view"_s);
    row("no name", R"({"":{"servers":["git"]}})", QString(), u"is no name for a view"_s);
}

void TestViews::everyProblemIsNamedWithItsPlace()
{
    QFETCH(QByteArray, json);
    QFETCH(QString, place);
    QFETCH(QString, message);
    const auto views = read(json);
    QVERIFY(!views);
    QCOMPARE(views.error().problems.size(), 1);
    QCOMPARE(views.error().problems.first().path, place);
    QVERIFY2(views.error().problems.first().message.contains(message),
             qPrintable(views.error().problems.first().message));
}

void TestViews::placesOfViewsAreNoServers()
{
    QCOMPARE(viewAt(placeOfView(u"git"_s)), u"git"_s);
    QCOMPARE(viewAt(u"git"_s), QString());
    QCOMPARE(viewAt(QString()), QString());
    QVERIFY(placeOfView(u"git"_s) != u"git"_s);
}

void TestViews::aPlaceShowsItsOwnServersOnly()
{
    const ViewBook book(*read(R"({"v":{"servers":["git"]}})"));
    const QString view = placeOfView(u"v"_s);
    QVERIFY(book.shows(view, u"git"_s));
    QVERIFY(!book.shows(view, u"files"_s));
    QVERIFY(!book.shows(placeOfView(u"w"_s), u"git"_s));
    QVERIFY(book.shows({}, u"files"_s));
    QVERIFY(book.shows(u"git"_s, u"git"_s));
    QVERIFY(!book.shows(u"git"_s, u"files"_s));
    QVERIFY(!book.rulesFor({}, u"git"_s));
    QVERIFY(!book.rulesFor(u"git"_s, u"git"_s));
    QVERIFY(showsAt(nullptr, {}, u"git"_s));
    QVERIFY(!showsAt(nullptr, view, u"git"_s));
}

void TestViews::whatLeftAViewIsHiddenWhole()
{
    ViewBook book(*read(R"({"v":{"servers":["git","files"]}})"));
    const QString view = placeOfView(u"v"_s);
    QVERIFY(book.rulesFor(view, u"files"_s)->admits(OfferKind::Tools, u"x"_s));
    book.replace(*read(R"({"v":{"servers":["git"]}})"));
    for (const auto kind :
         {OfferKind::Tools, OfferKind::Prompts, OfferKind::Resources, OfferKind::Templates}) {
        QVERIFY(book.rulesFor(view, u"git"_s)->admits(kind, u"x"_s));
        QVERIFY(!book.rulesFor(view, u"files"_s)->admits(kind, u"x"_s));
    }
    book.replace({});
    QVERIFY(!book.rulesFor(view, u"git"_s)->admits(OfferKind::Tools, u"x"_s));
}

void TestViews::replacingTellsWhatChanged()
{
    ViewBook book(*read(R"({"a":{"servers":["git"]},"b":{"servers":["git"]},
                           "c":{"servers":["git"]}})"));
    QSignalSpy changed(&book, &ViewBook::viewChanged);
    QSignalSpy removed(&book, &ViewBook::viewRemoved);
    const auto changes = book.replace(*read(R"({"a":{"servers":["git"]},
        "b":{"servers":{"git":{"tools":["log"]}}},"d":{"servers":["files"]}})"));
    QCOMPARE(changes.added, QStringList{u"d"_s});
    QCOMPARE(changes.changed, QStringList{u"b"_s});
    QCOMPARE(changes.removed, QStringList{u"c"_s});
    QCOMPARE(changed.size(), 2);
    QCOMPARE(removed.size(), 1);
    QCOMPARE(removed[0][0].toString(), u"c"_s);
    QVERIFY(book.replace(book.all().values()).isEmpty());
    QCOMPARE(changed.size() + removed.size(), 3);
}

QTEST_GUILESS_MAIN(TestViews)
#include "tst_views.moc"
