// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/policy/warden.h"

#include <QtCore/QJsonDocument>
#include <QtTest/QTest>

using namespace Qt::StringLiterals;
using namespace bridge;
using namespace bridge::policy;

namespace {

const KnownNames kServers{{u"files"_s, u"web"_s}, {u"https://idp"_s, u"https://partner"_s}};

/// Quotes are single ones in here.
QJsonArray parsed(QByteArray json)
{
    return QJsonDocument::fromJson(json.replace('\'', '"')).array();
}

QList<Limit> limitsOf(const QByteArray &json)
{
    const auto limits = limitsFrom(parsed(json), kServers, {}, {}, {});
    return limits ? *limits : QList<Limit>();
}

auth::Principal user(const QString &id)
{
    auth::Principal principal;
    principal.kind = auth::Principal::Kind::User;
    principal.userId = id;
    principal.owner = u"https://idp#"_s + id;
    principal.isVerified = true;
    return principal;
}

Action tool(const QString &name, const QString &server = u"files"_s)
{
    Action action;
    action.server = server;
    action.name = name;
    return action;
}

QByteArray header(const RateLimiter::Outcome &outcome, const char *name)
{
    for (const auto &[field, value] : outcome.headers) {
        if (field == name)
            return value;
    }
    return {};
}

} // namespace

class TestRateLimiter : public QObject
{
    Q_OBJECT

    qint64 m_now = 1'000;
    RateLimiter limiter(const QByteArray &json)
    {
        return RateLimiter(limitsOf(json), [this] { return m_now; });
    }
    RateLimiter::Outcome take(RateLimiter &limiter, const auth::Principal &who, const Action &what)
    {
        return limiter.take(limitKeyOf(who, QHostAddress::LocalHost), who, what);
    }
    bool passes(RateLimiter &limiter, const auth::Principal &who, const Action &what)
    {
        return !take(limiter, who, what).refusal;
    }

private Q_SLOTS:
    void fillsABucketAllTheTime()
    {
        RateLimiter limits = limiter("[{'rate':'60/min','burst':2}]");
        QVERIFY(passes(limits, user(u"a"_s), tool(u"x"_s)));
        QVERIFY(passes(limits, user(u"a"_s), tool(u"y"_s)));
        const auto refused = take(limits, user(u"a"_s), tool(u"x"_s));
        QVERIFY(refused.refusal);
        QCOMPARE(httpStatus(*refused.refusal), 429);
        QCOMPARE(refused.refusal->extra["retry_after"_L1].toInt(), 1);
        QCOMPARE(header(refused, "Retry-After"), "1"_ba);
        QVERIFY(passes(limits, user(u"b"_s), tool(u"x"_s)));
        m_now += 999;
        QVERIFY(!passes(limits, user(u"a"_s), tool(u"x"_s)));
        m_now += 1;
        QVERIFY(passes(limits, user(u"a"_s), tool(u"x"_s)));
        QVERIFY(!passes(limits, user(u"a"_s), tool(u"x"_s)));
        m_now += 3'600'000; // no more than it holds
        QVERIFY(passes(limits, user(u"a"_s), tool(u"x"_s)));
        QVERIFY(passes(limits, user(u"a"_s), tool(u"x"_s)));
        QVERIFY(!passes(limits, user(u"a"_s), tool(u"x"_s)));
    }

    void givesAQuotaBackAtOnce()
    {
        RateLimiter limits = limiter("[{'quota':'3/10s'}]");
        for (int i = 0; i < 3; ++i) {
            QVERIFY(passes(limits, user(u"a"_s), tool(u"x"_s)));
            m_now += 1'000;
        }
        const auto refused = take(limits, user(u"a"_s), tool(u"x"_s));
        QCOMPARE(header(refused, "Retry-After"), "7"_ba);
        m_now += 6'999;
        QVERIFY(!passes(limits, user(u"a"_s), tool(u"x"_s)));
        m_now += 1;
        for (int i = 0; i < 3; ++i)
            QVERIFY(passes(limits, user(u"a"_s), tool(u"x"_s)));
        QVERIFY(!passes(limits, user(u"a"_s), tool(u"x"_s)));
    }

    void beginsTheTimeOfAQuotaWithItsFirstCall()
    {
        RateLimiter limits = limiter("[{'quota':'1/10s'}]");
        QVERIFY(passes(limits, user(u"a"_s), tool(u"x"_s)));
        m_now += 10'000;
        m_now += 9'000; // nobody called meanwhile
        QVERIFY(passes(limits, user(u"a"_s), tool(u"x"_s)));
        m_now += 9'999;
        QVERIFY(!passes(limits, user(u"a"_s), tool(u"x"_s)));
    }

