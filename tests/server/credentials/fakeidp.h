// SPDX-License-Identifier: GPL-3.0-or-later
// An HTTP server that answers as the test says, a broker in front of it, and tokens that nobody
// signed.
#pragma once

#include "server/credentials/broker.h"
#include "tests/common/httpclient/rawserver.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtCore/QUrlQuery>
#include <QtTest/QtTest>

namespace fake {

using namespace Qt::StringLiterals;
using namespace bridge;

inline QByteArray jwt(const QJsonObject &claims)
{
    const auto part = [](const QJsonObject &object) {
        return QJsonDocument(object)
            .toJson(QJsonDocument::Compact)
            .toBase64(QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals);
    };
    return part({{"alg"_L1, "RS256"_L1}}) + '.' + part(claims) + ".c2ln";
}

inline QByteArray jwtUntil(qint64 msecs, const QString &mark = u"x"_s)
{
    return jwt({{"exp"_L1, double(msecs / 1000)}, {"jti"_L1, mark}});
}

inline QByteArray json(const QJsonObject &object)
{
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

inline auth::Principal person(const QString &name, const QByteArray &token)
{
    auth::Principal principal;
    principal.kind = auth::Principal::Kind::User;
    principal.owner = u"https://idp#"_s + name;
    principal.subject = principal.userId = name;
    principal.email = name + u"@example.org"_s;
    principal.clientId = u"app"_s;
    principal.isVerified = true;
    principal.token = token;
    principal.claims = {
        {"azp"_L1, "app"_L1}, {"email"_L1, principal.email}, {"email_verified"_L1, true}};
    return principal;
}

inline auth::PrincipalPtr share(auth::Principal principal)
{
    return std::make_shared<const auth::Principal>(std::move(principal));
}

inline upstream::ServerDefinition childServer(const QString &name = u"files"_s)
{
    upstream::ServerDefinition definition;
    definition.name = name;
    definition.command = {u"server"_s};
    return definition;
}

inline upstream::ServerDefinition remoteServer(const QUrl &url, const QString &name = u"far"_s)
{
    upstream::ServerDefinition definition;
    definition.name = name;
    definition.remote.emplace();
    definition.remote->url = url;
    return definition;
}

/// The fields of a form body, each name once.
inline QMap<QString, QString> form(const RawServer::Seen &seen)
{
    QMap<QString, QString> fields;
    const QJsonObject members = credentials::formMembers(seen.body);
    for (auto it = members.begin(); it != members.end(); ++it)
        fields.insert(it.key(), it.value().toString());
    return fields;
}

/// Keeps the outcome of a call.
template <typename T = credentials::Credential>
struct Caught {
    std::optional<Result<T>> outcome;
    Call call;

    Handler<T> handler()
    {
        return [this](Result<T> result) { outcome.emplace(std::move(result)); };
    }
    bool isOk() const { return outcome && outcome->ok(); }
    QByteArray token() const { return isOk() ? (*outcome)->token : QByteArray(); }
    ErrorCode code() const
    {
        return outcome && !outcome->ok() ? outcome->error().code : ErrorCode::NotImplemented;
    }
    int status() const { return outcome && !outcome->ok() ? httpStatus(outcome->error()) : 200; }
};

class Idp : public RawServer
{
public:
    Idp()
    {
        settings.authBase = QUrl(u"http://127.0.0.1:%1"_s.arg(serverPort()));
        settings.realm = u"inxm"_s;
        settings.clock = [this] { return now; };
        settings.timeout = std::chrono::milliseconds(2'000);
        settings.serviceName = u"bridge"_s;
    }

    credentials::Fetch fetch()
    {
        return [this](egress::EgressRequest request, Handler<httpclient::Response> done) {
            return client.send(std::move(request), std::move(done));
        };
    }
    void make() { broker = std::make_unique<credentials::Broker>(settings, fetch()); }
    /// Answers everything with \a body.
    void answerAll(const QByteArray &body, const QByteArray &status = "200 OK",
                   const QByteArray &type = "application/json")
    {
        handle = [=](const Seen &one) { one.answer(status, type, body); };
    }

    qint64 now = 1'800'000'000'000;
    credentials::BrokerSettings settings;
    egress::GuardedClient client{egress::EgressOptions{}};
    std::unique_ptr<credentials::Broker> broker;
};

} // namespace fake
