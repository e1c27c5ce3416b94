// SPDX-License-Identifier: GPL-3.0-or-later
// An identity provider without a network: answers what it is told to, counts what it is asked.
#pragma once

#include "common/async/later.h"
#include "server/auth/tokenverifier.h"
#include "tests/server/auth/minting.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtTest/QTest>

namespace bridge::test {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

struct FakeIssuer {
    QString name = u"https://idp.example/realms/test"_s;
    QList<SigningKey> keys;
    QJsonObject introspected;   ///< answer for every token
    std::optional<Error> error; ///< instead of an answer
    int status = 200;
    QByteArray body; ///< instead of the right one
    QByteArray jwks; ///< instead of the keys
    httpclient::Headers headers;
    QJsonObject usual;    ///< further claims of every good token
    QJsonObject metadata; ///< the document; empty = not there
    QList<egress::EgressRequest> seen;
    std::chrono::milliseconds now{1'800'000'000'000};

    /// Answers like GuardedClient::send().
    auth::Fetch fetch()
    {
        return [this](egress::EgressRequest request, Handler<httpclient::Response> handler) {
            seen.append(request);
            return later([this, request, handler = std::move(handler)] {
                if (error)
                    handler(*error);
                else
                    handler(answerTo(request));
            });
        };
    }

    auth::Clock clock()
    {
        const auto tell = [this] { return now; };
        return {tell, tell};
    }

    auth::IssuerOptions options() const
    {
        auth::IssuerOptions made;
        made.issuer = name;
        made.keycloakRealm = QUrl(name);
        made.claims = auth::claimRules(u"contract"_s);
        for (const QString &alg : crypto::algorithmNames())
            made.algorithms.append(*crypto::algorithmFromName(alg));
        return made;
    }

    auth::VerifierOptions verifierOptions() const
    {
        auth::VerifierOptions made;
        made.issuers = {options()};
        made.unverifiedClaims = auth::claimRules(u"contract"_s);
        return made;
    }

    qint64 seconds() const { return now.count() / 1000; }

    /// Good claims, with \a changes; null removes one.
    QJsonObject claims(const QJsonObject &changes = {}) const
    {
        QJsonObject made{{"iss"_L1, name},
                         {"sub"_L1, "alice"_L1},
                         {"iat"_L1, seconds()},
                         {"exp"_L1, seconds() + 300}};
        for (auto it = usual.begin(); it != usual.end(); ++it)
            made[it.key()] = it.value();
        for (auto it = changes.begin(); it != changes.end(); ++it) {
            if (it.value().isNull())
                made.remove(it.key());
            else
                made[it.key()] = it.value();
        }
        return made;
    }

    int asked(QLatin1StringView end) const
    {
        return int(std::count_if(seen.begin(), seen.end(), [end](const auto &request) {
            return request.url.path().endsWith(end);
        }));
    }

private:
    httpclient::Response answerTo(const egress::EgressRequest &request) const
    {
        httpclient::Response response;
        response.status = status;
        response.headers = headers;
        const QString path = request.url.path();
        if (!body.isEmpty()) {
            response.body = body;
        } else if (path.endsWith("/certs"_L1)) {
            response.body = jwks.isEmpty() ? jwksOf(keys) : jwks;
        } else if (path.endsWith("/introspect"_L1)) {
            response.body = QJsonDocument(introspected).toJson();
        } else if (!metadata.isEmpty()) {
            response.body = QJsonDocument(metadata).toJson();
        } else {
            response.status = 404;
        }
        return response;
    }
};

/// What \a verifier says of \a token in the end.
inline Result<auth::PrincipalPtr> verdict(auth::TokenVerifier &verifier, const QByteArray &token,
                                          auth::Via via = auth::Via::Header)
{
    if (const auto known = verifier.verifyNow(token, via))
        return *known;
    std::optional<Result<auth::PrincipalPtr>> outcome;
    const Call call = verifier.verify(
        token, via, [&](Result<auth::PrincipalPtr> result) { outcome = std::move(result); });
    [[maybe_unused]] const bool came = QTest::qWaitFor([&] { return outcome.has_value(); });
    return outcome ? *outcome
                   : Result<auth::PrincipalPtr>(Error(ErrorCode::Internal, u"no answer"_s));
}

} // namespace bridge::test