    void tellsTheStateInHeaderFields()
    {
        RateLimiter limits =
            limiter("[{'name':'burst','rate':'10/s'},{'name':'daily','quota':'5/day'}]");
        (void)take(limits, user(u"a"_s), tool(u"x"_s));
        const auto outcome = take(limits, user(u"a"_s), tool(u"x"_s));
        QCOMPARE(header(outcome, "RateLimit-Policy"),
                 R"("burst";q=10;w=1, "daily";q=5;w=86400)"_ba);
        QCOMPARE(header(outcome, "RateLimit"), R"("burst";r=8;t=1, "daily";r=3;t=86400)"_ba);
        QVERIFY(header(outcome, "Retry-After").isEmpty());
    }

    void takesFromNoLimitWhenOneIsUsedUp()
    {
        RateLimiter limits =
            limiter("[{'name':'a','quota':'2/min','per':'user'},{'name':'b','quota':'1/"
                    "h','per':['user','tool']}]");
        QVERIFY(passes(limits, user(u"a"_s), tool(u"x"_s)));
        for (int i = 0; i < 5; ++i)
            QVERIFY(!passes(limits, user(u"a"_s), tool(u"x"_s)));
        QVERIFY(passes(limits, user(u"a"_s), tool(u"y"_s)));
        const auto refused = take(limits, user(u"a"_s), tool(u"x"_s));
        QVERIFY(refused.refusal->message.contains("\"b\""_L1)); // the one that takes longest
        QCOMPARE(header(refused, "Retry-After"), "3600"_ba);
    }

    void countsForWhatItSays()
    {
        RateLimiter tools = limiter("[{'quota':'1/h','per':'tool'}]");
        QVERIFY(passes(tools, user(u"a"_s), tool(u"x"_s)));
        QVERIFY(!passes(tools, user(u"b"_s), tool(u"x"_s)));
        QVERIFY(passes(tools, user(u"b"_s), tool(u"x"_s, u"web"_s)));
        RateLimiter servers = limiter("[{'quota':'1/h','per':'server'}]");
        QVERIFY(passes(servers, user(u"a"_s), tool(u"x"_s)));
        QVERIFY(!passes(servers, user(u"b"_s), tool(u"y"_s)));
        QVERIFY(passes(servers, user(u"b"_s), tool(u"y"_s, u"web"_s)));
        RateLimiter all = limiter("[{'quota':'1/h','per':[]}]");
        QVERIFY(passes(all, user(u"a"_s), tool(u"x"_s)));
        QVERIFY(!passes(all, user(u"b"_s), tool(u"y"_s, u"web"_s)));
        RateLimiter some = limiter("[{'quota':'1/h','groups':'free','tools':'x*'}]");
        auth::Principal free = user(u"a"_s);
        free.groups = {u"free"_s};
        for (int i = 0; i < 3; ++i) {
            QVERIFY(passes(some, user(u"b"_s), tool(u"x"_s)));
            QVERIFY(passes(some, free, tool(u"y"_s)));
        }
        QVERIFY(passes(some, free, tool(u"x"_s)));
        QVERIFY(!passes(some, free, tool(u"x2"_s)));
    }

    void tellsStrangersApartByAddress()
    {
        const auth::Principal nobody;
        const auto key = [&](const QString &address) {
            return limitKeyOf(nobody, QHostAddress(address));
        };
        QVERIFY(key(u"10.0.0.1"_s) != key(u"10.0.0.2"_s));
        QCOMPARE(key(u"10.0.0.1"_s), key(u"::ffff:10.0.0.1"_s));
        QCOMPARE(key(u"2001:db8::1"_s), key(u"2001:db8::ffff:1"_s));
        QVERIFY(key(u"2001:db8::1"_s) != key(u"2001:db8:0:1::1"_s));
        QVERIFY(limitKeyOf(user(u"a"_s), QHostAddress(u"10.0.0.1"_s)) != key(u"10.0.0.1"_s));
    }

