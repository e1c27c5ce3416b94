// SPDX-License-Identifier: GPL-3.0-or-later
// RFC 8725 as a table: tokens somebody made to get in, for every family of algorithms.
#include "tests/server/auth/fakeissuer.h"

#include <QtCore/QJsonArray>
#include <QtTest/QTest>

using namespace bridge;
using namespace bridge::test;

namespace {

struct Attack {
    const char *name;
    std::function<QByteArray(const FakeIssuer &, const SigningKey &, const QString &alg)> make;
    ErrorCode code = ErrorCode::InvalidToken;
};

QByteArray json(const QJsonObject &object)
{
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

QByteArray headerOf(const QString &alg, const QByteArray &more = {})
{
    return "{\"alg\":\"" + alg.toLatin1() + "\",\"kid\":\"k1\"" + more + "}";
}

/// A good signature over good claims, with a header that has \a member.
Attack withHeader(const char *name, const QJsonObject &member)
{
    return {name, [member](const FakeIssuer &idp, const SigningKey &key, const QString &alg) {
                return key.token(alg, idp.claims(), member);
            }};
}

/// A good signature over claims that are not.
Attack withClaims(const char *name, std::function<QJsonObject(const FakeIssuer &)> changes,
                  ErrorCode code = ErrorCode::InvalidToken)
{
    return {name,
            [changes](const FakeIssuer &idp, const SigningKey &key, const QString &alg) {
                return key.token(alg, idp.claims(changes(idp)));
            },
            code};
}

/// A good signature over a payload as it is.
Attack withPayload(const char *name, std::function<QByteArray(const QByteArray &good)> change)
{
    return {name, [change](const FakeIssuer &idp, const SigningKey &key, const QString &alg) {
                return key.token(alg, headerOf(alg), change(json(idp.claims())));
            }};
}

/// A good token, broken.
Attack broken(const char *name, std::function<QByteArray(QByteArray good)> change)
{
    return {name, [change](const FakeIssuer &idp, const SigningKey &key, const QString &alg) {
                return change(key.token(alg, idp.claims()));
            }};
}

QList<QByteArray> parts(const QByteArray &token)
{
    return token.split('.');
}

QList<Attack> forgeries()
{
    using Idp = const FakeIssuer &;
    using Key = const SigningKey &;
    using Alg = const QString &;
    const auto unsignedAs = [](const QByteArray &alg) {
        return [alg](Idp idp, Key, Alg) -> QByteArray {
            return base64Url("{\"alg\":\"" + alg + "\",\"kid\":\"k1\"}") + '.'
                   + base64Url(json(idp.claims())) + '.';
        };
    };
    return {
        {"alg none", unsignedAs("none")},
        {"alg None", unsignedAs("None")},
        {"alg nOnE", unsignedAs("nOnE")},
        {"no alg at all", unsignedAs("")},
        {"none with the signature of another token",
         [](Idp idp, Key key, Alg alg) -> QByteArray {
             return base64Url("{\"alg\":\"none\",\"kid\":\"k1\"}") + '.'
                    + base64Url(json(idp.claims())) + '.' + parts(key.token(alg, idp.claims()))[2];
         }},
        {"HS256 with the public key",
         [](Idp idp, Key key, Alg) -> QByteArray {
             const QByteArray input =
                 base64Url(headerOf(u"HS256"_s)) + '.' + base64Url(json(idp.claims()));
             return input + '.' + base64Url(hmac(key.pem(), input));
         }},
        {"HS256 with an empty secret",
         [](Idp idp, Key, Alg) -> QByteArray {
             const QByteArray input =
                 base64Url(headerOf(u"HS256"_s)) + '.' + base64Url(json(idp.claims()));
             return input + '.' + base64Url(hmac("", input));
         }},
        {"another key under our kid",
         [](Idp idp, Key, Alg alg) {
             return SigningKey::forAlgorithm(alg).token(alg, idp.claims());
         }},
        {"another key under its own kid",
         [](Idp idp, Key, Alg alg) {
             return SigningKey::forAlgorithm(alg, u"evil"_s).token(alg, idp.claims());
         }},
        {"another key without kid",
         [](Idp idp, Key, Alg alg) {
             return SigningKey::forAlgorithm(alg).token(alg, "{\"alg\":\"" + alg.toLatin1() + "\"}",
                                                        json(idp.claims()));
         }},
        {"another key brought as jwk",
         [](Idp idp, Key, Alg alg) {
             const SigningKey own = SigningKey::forAlgorithm(alg);
             return own.token(alg, idp.claims(), {{"jwk"_L1, own.jwk()}});
         }},
        {"header of another algorithm",
         [](Idp idp, Key key, Alg alg) -> QByteArray {
             const QString other = alg == "RS256"_L1 ? u"PS256"_s : u"RS256"_s;
             const QByteArray input =
                 base64Url(headerOf(other)) + '.' + base64Url(json(idp.claims()));
             return input + '.' + base64Url(key.sign(alg, input));
         }},
    };
}

QList<Attack> headers()
{
    return {
        withHeader("jku", {{"jku"_L1, "https://evil.example/jwks.json"_L1}}),
        withHeader("x5u", {{"x5u"_L1, "https://evil.example/cert.pem"_L1}}),
        withHeader("own jwk", {{"jwk"_L1, QJsonObject{{"kty"_L1, "oct"_L1}}}}),
        withHeader("crit", {{"crit"_L1, QJsonArray{"exp"_L1}}}),
        withHeader("unencoded payload", {{"b64"_L1, false}, {"crit"_L1, QJsonArray{"b64"_L1}}}),
        withHeader("typ of a logout token", {{"typ"_L1, "logout+jwt"_L1}}),
        withHeader("typ that is no text", {{"typ"_L1, 7}}),
        withHeader("kid with a path", {{"kid"_L1, "../../dev/null"_L1}}),
        withHeader("kid with SQL", {{"kid"_L1, "x' UNION SELECT 'a"_L1}}),
        withHeader("kid that is no text", {{"kid"_L1, 1}}),
        {"alg twice",
         [](const FakeIssuer &idp, const SigningKey &key, const QString &alg) {
             return key.token(alg, headerOf(alg, ",\"alg\":\"" + alg.toLatin1() + "\""),
                              json(idp.claims()));
         }},
        {"header is an array",
         [](const FakeIssuer &idp, const SigningKey &key, const QString &alg) {
             return key.token(alg, QByteArray("[]"), json(idp.claims()));
         }},
    };
}

QList<Attack> claims()
{
    const auto expired = [](const FakeIssuer &idp) {
        return QJsonObject{{"exp"_L1, idp.seconds() - 31}};
    };
    const auto just = [](const QString &name, const QJsonValue &value) {
        return [name, value](const FakeIssuer &) { return QJsonObject{{name, value}}; };
    };
    const auto future = [](const QString &name) {
        return [name](const FakeIssuer &idp) { return QJsonObject{{name, idp.seconds() + 60}}; };
    };
    return {
        withClaims("expired", expired, ErrorCode::TokenExpired),
        withClaims("no exp", just(u"exp"_s, QJsonValue::Null)),
        withClaims("exp as text", just(u"exp"_s, u"1900000000"_s)),
        withClaims("exp beyond all time", just(u"exp"_s, 1e300)),
        withClaims("negative exp", just(u"exp"_s, -1)),
        withClaims("exp in a list", just(u"exp"_s, QJsonArray{1'900'000'000})),
        withClaims("nbf in the future", future(u"nbf"_s)),
        withClaims("iat in the future", future(u"iat"_s)),
        withClaims("nbf as text", just(u"nbf"_s, u"1"_s)),
        withClaims("wrong issuer", just(u"iss"_s, u"https://idp.example/realms/other"_s)),
        withClaims("issuer with a slash more",
                   just(u"iss"_s, u"https://idp.example/realms/test/"_s)),
        withClaims("issuer in a list",
                   just(u"iss"_s, QJsonArray{u"https://idp.example/realms/test"_s})),
        withClaims("no issuer", just(u"iss"_s, QJsonValue::Null)),
        withClaims("wrong audience", just(u"aud"_s, u"another-api"_s)),
        withClaims("wrong audiences", just(u"aud"_s, QJsonArray{u"a"_s, u"BRIDGE"_s})),
        withClaims("no audience", just(u"aud"_s, QJsonValue::Null)),
        withClaims("audience in an object", just(u"aud"_s, QJsonObject{{"bridge"_L1, 1}})),
        withClaims("no subject and no name", just(u"sub"_s, QJsonValue::Null)),
        withClaims("numeric subject", just(u"sub"_s, 7)),
        withClaims("subject in an object", just(u"sub"_s, QJsonObject{{"$ne"_L1, 1}})),
        withPayload("sub twice",
                    [](const QByteArray &good) {
                        return QByteArray(good.chopped(1) + ",\"sub\":\"admin\"}");
                    }),
        withPayload("sub twice, once escaped",
                    [](const QByteArray &good) {
                        return QByteArray(good.chopped(1) + ",\"\\u0073ub\":\"admin\"}");
                    }),
        withPayload("a member twice further down",
                    [](const QByteArray &good) {
                        return QByteArray(good.chopped(1)
                                          + ",\"realm_access\":{\"roles\":[],\"roles\":[\"a\"]}}");
                    }),
        withPayload("text after the object",
                    [](const QByteArray &good) { return QByteArray(good + "{}"); }),
        withPayload("a NUL after the object",
                    [](const QByteArray &good) { return QByteArray(good + '\0'); }),
        withPayload("bad UTF-8",
                    [](const QByteArray &good) {
                        return QByteArray(good.chopped(1) + ",\"n\":\"\xff\xfe\"}");
                    }),
        withPayload("a list", [](const QByteArray &good) { return QByteArray("[" + good + "]"); }),
        withPayload("nothing", [](const QByteArray &) { return QByteArray(); }),
        withPayload("deep nesting",
                    [](const QByteArray &good) {
                        return QByteArray(good.chopped(1) + ",\"d\":" + QByteArray(2000, '[')
                                          + QByteArray(2000, ']') + "}");
                    }),
    };
}

QList<Attack> spellings()
{
    return {
        broken("signature flipped",
               [](QByteArray good) {
                   const qsizetype at = good.lastIndexOf('.') + 3;
                   good[at] = good[at] == 'A' ? 'B' : 'A';
                   return good;
               }),
        broken("signature cut off", [](const QByteArray &good) { return good.chopped(4); }),
        broken("signature gone",
               [](const QByteArray &good) { return good.first(good.lastIndexOf('.') + 1); }),
        broken("two parts only",
               [](const QByteArray &good) { return good.first(good.lastIndexOf('.')); }),
        broken("four parts", [](const QByteArray &good) { return QByteArray(good + ".AAAA"); }),
        broken("five parts, as if encrypted",
               [](const QByteArray &good) { return QByteArray(good + ".AAAA.AAAA"); }),
        broken("padding", [](const QByteArray &good) { return QByteArray(good + "=="); }),
        broken("a line break", [](const QByteArray &good) { return QByteArray(good + "\n"); }),
        broken("a space before", [](const QByteArray &good) { return QByteArray(" " + good); }),
        broken("a letter that is not in the alphabet",
               [](QByteArray good) {
                   good[good.indexOf('.') + 2] = '+';
                   return good;
               }),
        broken("payload of another token",
               [](const QByteArray &good) {
                   const auto pieces = parts(good);
                   return QByteArray(pieces[0] + '.' + base64Url("{\"sub\":\"admin\"}") + '.'
                                     + pieces[2]);
               }),
        broken("only dots", [](const QByteArray &) { return QByteArray(".."); }),
        broken("no token at all", [](const QByteArray &) { return QByteArray("garbage"); }),
        {"20 KB of claims",
         [](const FakeIssuer &idp, const SigningKey &key, const QString &alg) {
             return key.token(alg, idp.claims({{"x"_L1, QString(20'000, u'x')}}));
         }},
        broken(
            "a megabyte",
            [](const QByteArray &good) { return QByteArray(good + QByteArray(1024 * 1024, 'A')); }),
    };
}

} // namespace

class tst_JwtAttacks : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyAttackIsRefused_data()
    {
        QTest::addColumn<QString>("alg");
        for (const char *alg : {"RS256", "PS384", "ES256", "ES512", "EdDSA"})
            QTest::newRow(alg) << QString::fromLatin1(alg);
    }

    void everyAttackIsRefused()
    {
        QFETCH(QString, alg);
        const SigningKey key = SigningKey::forAlgorithm(alg);
        const QList<Attack> attacks = forgeries() + headers() + claims() + spellings();
        QVERIFY(attacks.size() > 60);
        for (const Attack &attack : attacks) {
            FakeIssuer idp;
            idp.keys = {key};
            idp.usual = {{"aud"_L1, "bridge"_L1}};
            auto options = idp.verifierOptions();
            options.issuers[0].audiences = {u"bridge"_s};
            auth::TokenVerifier verifier(options, idp.fetch(), idp.clock());
            QVERIFY2(verdict(verifier, key.token(alg, idp.claims())).ok(), attack.name);
            const QByteArray token = attack.make(idp, key, alg);
            const auto found = verdict(verifier, token);
            QVERIFY2(!found.ok(), attack.name);
            if (attack.code != ErrorCode::InvalidToken)
                QCOMPARE(found.error().code, attack.code);
            QVERIFY2(httpStatus(found.error()) == 401, attack.name);
            QVERIFY2(!found.error().message.contains(QString::fromLatin1(token.left(40))),
                     attack.name);
            // Nobody was asked for anything but the keys, and at most twice.
            QCOMPARE(qsizetype(idp.asked("/certs"_L1)), idp.seen.size());
            QVERIFY2(idp.seen.size() <= 2, attack.name);
        }
    }
};

QTEST_GUILESS_MAIN(tst_JwtAttacks)
#include "tst_jwtattacks.moc"
