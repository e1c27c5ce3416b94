// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/http/hostpolicy.h"

#include <QtTest/QTest>

using namespace Qt::StringLiterals;
using namespace bridge::http;

namespace {

/// The names in a list such as Access-Control-Allow-Headers, in lower case.
QByteArrayList names(const Headers &fields, const QByteArray &field)
{
    QByteArrayList found;
    const QByteArrayList parts = headerValue(fields, field).toLower().split(',');
    for (const QByteArray &part : parts)
        found.append(part.trimmed());
    return found;
}

Request from(const QByteArray &host, const QByteArray &origin = {})
{
    Request request;
    request.method = "GET";
    request.target = "/";
    request.headers = {{"Host"_ba, host}};
    if (!origin.isEmpty())
        request.headers.append({"Origin"_ba, origin});
    return request;
}

} // namespace

class TestHostPolicy : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aPasswordInTheHostIsNotRepeated()
    {
        const auto refused =
            HostPolicy(HostPolicyOptions()).check(from("ann:canary-4711@evil.example"));
        QVERIFY(refused.has_value());
        QVERIFY(refused->message.contains(u"`evil.example`"));
        QVERIFY(!refused->message.contains(u"canary-4711"));
    }

    void admitsOnlyKnownHostsOnLoopback_data()
    {
        QTest::addColumn<QByteArray>("host");
        QTest::addColumn<bool>("welcome");
        const auto row = [](const char *host, bool welcome) {
            QTest::newRow(host) << QByteArray(host) << welcome;
        };
        row("localhost", true);
        row("LOCALHOST:8000", true);
        row("localhost.", true);
        row("127.0.0.1:8000", true);
        row("127.9.9.9", true);
        row("[::1]:8000", true);
        row("[::1]", true);
        row("bridge.example", true);
        row("a.internal:80", true);
        row("evil.example", false);
        row("127.0.0.1.evil.example", false);
        row("localhost.evil.example", false);
        row("evil-internal", false);
        row("192.168.0.1", false);
        row("0.0.0.0", false);
        row("2130706433", false);
        row("[::ffff:1.2.3.4]", false);
        row("[::1", false);
        row("", true); // HTTP/1.0 without Host, no browser
    }

    void admitsOnlyKnownHostsOnLoopback()
    {
        QFETCH(QByteArray, host);
        QFETCH(bool, welcome);
        const HostPolicy policy({true, {u"bridge.example"_s, u"*.internal"_s}, {}, false});
        const auto refusal = policy.check(from(host));
        QCOMPARE(!refusal, welcome);
        if (refusal) {
            QCOMPARE(bridge::httpStatus(*refusal), 403);
            QVERIFY(refusal->message.contains("ALLOWED_HOSTS"_L1));
        }
    }

    void admitsEveryHostWhenTold()
    {
        QVERIFY(!HostPolicy({true, {u"*"_s}, {}, false}).check(from("evil.example")));
        QVERIFY(!HostPolicy({false, {}, {}, false}).check(from("any.example")));
        QVERIFY(HostPolicy({false, {u"a.example"_s}, {}, false}).check(from("b.example")));
    }

    void judgesAnAbsoluteTargetByItsOwnHost()
    {
        Request request = from("localhost");
        request.target = "http://evil.example/tools";
        QVERIFY(HostPolicy({true, {}, {}, false}).check(request));
    }

    void refusesForeignOrigins_data()
    {
        QTest::addColumn<QByteArray>("origin");
        QTest::addColumn<bool>("welcome");
        QTest::newRow("none") << QByteArray() << true;
        QTest::newRow("same") << "http://localhost:8000"_ba << true;
        QTest::newRow("same behind a TLS proxy") << "https://localhost:8000"_ba << true;
        QTest::newRow("listed") << "https://app.example"_ba << true;
        QTest::newRow("other port") << "http://localhost:9000"_ba << false;
        QTest::newRow("other scheme of listed") << "http://app.example"_ba << false;
        QTest::newRow("prefix of listed") << "https://app.example.evil.org"_ba << false;
        QTest::newRow("null") << "null"_ba << false;
    }

    void refusesForeignOrigins()
    {
        QFETCH(QByteArray, origin);
        QFETCH(bool, welcome);
        const HostPolicy policy({true, {}, {u"https://app.example"_s}, false});
        const auto refusal = policy.check(from("localhost:8000", origin));
        QCOMPARE(!refusal, welcome);
        if (refusal)
            QVERIFY(refusal->message.contains("CORS_ORIGINS"_L1));
    }

    void leavesOutDefaultPorts()
    {
        const HostPolicy policy({false, {}, {}, false});
        QVERIFY(!policy.check(from("a.example:443", "https://a.example")));
        QVERIFY(!policy.check(from("a.example", "http://a.example:80")));
    }

    void neverSendsCredentialsWithAnyOrigin()
    {
        const HostPolicy any({true, {}, {u"*"_s}, true});
        const Headers open = any.corsHeaders(from("localhost", "https://x.example"));
        QCOMPARE(headerValue(open, "Access-Control-Allow-Origin"), "*"_ba);
        QVERIFY(headerValue(open, "Access-Control-Allow-Credentials").isEmpty());

        const HostPolicy listed({true, {}, {u"https://x.example"_s}, true});
        const Headers own = listed.corsHeaders(from("localhost", "https://x.example"));
        QCOMPARE(headerValue(own, "Access-Control-Allow-Origin"), "https://x.example"_ba);
        QCOMPARE(headerValue(own, "Access-Control-Allow-Credentials"), "true"_ba);
        QCOMPARE(headerValue(own, "Vary"), "Origin"_ba);
        QVERIFY(listed.corsHeaders(from("localhost", "https://y.example")).isEmpty());
        QVERIFY(listed.corsHeaders(from("localhost")).isEmpty());
    }

    void letsPagesReadWhatMcpClientsNeed_data()
    {
        QTest::addColumn<QString>("origins");
        QTest::addColumn<bool>("credentials");
        QTest::newRow("any origin") << u"*"_s << true;
        QTest::newRow("with credentials") << u"https://x.example"_s << true;
        QTest::newRow("without credentials") << u"https://x.example"_s << false;
    }

    void letsPagesReadWhatMcpClientsNeed()
    {
        QFETCH(QString, origins);
        QFETCH(bool, credentials);
        const HostPolicy policy({true, {}, {origins}, credentials});
        const QByteArrayList exposed =
            names(policy.corsHeaders(from("localhost", "https://x.example")),
                  "Access-Control-Expose-Headers");
        for (const char *name : {"mcp-session-id", "mcp-protocol-version", "retry-after",
                                 "www-authenticate", "x-request-id", "x-session-restarted"})
            QVERIFY2(exposed.contains(name), name);
        const bool sendsCredentials = credentials && origins != "*"_L1;
        QCOMPARE(exposed.contains("*"), !sendsCredentials);
    }

    void admitsTheHeadersOfMcpClients()
    {
        const HostPolicy policy({true, {}, {u"https://x.example"_s}, true});
        Request request = from("localhost", "https://x.example");
        request.method = "OPTIONS";
        request.headers.append({"Access-Control-Request-Method"_ba, "POST"_ba});
        request.headers.append(
            {"Access-Control-Request-Headers"_ba, "content-type,mcp-param-region"_ba});
        const QByteArrayList admitted =
            names(policy.preflightHeaders(request, "POST"), "Access-Control-Allow-Headers");
        for (const char *name :
             {"authorization", "content-type", "last-event-id", "mcp-method", "mcp-name",
              "mcp-param-region", "mcp-protocol-version", "mcp-session-id"})
            QVERIFY2(admitted.contains(name), name);
        QVERIFY(!admitted.contains(""));
    }

    void answersPreflights()
    {
        const HostPolicy policy({true, {}, {u"https://x.example"_s}, false});
        Request request = from("localhost", "https://x.example");
        request.method = "OPTIONS";
        QVERIFY(!HostPolicy::isPreflight(request));
        request.headers.append({"Access-Control-Request-Method"_ba, "POST"_ba});
        request.headers.append({"Access-Control-Request-Headers"_ba, "x-a, x-b"_ba});
        QVERIFY(HostPolicy::isPreflight(request));
        const Headers fields = policy.preflightHeaders(request, "GET, POST");
        QCOMPARE(headerValue(fields, "Access-Control-Allow-Methods"), "GET, POST"_ba);
        const QByteArrayList admitted = names(fields, "Access-Control-Allow-Headers");
        QVERIFY(admitted.contains("x-a") && admitted.contains("x-b"));
        request.headers[0].second = "localhost"_ba;
        request.headers[1].second = "https://evil.example"_ba;
        QVERIFY(policy.preflightHeaders(request, "GET, POST").isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestHostPolicy)
#include "tst_hostpolicy.moc"
