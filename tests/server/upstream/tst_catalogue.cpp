// SPDX-License-Identifier: GPL-3.0-or-later
#include "fakeinstance.h"
#include "server/upstream/catalogue.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::upstream;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

ToolSetPtr someTools()
{
    return ToolSet::build({R"({"name":"a"})"_ba}, ServerDefinition());
}

struct Asker {
    Call call;
    int answers = 0;
    Result<ToolSetPtr> outcome{ToolSetPtr()};

    Handler<ToolSetPtr> handler()
    {
        return [this](Result<ToolSetPtr> result) {
            ++answers;
            outcome = std::move(result);
        };
    }
};

} // namespace

class CatalogueTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void askersShareOneListing()
    {
        ManualStart<ToolSetPtr> fetch;
        Catalogue catalogue(1min);
        Asker a;
        Asker b;
        a.call = catalogue.get({}, fetch.function(), a.handler());
        b.call = catalogue.get({}, fetch.function(), b.handler());
        QCOMPARE(fetch.begun, 1);
        fetch.answer(someTools());
        QCOMPARE(a.answers, 1);
        QCOMPARE(b.answers, 1);
        QVERIFY(catalogue.cached({}));
    }

    void answersFromMemoryLater()
    {
        ManualStart<ToolSetPtr> fetch;
        Catalogue catalogue(1min);
        catalogue.remember({}, someTools());
        Asker a;
        a.call = catalogue.get({}, fetch.function(), a.handler());
        QCOMPARE(a.answers, 0); // never before get() has returned
        QTRY_COMPARE(a.answers, 1);
        QCOMPARE(fetch.begun, 0);
    }

    void forgetsAfterItsTime()
    {
        qint64 now = 0;
        Catalogue catalogue(10s, [&] { return now; });
        catalogue.remember({}, someTools());
        now = 9'999;
        QVERIFY(catalogue.cached({}));
        now = 10'000;
        QVERIFY(!catalogue.cached({}));
    }

    void remembersNothingWithoutTime()
    {
        Catalogue catalogue(0ms);
        catalogue.remember({}, someTools());
        QVERIFY(!catalogue.cached({}));
    }

    void doesNotRememberAListingOvertakenByAChange()
    {
        ManualStart<ToolSetPtr> fetch;
        Catalogue catalogue(1min);
        Asker a;
        Asker b;
        a.call = catalogue.get({}, fetch.function(), a.handler());
        catalogue.invalidate();
        b.call = catalogue.get({}, fetch.function(), b.handler());
        QCOMPARE(fetch.begun, 2);
        fetch.answer(someTools());
        QCOMPARE(a.answers, 1);
        QVERIFY(!catalogue.cached({}));
        fetch.answer(someTools());
        QCOMPARE(b.answers, 1);
        QVERIFY(catalogue.cached({}));
    }

    void failuresAreNotRemembered()
    {
        ManualStart<ToolSetPtr> fetch;
        Catalogue catalogue(1min);
        Asker a;
        a.call = catalogue.get({}, fetch.function(), a.handler());
        fetch.answer(Error(ErrorCode::UpstreamStart, u"no"_s));
        QVERIFY(!a.outcome.ok());
        QVERIFY(!catalogue.cached({}));
    }

    void aListingNobodyWaitsForIsWithdrawn()
    {
        ManualStart<ToolSetPtr> fetch;
        Catalogue catalogue(1min);
        Asker a;
        Asker b;
        a.call = catalogue.get({}, fetch.function(), a.handler());
        b.call = catalogue.get({}, fetch.function(), b.handler());
        a.call.cancel();
        QCOMPARE(fetch.pending.size(), 1);
        b.call.cancel();
        QCOMPARE(fetch.pending.size(), 0);
    }

    void aHandlerMayWithdrawAnother()
    {
        ManualStart<ToolSetPtr> fetch;
        Catalogue catalogue(1min);
        Asker b;
        Call first = catalogue.get({}, fetch.function(), [&](auto) { b.call.cancel(); });
        b.call = catalogue.get({}, fetch.function(), b.handler());
        fetch.answer(someTools());
        QCOMPARE(b.answers, 0);
    }

    void aHandlerMayAskAgainWhileOthersStillWait()
    {
        ManualStart<ToolSetPtr> fetch;
        Catalogue catalogue(0ms); // nothing is remembered, so asking again lists again
        Asker b;
        Asker c;
        Call again;
        Call first = catalogue.get({}, fetch.function(), [&](auto) {
            again = catalogue.get({}, fetch.function(), c.handler());
        });
        b.call = catalogue.get({}, fetch.function(), b.handler());
        fetch.answer(someTools());
        QCOMPARE(b.answers, 1);
        QCOMPARE(c.answers, 0);
        fetch.answer(someTools());
        QCOMPARE(c.answers, 1);
    }

    void mayBeDestroyedWhileSomebodyWaits()
    {
        ManualStart<ToolSetPtr> fetch;
        auto catalogue = std::make_unique<Catalogue>(1min);
        Asker a;
        a.call = catalogue->get({}, fetch.function(), a.handler());
        catalogue.reset();
        QCOMPARE(fetch.pending.size(), 0);
    }

    void scopesSeparateIdentitiesButNotTokens()
    {
        Identity neutral;
        Identity alice{u"iss|alice"_s, {{u"user_id"_s, u"alice"_s}}, {}};
        Identity bob{u"iss|bob"_s, {{u"user_id"_s, u"bob"_s}}, {}};
        Identity refreshed = alice;
        refreshed.environment.insert(u"TOKEN"_s, u"other"_s);
        Identity team = alice;
        team.placeholders.insert(u"group_id"_s, u"ops"_s);
        QCOMPARE(Catalogue::scopeOf(neutral), QString());
        QVERIFY(Catalogue::scopeOf(alice) != Catalogue::scopeOf(bob));
        QVERIFY(Catalogue::scopeOf(alice) != Catalogue::scopeOf(team));
        QCOMPARE(Catalogue::scopeOf(alice), Catalogue::scopeOf(refreshed));
    }
};

QTEST_GUILESS_MAIN(CatalogueTest)
#include "tst_catalogue.moc"