    void staysSmallAndRemembersWhoIsKnown()
    {
        RateLimiter limits = limiter("[{'quota':'1/h'}]");
        QVERIFY(passes(limits, user(u"a"_s), tool(u"x"_s)));
        const auth::Principal nobody;
        for (qsizetype i = 0; i < RateLimiter::kMaxKeys + 500; ++i)
            (void)limits.take(u"address %1"_s.arg(i), nobody, tool(u"x"_s));
        QCOMPARE(limits.keyCount(), RateLimiter::kMaxKeys + 1);
        QVERIFY(!passes(limits, user(u"a"_s), tool(u"x"_s)));
        for (qsizetype i = 0; i < RateLimiter::kMaxKeys; ++i)
            (void)take(limits, user(QString::number(i)), tool(u"x"_s));
        QCOMPARE(limits.keyCount(), 2 * RateLimiter::kMaxKeys);
    }

    void keepsCountsOfLimitsThatStay()
    {
        RateLimiter limits = limiter("[{'quota':'1/h','per':'user'},{'quota':'9/h','per':'tool'}]");
        QVERIFY(passes(limits, user(u"a"_s), tool(u"x"_s)));
        QVERIFY(!limits.replace(
            limitsOf("[{'quota':'1/h','per':'user'},{'quota':'9/h','per':'tool'}]")));
        QVERIFY(limits.replace(
            limitsOf("[{'quota':'5/h','per':'tool'},{'quota':'1/h','per':'user'}]")));
        QVERIFY(!passes(limits, user(u"a"_s), tool(u"x"_s)));
        QVERIFY(limits.replace({}));
        QVERIFY(limits.isEmpty());
        QVERIFY(passes(limits, user(u"a"_s), tool(u"x"_s)));
    }

