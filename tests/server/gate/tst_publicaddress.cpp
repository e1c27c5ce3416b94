// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gate/publicaddress.h"

#include <QtTest/QTest>

using namespace Qt::StringLiterals;
using namespace bridge;
using namespace bridge::gate;

namespace {

http::Request request(const QString &peer, http::Headers more = {})
{
    http::Request made;
    made.target = "/tools";
    made.headers = std::move(more);
    made.headers.append({"Host"_ba, "inner:8000"_ba});
    made.peer = QHostAddress(peer);
    return made;
}

Networks networks(const QStringList &texts)
{
    return *Networks::from(texts);
}

const http::Headers kForwarded{{"X-Forwarded-Proto"_ba, "https"_ba},
                               {"X-Forwarded-Host"_ba, "mcp.example.com, inner"_ba}};

} // namespace

class TestPublicAddress : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void isWhatTheRequestSays()
    {
        const PublicAddress address({}, {}, false, u"/api"_s);
        QCOMPARE(address.baseFor(request(u"1.2.3.4"_s)), u"http://inner:8000/api"_s);
        QCOMPARE(address.originFor(request(u"1.2.3.4"_s)), u"http://inner:8000"_s);
        QCOMPARE(address.path(), u"/api"_s);
    }

    void believesListedProxiesOnly()
    {
        const PublicAddress address({}, networks({u"10.0.0.0/8"_s, u"::1"_s}), false, u"/api"_s);
        const QString outside = u"https://mcp.example.com/api"_s;
        const QString inside = u"http://inner:8000/api"_s;
        QCOMPARE(address.baseFor(request(u"10.1.2.3"_s, kForwarded)), outside);
        QCOMPARE(address.baseFor(request(u"::ffff:10.1.2.3"_s, kForwarded)), outside);
        QCOMPARE(address.baseFor(request(u"::1"_s, kForwarded)), outside);
        QCOMPARE(address.baseFor(request(u"11.1.2.3"_s, kForwarded)), inside);
    }

    void nobodyKeepsWhatARequestSaid()
    {
        const PublicAddress open({}, {}, false, {});
        const http::Headers headers = open.cachingFor("public, max-age=3600"_ba);
        QCOMPARE(headers, (http::Headers{{"Cache-Control"_ba, "no-store"_ba},
                                         {"Vary"_ba, "Host, X-Forwarded-Host, "
                                                     "X-Forwarded-Proto"_ba}}));
        const PublicAddress fixed(u"https://mcp.example.com"_s, {}, false, {});
        QCOMPARE(fixed.cachingFor("no-cache"_ba),
                 (http::Headers{{"Cache-Control"_ba, "no-cache"_ba}}));
        QVERIFY(fixed.cachingFor({}).isEmpty());
    }

    void takesNothingThatIsNoHost()
    {
        const PublicAddress address({}, networks({u"10.0.0.0/8"_s}), true, {});
        const http::Headers bad{{"X-Forwarded-Proto"_ba, "javascript"_ba},
                                {"X-Forwarded-Host"_ba, "evil/\"><x"_ba}};
        QCOMPARE(address.baseFor(request(u"10.1.2.3"_s, bad)), u"https://inner:8000"_s);
        http::Request odd = request(u"10.1.2.3"_s);
        odd.headers = {{"Host"_ba, "a b"_ba}};
        QCOMPARE(address.baseFor(odd), u"https://localhost"_s);
    }

    void isWhatTheOperatorSays()
    {
        const PublicAddress address(u"https://mcp.example.com/x/"_s, networks({u"10.0.0.0/8"_s}), false,
                                    u"/api"_s);
        QCOMPARE(address.baseFor(request(u"10.1.2.3"_s, kForwarded)),
                 u"https://mcp.example.com/x"_s);
        QCOMPARE(address.path(), u"/x"_s);
        QCOMPARE(address.originFor(request(u"1.2.3.4"_s)), u"https://mcp.example.com"_s);
    }
};

QTEST_GUILESS_MAIN(TestPublicAddress)
#include "tst_publicaddress.moc"
