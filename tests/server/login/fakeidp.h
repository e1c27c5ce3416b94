// SPDX-License-Identifier: GPL-3.0-or-later
// An identity provider as the login sees it, answering from the event loop. "Tokens" are JSON
// claims as they are, access tokens that tell something `jwt.<claims in base64>.`; verify()
// believes all that are not called `forged`.
#pragma once

#include "server/login/surroundings.h"

#include <QtCore/QJsonDocument>
#include <QtCore/QUrlQuery>

namespace bridge::login {

struct FakeIdp {
    Provider provider;
    QJsonObject idClaims{{QStringLiteral("iss"), QStringLiteral("https://idp.example")},
                         {QStringLiteral("sub"), QStringLiteral("alice")}};
    QJsonObject userinfo;
    QJsonObject accessClaims;   ///< empty = access tokens are opaque
    bool repeatsIdToken = true; ///< a refresh brings one as well
    int tokenStatus = 200;
    int userinfoStatus = 200;
    QByteArray tokenError;
    bool isDown = false;
    bool rotatesRefresh = true;
    int life = 300;
    int tokenRequests = 0;
    QList<egress::EgressRequest> requests;

    FakeIdp()
    {
        provider.issuer = QStringLiteral("https://idp.example");
        provider.authorization = QUrl(QStringLiteral("https://idp.example/auth?tenant=1"));
        provider.token = QUrl(QStringLiteral("https://idp.example/token"));
        provider.userinfo = QUrl(QStringLiteral("https://idp.example/userinfo"));
        provider.endSession = QUrl(QStringLiteral("https://idp.example/logout"));
        provider.revocation = QUrl(QStringLiteral("https://idp.example/revoke"));
    }

    QUrlQuery formOf(const QByteArray &path) const
    {
        for (auto it = requests.crbegin(); it != requests.crend(); ++it) {
            if (it->url.path().toLatin1() == path)
                return QUrlQuery(QString::fromLatin1(it->body));
        }
        return {};
    }

    QString accessToken() const
    {
        if (accessClaims.isEmpty())
            return QStringLiteral("access-%1").arg(tokenRequests);
        const QByteArray claims = QJsonDocument(accessClaims).toJson(QJsonDocument::Compact);
        return QStringLiteral("jwt.%1.").arg(QString::fromLatin1(claims.toBase64()));
    }

    Result<httpclient::Response> respond(const egress::EgressRequest &request)
    {
        requests.append(request);
        if (isDown)
            return Error(ErrorCode::UpstreamFailed, QStringLiteral("down"));
        httpclient::Response response;
        response.status = 200;
        QJsonObject body;
        if (request.url == provider.token) {
            ++tokenRequests;
            response.status = tokenStatus;
            if (tokenStatus == 200) {
                body = {{QStringLiteral("access_token"), accessToken()},
                        {QStringLiteral("token_type"), QStringLiteral("bearer")},
                        {QStringLiteral("expires_in"), life}};
                if (repeatsIdToken || tokenRequests == 1)
                    body[QStringLiteral("id_token")] =
                        QString::fromUtf8(QJsonDocument(idClaims).toJson(QJsonDocument::Compact));
                if (rotatesRefresh || tokenRequests == 1)
                    body[QStringLiteral("refresh_token")] =
                        QStringLiteral("refresh-%1").arg(tokenRequests);
            } else {
                body[QStringLiteral("error")] = QString::fromLatin1(tokenError);
            }
        } else if (request.url == provider.userinfo) {
            response.status = userinfoStatus;
            body = userinfo;
        }
        response.body = QJsonDocument(body).toJson();
        return response;
    }

    Surroundings surroundings()
    {
        Surroundings around;
        around.provider = [this](Handler<Provider> handler) {
            return later([this, handler] { handler(provider); });
        };
        around.verify = [](const QByteArray &token, const QString &, Handler<QJsonObject> handler) {
            return later([token, handler] {
                const QByteArray text =
                    token.startsWith("jwt.") ? QByteArray::fromBase64(token.split('.')[1]) : token;
                const QJsonObject claims = QJsonDocument::fromJson(text).object();
                if (claims.isEmpty() || claims.contains(QStringLiteral("forged")))
                    handler(Error(ErrorCode::InvalidToken, QStringLiteral("forged")));
                else
                    handler(claims);
            });
        };
        around.principal = [](const QJsonObject &claims, const QByteArray &access,
                              const QDateTime &expires) -> Result<auth::PrincipalPtr> {
            auto principal = std::make_shared<auth::Principal>();
            principal->kind = auth::Principal::Kind::User;
            principal->issuer = claims[QStringLiteral("iss")].toString();
            principal->subject = claims[QStringLiteral("sub")].toString();
            principal->owner = principal->issuer + u'#' + principal->subject;
            principal->email = claims[QStringLiteral("email")].toString();
            principal->claims = claims;
            principal->token = access;
            principal->expires = expires;
            principal->isVerified = true;
            return auth::PrincipalPtr(principal);
        };
        around.send = [this](egress::EgressRequest request, Handler<httpclient::Response> handler) {
            return later([this, request, handler] { handler(respond(request)); });
        };
        return around;
    }
};

/// Waits for what \a task ends with.
template <typename T>
Result<T> outcomeOf(Task<T> task)
{
    std::optional<Result<T>> outcome;
    const Call call = std::move(task).start([&](Result<T> got) { outcome = std::move(got); });
    if (!QTest::qWaitFor([&] { return outcome.has_value(); }, 5'000))
        return Error(ErrorCode::Internal, QStringLiteral("the task does not end"));
    return *outcome;
}

} // namespace bridge::login
