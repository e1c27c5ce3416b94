// SPDX-License-Identifier: GPL-3.0-or-later
// An MCP server with the authorization server its users sign in at, and a user with a browser.
#pragma once

#include "common/async/later.h"
#include "server/credentials/source.h"
#include "server/credentials/upstreamlogin.h"
#include "tests/server/credentials/fakeidp.h"

namespace fake {

using credentials::Credential;
using credentials::UpstreamLogin;

/// Resource server and authorization server at one address, and a safe in memory.
class Far : public Idp
{
public:
    Far()
    {
        login.publicUrl = QUrl(u"http://127.0.0.1:8000/base"_s);
        login.serviceName = u"bridge"_s;
        login.clock = [this] { return now; };
        origin = u"http://127.0.0.1:%1"_s.arg(serverPort());
        metadata = {{"issuer"_L1, origin},
                    {"authorization_endpoint"_L1, QString(origin + u"/authorize?x=1"_s)},
                    {"token_endpoint"_L1, QString(origin + u"/token"_s)},
                    {"registration_endpoint"_L1, QString(origin + u"/register"_s)},
                    {"revocation_endpoint"_L1, QString(origin + u"/revoke"_s)},
                    {"code_challenge_methods_supported"_L1, QJsonArray{"S256"_L1}},
                    {"token_endpoint_auth_methods_supported"_L1, QJsonArray{"none"_L1}},
                    {"scopes_supported"_L1, QJsonArray{"a"_L1, "offline_access"_L1}}};
        resource = {{"resource"_L1, QString(origin + u"/mcp"_s)},
                    {"authorization_servers"_L1, QJsonArray{origin}},
                    {"scopes_supported"_L1, QJsonArray{"read"_L1, "write"_L1}}};
        handle = [this](const Seen &one) { serve(one); };
        open();
    }
    ~Far() override { handle = nullptr; }

    void open()
    {
        credentials::Safe safe;
        safe.get = [this](credentials::VaultName name,
                          Handler<std::optional<QByteArray>> done) -> Call {
            std::optional<QByteArray> value;
            const auto it = kept.constFind(place(name));
            if (it != kept.constEnd())
                value = *it;
            return later([value, done = std::move(done)] { done(value); });
        };
        safe.put = [this](credentials::VaultName name, QByteArray value,
                          Handler<Nothing> done) -> Call {
            kept.insert(place(name), value);
            return later([done = std::move(done)] { done(Nothing{}); });
        };
        safe.remove = [this](credentials::VaultName name, Handler<bool> done) -> Call {
            const bool was = kept.remove(place(name)) > 0;
            return later([was, done = std::move(done)] { done(was); });
        };
        safe.targets = [this](QString table, QString owner, Handler<QStringList> done) -> Call {
            QStringList names;
            for (const QString &key : kept.keys()) {
                const QStringList parts = key.split(u'|');
                if (parts[0] == table && parts[1] == owner)
                    names.append(parts[2]);
            }
            return later([names, done = std::move(done)] { done(names); });
        };
        flow = std::make_shared<UpstreamLogin>(login, fetch(), safe);
        make();
        broker->setLogin(flow);
    }
    static QString place(const credentials::VaultName &name)
    {
        return name.table + u'|' + name.owner + u'|' + name.target;
    }
    upstream::ServerDefinition server() const
    {
        auto definition = remoteServer(QUrl(origin + u"/mcp"_s));
        definition.auth.provider = u"oauth"_s;
        return definition;
    }
    QList<Seen> posts(const QByteArray &path) const
    {
        QList<Seen> found;
        for (const Seen &one : seen) {
            if (one.line().startsWith(QByteArray("POST " + path)))
                found.append(one);
        }
        return found;
    }

