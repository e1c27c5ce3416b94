// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/async/later.h"
#include "server/auth/authenticator.h"

#include <QtTest/QTest>

using namespace bridge;
using namespace bridge::auth;
using namespace Qt::StringLiterals;

namespace {

using Headers = QList<std::pair<QByteArray, QByteArray>>;

/// Knows who sends the header of its name.
class ByHeader : public Strategy
{
public:
    ByHeader(QString name, Finding finding) : m_name(std::move(name)), m_finding(finding) {}
    QString name() const override { return m_name; }
    Outcome findNow(const AuthRequest &request) override
    {
        const QByteArray value = request.header(m_name.toLatin1());
        if (value.isEmpty())
            return {};
        if (value == "bad")
            return {Finding::Known, nullptr, Error(ErrorCode::InvalidToken, u"Bad."_s)};
        if (m_finding == Finding::Ask)
            return {Finding::Ask, nullptr, {}};
        return {Finding::Known, principal(value), {}};
    }
    Call find(const AuthRequest &request, Handler<PrincipalPtr> handler) override
    {
        return later(
            [handler, who = principal(request.header(m_name.toLatin1()))] { handler(who); });
    }

private:
    PrincipalPtr principal(const QByteArray &value) const
    {
        Principal made;
        made.userId = QString::fromUtf8(value);
        made.strategy = m_name;
        return std::make_shared<const Principal>(made);
    }
    QString m_name;
    Finding m_finding;
};

Authenticator make(bool anonymousAllowed = true)
{
    Authenticator::Strategies strategies;
    strategies.push_back(std::make_unique<ByHeader>(u"x-first"_s, Strategy::Finding::Known));
    strategies.push_back(std::make_unique<ByHeader>(u"x-second"_s, Strategy::Finding::Ask));
    return Authenticator(std::move(strategies), anonymousAllowed);
}

AuthRequest request(const Headers &headers)
{
    AuthRequest made;
    made.headers = &headers;
    return made;
}

} // namespace

class tst_Authenticator : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theFirstStrategyThatKnowsDecides()
    {
        Authenticator authenticator = make();
        const Headers headers{{"X-Second", "two"}, {"X-First", "one"}};
        const auto outcome = authenticator.findNow(request(headers));
        QCOMPARE(outcome.finding, Strategy::Finding::Known);
        QCOMPARE(outcome.principal->userId, u"one"_s);
        QCOMPARE(authenticator.names(), QStringList({u"x-first"_s, u"x-second"_s, u"anonymous"_s}));
    }

    void aRefusalIsNotOverruledByALaterStrategy()
    {
        Authenticator authenticator = make();
        const Headers headers{{"X-First", "bad"}, {"X-Second", "two"}};
        const auto outcome = authenticator.findNow(request(headers));
        QCOMPARE(outcome.finding, Strategy::Finding::Known);
        QCOMPARE(outcome.error->code, ErrorCode::InvalidToken);
    }

    void aStrategyThatHasToAskIsAsked()
    {
        Authenticator authenticator = make();
        PrincipalPtr found;
        Call call;
        {
            const Headers headers{{"X-Second", "two"}};
            QCOMPARE(authenticator.findNow(request(headers)).finding, Strategy::Finding::Ask);
            call = authenticator.find(request(headers),
                                      [&](Result<PrincipalPtr> result) { found = *result; });
        }
        QVERIFY(!found);
        QTRY_VERIFY(found);
        QCOMPARE(found->userId, u"two"_s);
    }

    void withoutCredentialsTheCallerIsAnonymousOrRefused()
    {
        const Headers none;
        Authenticator open = make();
        QCOMPARE(open.findNow(request(none)).principal, anonymous());
        Authenticator closed = make(false);
        QCOMPARE(closed.findNow(request(none)).error->code, ErrorCode::Unauthorized);
        std::optional<Error> error;
        const Call call = closed.find(request(none),
                                      [&](Result<PrincipalPtr> result) { error = result.error(); });
        QTRY_VERIFY(error);
    }

    void headersAndCookiesAreFound()
    {
        const Headers headers{{"Cookie", "a=1; b=\"two\" ;c"},
                              {"cookie", "d=x=y; a=other"},
                              {"X-Twice", "1"},
                              {"x-twice", "2"}};
        const AuthRequest asked = request(headers);
        QCOMPARE(asked.header("x-TWICE"), "1");
        QCOMPARE(asked.count("X-Twice"), 2);
        QCOMPARE(asked.count("X-Thrice"), 0);
        QCOMPARE(asked.cookie("a"), "1");
        QCOMPARE(asked.cookie("b"), "two");
        QCOMPARE(asked.cookie("c"), QByteArray());
        QCOMPARE(asked.cookie("d"), "x=y");
        QCOMPARE(asked.cookie("A"), QByteArray());
    }
};

QTEST_GUILESS_MAIN(tst_Authenticator)
#include "tst_authenticator.moc"