    void readsRates_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<qint64>("count");
        QTest::addColumn<qint64>("window");
        QTest::newRow("minute") << u"100/min"_s << 100LL << 60LL;
        QTest::newRow("second") << u"5/s"_s << 5LL << 1LL;
        QTest::newRow("day") << u" 1000 / day "_s << 1000LL << 86'400LL;
        QTest::newRow("several") << u"10/30s"_s << 10LL << 30LL;
        QTest::newRow("hours") << u"1/2h"_s << 1LL << 7'200LL;
        for (const QString &bad : {u""_s, u"10"_s, u"0/s"_s, u"-1/s"_s, u"1/0s"_s, u"1/week"_s,
                                   u"1.5/s"_s, u"99999999999/s"_s, u"1/999999999d"_s})
            QTest::newRow(qPrintable(u"bad "_s + bad)) << bad << 0LL << 0LL;
    }
    void readsRates()
    {
        QFETCH(QString, text);
        const Rate rate = parseRate(text).value_or(Rate());
        QTEST(rate.count, "count");
        QTEST(qint64(rate.window.count()), "window");
    }

    void takesSimpleSettings()
    {
        const auto limits =
            limitsFrom(QJsonValue(QJsonValue::Undefined), kServers, u"1/h"_s, u"2/h"_s, u"3/h"_s);
        QVERIFY(limits);
        QCOMPARE(limits->size(), 3);
        QVERIFY(limits->at(0).perUser && limits->at(1).perTool && limits->at(2).perServer);
        Action prompt = tool(u"x"_s);
        prompt.kind = Action::Kind::Prompt;
        QCOMPARE(limits->at(1).rule.mismatch(user(u"a"_s), prompt), u"prompts"_s);
        const auto bad = limitsFrom(QJsonValue(QJsonValue::Undefined), kServers, u"fast"_s, {}, {});
        QVERIFY(!bad);
        QCOMPARE(bad.error().problems.first().path, u"RATE_LIMIT_PER_USER"_s);
    }

    void noLimitIsEscapedByComingFromAnotherIssuer_data()
    {
        QTest::addColumn<QByteArray>("who");
        QTest::addColumn<bool>("counts");
        for (const char *who :
             {"'groups':'ops'", "'roles':'trial'", "'scopes':'s'", "'clients':'ci'", "'users':'*'"})
            QTest::newRow(who) << QByteArray(who) << true;
        // Another one of that name is not the one meant, and issuers are whom the limit says.
        for (const char *who : {"'users':'eve'", "'groups':'ops','issuers':'https://idp'"})
            QTest::newRow(who) << QByteArray(who) << false;
    }
    void noLimitIsEscapedByComingFromAnotherIssuer()
    {
        QFETCH(QByteArray, who);
        RateLimiter limits = limiter("[{'quota':'1/h'," + who + "}]");
        auth::Principal other = user(u"eve"_s);
        other.owner = u"https://partner#eve"_s;
        other.issuer = u"https://partner"_s;
        other.isOfMainIssuer = false;
        other.groups = {u"ops"_s};
        other.roles = {u"trial"_s};
        other.scopes = {u"s"_s};
        other.clientId = u"ci"_s;
        QVERIFY(passes(limits, other, tool(u"x"_s)));
        QTEST(!passes(limits, other, tool(u"x"_s)), "counts");
    }

    void noLimitIsEscapedByADetour()
    {
        RateLimiter limits = limiter("[{'quota':'1/h','resources':'file:///big/*'}]");
        Action read = tool(u"file:///big/x"_s);
        read.kind = Action::Kind::Resource;
        QVERIFY(passes(limits, user(u"a"_s), read));
        read.name = u"file:///small/../big/x"_s;
        QVERIFY(!passes(limits, user(u"a"_s), read));
    }

    void claimsNobodyHasCheckedAreStrangersToLimits()
    {
        const auto limits = limitsOf("[{'name':'trial','quota':'9/h','groups':'trial'},"
                                     "{'name':'each','quota':'1/h'}]");
        const QHostAddress address(u"192.0.2.7"_s);
        auth::Principal read = user(u"alice"_s);
        read.groups = {u"trial"_s};
        read.isVerified = false;
        Warden warden;
        warden.replace(Policy(), limits);
        const auto first = warden.count(read, {{}, address}, tool(u"x"_s));
        QCOMPARE(header(first, "RateLimit-Policy"), "\"each\";q=1;w=3600"_ba);
        read.owner = u"https://idp#made-up"_s; // another name is no other caller
        QVERIFY(warden.count(read, {{}, address}, tool(u"x"_s)).refusal);
    }

    void whoKeepsAccountHearsOfTheLimitAndTheRequest()
    {
        Warden warden;
        warden.replace(Policy(), limitsOf("[{'name':'each','quota':'1/h'}]"));
        QStringList told;
        Warden::Observers observers;
        observers.limited = [&](const auth::Origin &origin, const auth::Principal &principal,
                                const Action &action, const QString &limit) {
            told << origin.requestId << origin.address.toString() << principal.userId << action.name
                 << limit;
        };
        warden.setObservers(observers);
        const auth::Origin origin{u"r1"_s, QHostAddress(u"192.0.2.7"_s)};
        QVERIFY(!warden.count(user(u"alice"_s), origin, tool(u"x"_s)).refusal);
        QVERIFY(told.isEmpty());
        QVERIFY(warden.count(user(u"alice"_s), origin, tool(u"x"_s)).refusal);
        QCOMPARE(told, (QStringList{u"r1"_s, u"192.0.2.7"_s, u"alice"_s, u"x"_s, u"each"_s}));
        warden.tell(user(u"alice"_s), origin, tool(u"x"_s), {}); // nobody wants to know
    }

    void tellsEveryProblemWithItsPlace_data()
    {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<QString>("place");
        const auto row = [](const char *json, const QString &place) {
            QTest::newRow(json) << QByteArray(json) << u"file: bridge.limits"_s + place;
        };
        row("[1]", u"[0]"_s);
        row("[{}]", u"[0]"_s);
        row("[{'rate':'1/s','quota':'1/s'}]", u"[0]"_s);
        row("[{'rate':'often'}]", u"[0].rate"_s);
        row("[{'rate':'1/s','burst':0}]", u"[0].burst"_s);
        row("[{'quota':'1/s','burst':3}]", u"[0].burst"_s);
        row("[{'rate':'1/s','per':'ip'}]", u"[0].per"_s);
        row("[{'rate':'1/s'},{'rate':'1/s','tool':'x'}]", u"[1].tool"_s);
        row("[{'rate':'1/s','servers':'nowhere'}]", u"[0].servers"_s);
        row("[{'rate':'1/s','issuers':'https://nobody'}]", u"[0].issuers"_s);
        row("[{'rate':'1/s','arguments':{'/a':1}}]", u"[0].arguments"_s);
        row("[{'rate':'1/s','name':'a\\\"b'}]", u"[0].name"_s);
    }
    void tellsEveryProblemWithItsPlace()
    {
        QFETCH(QByteArray, json);
        QFETCH(QString, place);
        const auto limits = limitsFrom(parsed(json), kServers, {}, {}, {});
        QVERIFY(!limits);
        QCOMPARE(limits.error().problems.size(), 1);
        QCOMPARE(limits.error().problems.first().path, place);
    }
};

QTEST_GUILESS_MAIN(TestRateLimiter)
#include "tst_ratelimiter.moc"
