// SPDX-License-Identifier: GPL-3.0-or-later
// What it costs to have the credential a server gets for a caller: one line of JSON with
// microseconds. The token endpoint is in this very process and answers at once, so that a cold
// exchange is the price of the bridge's own work and of HTTP on the loopback.
//
//     bench-exchange [count]
#include "server/credentials/broker.h"
#include "tests/common/httpclient/rawserver.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QEventLoop>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

using namespace bridge;
using namespace Qt::StringLiterals;

namespace {

using Nanoseconds = std::chrono::nanoseconds;

void print(const char *name, std::vector<Nanoseconds> taken, const char *end)
{
    std::sort(taken.begin(), taken.end());
    const auto at = [&](double part) {
        return double(taken[size_t(double(taken.size() - 1) * part)].count()) / 1000;
    };
    std::printf("\"%s\":{\"p50_us\":%.3f,\"p99_us\":%.3f}%s", name, at(0.5), at(0.99), end);
}

auth::PrincipalPtr caller(int number)
{
    auth::Principal principal;
    principal.kind = auth::Principal::Kind::User;
    principal.owner = u"https://idp#user-%1"_s.arg(number);
    principal.clientId = u"app"_s;
    principal.scopes = {u"openid"_s, u"profile"_s, u"email"_s};
    principal.token = QByteArray::number(number) + QByteArray(1'000, 'x');
    principal.expires = QDateTime::currentDateTimeUtc().addSecs(3'600);
    principal.isVerified = true;
    return std::make_shared<const auth::Principal>(std::move(principal));
}

} // namespace

int main(int argc, char **argv)
{
    const QCoreApplication application(argc, argv);
    const int count = argc > 1 ? std::atoi(argv[1]) : 20'000;
    const QByteArray body =
        R"({"access_token":"exchanged","token_type":"Bearer","expires_in":3600})";
    RawServer endpoint;
    endpoint.handle = [&body](const RawServer::Seen &seen) {
        seen.answer("200 OK", "application/json", body);
    };
    egress::GuardedClient client{egress::EgressOptions{}};
    credentials::BrokerSettings settings;
    settings.exchange = true;
    settings.clientId = u"bridge"_s;
    settings.clientSecret = "secret";
    settings.tokenEndpoint = endpoint.url(u"/token"_s);
    credentials::Broker broker(
        settings, [&client](egress::EgressRequest request, Handler<httpclient::Response> done) {
            return client.send(std::move(request), std::move(done));
        });
    upstream::ServerDefinition server;
    server.name = u"far"_s;
    server.auth.environment = u"TOKEN"_s;

    std::vector<Nanoseconds> cold, cached;
    const int exchanges = std::max(10, count / 20);
    for (int i = 0; i < exchanges; ++i) {
        QEventLoop loop;
        bool isFine = false;
        const auto begin = std::chrono::steady_clock::now();
        const Call call =
            broker.credentialFor(caller(i), server, [&](Result<credentials::Credential> outcome) {
                isFine = outcome.ok();
                loop.quit();
            });
        loop.exec();
        cold.push_back(std::chrono::steady_clock::now() - begin);
        if (!isFine)
            return 1;
        endpoint.seen.clear();
    }
    const auth::PrincipalPtr known = caller(0);
    for (int i = 0; i < count; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        upstream::Identity identity;
        broker.attach(identity, known, server);
        const bool isThere = identity.source && identity.source->now();
        cached.push_back(std::chrono::steady_clock::now() - begin);
        if (!isThere)
            return 1;
    }
    std::printf("{");
    print("cached", std::move(cached), ",");
    print("cold", std::move(cold), "}\n");
    return 0;
}