    credentials::LoginSettings login;
    QString origin;
    QJsonObject metadata, resource, registration{{"client_id"_L1, "dyn-1"_L1}};
    QJsonObject tokens{
        {"access_token"_L1, "at-1"_L1}, {"refresh_token"_L1, "rt-1"_L1}, {"expires_in"_L1, 3600}};
    QByteArray tokenStatus = "200 OK";
    QByteArray revokeStatus = "200 OK";
    bool holdsTokens = false; ///< until answerHeld()
    bool holdsResource = false;
    QList<Seen> held, heldResources;
    void answerHeld()
    {
        for (const Seen &one : std::exchange(held, {}))
            one.answer(tokenStatus, "application/json", json(tokens));
        for (const Seen &one : std::exchange(heldResources, {}))
            one.answer("200 OK", "application/json", json(resource));
    }
    QHash<QString, QByteArray> kept;
    std::shared_ptr<UpstreamLogin> flow;

private:
    void serve(const Seen &one)
    {
        const QByteArray path = one.line().split(' ').value(1);
        const bool isResource = path == "/.well-known/oauth-protected-resource/mcp";
        if (isResource && holdsResource)
            heldResources.append(one);
        else if (isResource && !resource.isEmpty())
            one.answer("200 OK", "application/json", json(resource));
        else if (path == "/.well-known/oauth-authorization-server")
            one.answer("200 OK", "application/json", json(metadata));
        else if (path == "/register")
            one.answer("201 Created", "application/json", json(registration));
        else if (path == "/revoke")
            one.answer(revokeStatus, "text/plain", "");
        else if (path == "/token" && holdsTokens)
            held.append(one);
        else if (path == "/token")
            one.answer(tokenStatus, "application/json", json(tokens));
        else
            one.answer("404 Not Found", "text/plain", "");
    }
};

inline QMap<QString, QString> items(const QUrl &url)
{
    QMap<QString, QString> map;
    for (const auto &[name, value] : QUrlQuery(url).queryItems(QUrl::FullyDecoded))
        map.insert(name, value);
    return map;
}

/// What a test of logins does again and again.
class FarTest : public QObject
{
    Q_OBJECT
protected:
    auth::PrincipalPtr alice() const { return share(person(u"alice"_s, "caller-token")); }
    std::optional<Result<Credential>> ask(const upstream::ServerDefinition &server)
    {
        return ask(server, alice());
    }
    std::optional<Result<Credential>> ask(const upstream::ServerDefinition &server,
                                          const auth::PrincipalPtr &who)
    {
        Caught<Credential> caught;
        caught.call = m_far->broker->credentialFor(who, server, caught.handler());
        (void)QTest::qWaitFor([&] { return caught.outcome.has_value(); });
        return caught.outcome;
    }
    /// The ticket of the invitation \a server is answered with.
    QByteArray ticket(const upstream::ServerDefinition &server)
    {
        const auto outcome = ask(server);
        if (!outcome || outcome->ok() || outcome->error().code != ErrorCode::NotConnected)
            return {};
        const QUrl url(outcome->error().extra["authorization_url"_L1].toString());
        return items(url).value(u"ticket"_s).toLatin1();
    }
    std::optional<Result<QString>> finish(UpstreamLogin::Arrival arrival)
    {
        Caught<QString> caught;
        caught.call = m_far->flow->finish(std::move(arrival), caught.handler());
        (void)QTest::qWaitFor([&] { return caught.outcome.has_value(); });
        return caught.outcome;
    }
    UpstreamLogin::Arrival arrivalOf(const UpstreamLogin::Departure &departure)
    {
        UpstreamLogin::Arrival arrival;
        arrival.state = items(departure.address).value(u"state"_s).toLatin1();
        arrival.binding = departure.binding;
        arrival.code = u"the code"_s;
        const QUrl redirect(items(departure.address).value(u"redirect_uri"_s));
        arrival.place = redirect.path().section(u"/oauth/upstream/callback/"_s, 1);
        return arrival;
    }
    bool connectAccount()
    {
        const auto departure = m_far->flow->begin(ticket(m_far->server()));
        if (!departure)
            return false;
        const auto ended = finish(arrivalOf(*departure));
        return ended && ended->ok();
    }

    std::unique_ptr<Far> m_far;
};

} // namespace fake
