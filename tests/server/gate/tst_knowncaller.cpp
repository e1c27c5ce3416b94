// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gate/knowncaller.h"
#include "server/upstream/catalogue.h"
#include "server/upstream/remoteheaders.h"

#include <QtTest/QTest>

using namespace Qt::StringLiterals;
using namespace bridge;
using namespace bridge::gate;

namespace {

auth::PrincipalPtr person(const QString &name)
{
    auto made = std::make_shared<auth::Principal>();
    made->kind = auth::Principal::Kind::User;
    made->owner = u"issuer#"_s + name;
    made->userId = name;
    made->token = name.toUtf8() + "-token";
    made->isVerified = true;
    return made;
}

upstream::ServerDefinition personal()
{
    upstream::ServerDefinition definition;
    definition.name = u"memory"_s;
    definition.command = {u"server"_s, u"/data/{data_path}"_s};
    return definition;
}

} // namespace

class TestKnownCaller : public QObject
{
    Q_OBJECT

    std::shared_ptr<Sources> m_sources;

    upstream::Identity identityOf(const auth::PrincipalPtr &who, const QString &group = {}) const
    {
        upstream::Identity identity;
        identity.owner = who->owner;
        identity.group = group;
        identity.caller = std::make_shared<KnownCaller>(who, m_sources);
        return identity;
    }

private Q_SLOTS:
    void init()
    {
        m_sources = std::make_shared<Sources>();
        m_sources->identifies = true;
        m_sources->placeholders = [](const auth::Principal &who,
                                     const QString &group) -> Result<QMap<QString, QString>> {
            if (group == "foreign"_L1)
                return Error(ErrorCode::Forbidden, u"You are no member."_s);
            return QMap<QString, QString>{
                {u"data_path"_s, group.isEmpty() ? u"u/"_s + who.userId : u"g/"_s + group}};
        };
    }

    void fillsInTheNamesAServerNeeds()
    {
        const auto known = upstream::effectiveFor(identityOf(person(u"alice"_s)), personal());
        QVERIFY(!known.caller);
        QCOMPARE(known.placeholders.value(u"data_path"_s), u"u/alice"_s);
        const auto inGroup =
            upstream::effectiveFor(identityOf(person(u"alice"_s), u"team"_s), personal());
        QCOMPARE(inGroup.placeholders.value(u"data_path"_s), u"g/team"_s);
    }

    void sharesWhatMakesNoDifference()
    {
        upstream::ServerDefinition plain;
        plain.command = {u"server"_s};
        const auto alice = upstream::effectiveFor(identityOf(person(u"alice"_s)), plain);
        QVERIFY(alice.isNeutral());
    }

    void keepsWhoIsNotKnownYetApart()
    {
        // Names cannot be had: he stays unknown, and what is cached for him is nobody else's.
        const auto alice =
            upstream::effectiveFor(identityOf(person(u"alice"_s), u"foreign"_s), personal());
        const auto bob =
            upstream::effectiveFor(identityOf(person(u"bob"_s), u"foreign"_s), personal());
        QVERIFY(alice.caller && !alice.isNeutral());
        QVERIFY(alice.placeholders.isEmpty());
        QVERIFY(upstream::Catalogue::scopeOf(alice) != upstream::Catalogue::scopeOf(bob));
        QVERIFY(!upstream::Catalogue::scopeOf(alice).isEmpty());
    }

    void tellsWhyHeGetsNothing()
    {
        std::optional<Error> told;
        const auto identity = identityOf(person(u"alice"_s), u"foreign"_s);
        const Call call =
            identity.caller->resolve(identity, personal(), [&](Result<upstream::Identity> outcome) {
                if (!outcome)
                    told = outcome.error();
            });
        QTRY_VERIFY(told);
        QCOMPARE(told->code, ErrorCode::Forbidden);
    }

    void passesTheVerifiedTokenAndNoOther()
    {
        upstream::ServerDefinition remote;
        remote.remote.emplace();
        upstream::Identity identity = identityOf(person(u"alice"_s));
        identity.requestHeaders = {{"Authorization"_ba, "Bearer somebody-elses"_ba}};
        QCOMPARE(upstream::effectiveFor(identity, remote).callerToken, "alice-token"_ba);
        identity = identityOf(auth::anonymous());
        identity.requestHeaders = {{"Authorization"_ba, "Bearer unknown"_ba}};
        QCOMPARE(upstream::effectiveFor(identity, remote).callerToken, QByteArray());
        m_sources->identifies = false; // nobody looks at tokens: they go on as they came
        QCOMPARE(upstream::effectiveFor(identity, remote).callerToken, "unknown"_ba);
    }

    void keepsTheBridgesOwnKeysToItself()
    {
        upstream::ServerDefinition remote;
        remote.remote.emplace();
        remote.remote->forward = {u"*"_s};
        upstream::Identity identity = identityOf(person(u"alice"_s));
        identity.requestHeaders = {
            {"X-API-Key"_ba, "key"_ba}, {"X-Admin-Token"_ba, "admin"_ba}, {"X-Other"_ba, "1"_ba}};
        const auto known = upstream::effectiveFor(identity, remote);
        QCOMPARE(known.forwardedHeaders.size(), 1);
        QCOMPARE(known.forwardedHeaders.first().first, "X-Other"_ba);
    }

    void asksForTheCredentialOfTheServer()
    {
        QString asked;
        m_sources->credential = [&](upstream::Identity &identity, const auth::PrincipalPtr &who,
                                    const upstream::ServerDefinition &definition,
                                    const http::Headers &, const auth::Origin &) {
            asked = who->userId + '@'_L1 + definition.name;
            identity.environment.insert(u"TOKEN"_s, u"t"_s);
        };
        const auto known = upstream::effectiveFor(identityOf(person(u"alice"_s)), personal());
        QCOMPARE(asked, u"alice@memory"_s);
        QCOMPARE(known.environment.value(u"TOKEN"_s), u"t"_s);
    }

    void checksGroups()
    {
        const KnownCaller alice(person(u"alice"_s), m_sources);
        QVERIFY(alice.checkGroup({}));
        QVERIFY(alice.checkGroup(u"team"_s));
        QCOMPARE(alice.checkGroup(u"foreign"_s).error().code, ErrorCode::Forbidden);
        m_sources->placeholders = nullptr;
        QCOMPARE(alice.checkGroup(u"else"_s).error().code, ErrorCode::BadRequest);
    }
};

QTEST_GUILESS_MAIN(TestKnownCaller)
#include "tst_knowncaller.moc"
