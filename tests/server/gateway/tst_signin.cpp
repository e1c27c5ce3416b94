// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/signin.h"
#include "server/gateway/translation.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::gateway;
using namespace Qt::StringLiterals;

class SignInTest : public QObject
{
    Q_OBJECT

    static Error invitation()
    {
        Error error(ErrorCode::NotConnected, u"See authorization_url."_s);
        error.extra["authorization_url"_L1] = u"http://b/oauth/upstream/connect?ticket=t"_s;
        error.extra["server"_L1] = u"far"_s;
        return error;
    }
    static ClientProfile client(const QString &revision, bool opens)
    {
        ClientProfile profile;
        profile.revision = revision;
        profile.era = revision == "2026-07-28"_L1 ? mcp::Era::Modern : mcp::Era::Legacy;
        if (opens)
            profile.capabilities["elicitation"_L1] = QJsonObject{{"url"_L1, QJsonObject()}};
        return profile;
    }

private Q_SLOTS:
    void aModernClientIsAskedInTheResult()
    {
        const auto result =
            signInRequest(invitation(), u"tools/call"_s, client(u"2026-07-28"_s, true));
        QVERIFY(result);
        const QJsonObject object = QJsonDocument::fromJson(*result).object();
        QCOMPARE(object["resultType"_L1].toString(), u"input_required"_s);
        const QJsonObject request = object["inputRequests"_L1]["sign_in"_L1].toObject();
        QCOMPARE(request["method"_L1].toString(), u"elicitation/create"_s);
        QCOMPARE(request["params"_L1]["mode"_L1].toString(), u"url"_s);
        QCOMPARE(request["params"_L1]["url"_L1].toString(),
                 u"http://b/oauth/upstream/connect?ticket=t"_s);
        QVERIFY(!signInRequest(invitation(), u"tools/list"_s, client(u"2026-07-28"_s, true)));
        QVERIFY(!signInRequest(invitation(), u"tools/call"_s, client(u"2026-07-28"_s, false)));
        QVERIFY(!signInRequest(invitation(), u"tools/call"_s, client(u"2025-11-25"_s, true)));
        QVERIFY(!signInRequest(Error(ErrorCode::NotConnected, u"No."_s), u"tools/call"_s,
                               client(u"2026-07-28"_s, true)));
    }

    void anOlderClientGetsTheErrorForIt()
    {
        const Error error = errorFor(invitation(), client(u"2025-11-25"_s, true));
        QCOMPARE(error.rpcCode, -32042);
        const QJsonObject one = error.detail["elicitations"_L1][0].toObject();
        QCOMPARE(one["mode"_L1].toString(), u"url"_s);
        QCOMPARE(one["url"_L1].toString(), u"http://b/oauth/upstream/connect?ticket=t"_s);
        QVERIFY(!one["elicitationId"_L1].toString().isEmpty());
    }

    void aClientThatOpensNothingTellsItsUser()
    {
        for (const QString &revision : {u"2024-11-05"_s, u"2025-06-18"_s, u"2026-07-28"_s}) {
            const Error error = errorFor(invitation(), client(revision, false));
            QVERIFY(error.rpcCode != -32042);
            QVERIFY(error.message.contains("http://b/oauth/upstream/connect?ticket=t"_L1));
        }
        QCOMPARE(errorFor(Error(ErrorCode::NotConnected, u"No."_s), client(u"2025-11-25"_s, true))
                     .message,
                 u"No."_s);
    }
};

QTEST_GUILESS_MAIN(SignInTest)
#include "tst_signin.moc"
