// SPDX-License-Identifier: GPL-3.0-or-later
// What it costs to know who is calling, without HTTP around it: one line of JSON with microseconds.
//
//     bench-auth [count]
#include "server/auth/strategies.h"
#include "tests/server/auth/fakeissuer.h"

#include <QtCore/QCoreApplication>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

using namespace bridge;
using namespace bridge::auth;
using namespace bridge::test;

namespace {

using Headers = QList<std::pair<QByteArray, QByteArray>>;
using Nanoseconds = std::chrono::nanoseconds;

/// What a browser or a client library sends besides.
Headers withToken(const QByteArray &token)
{
    Headers headers{{"Host", "bridge.example"},
                    {"User-Agent", "bench/1.0"},
                    {"Accept", "*/*"},
                    {"Accept-Encoding", "gzip, deflate"},
                    {"Content-Type", "application/json"},
                    {"Content-Length", "54"},
                    {"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}};
    if (!token.isEmpty())
        headers.append({"Authorization", QByteArray("Bearer " + token)});
    return headers;
}

QByteArray newToken(const SigningKey &key, const QString &alg, const FakeIssuer &idp, int number)
{
    return key.token(alg, idp.claims({{"sub"_L1, u"user-%1"_s.arg(number)},
                                      {"email"_L1, "user@example.com"_L1},
                                      {"groups"_L1, QJsonArray{"/engineering"_L1, "/ops"_L1}},
                                      {"scope"_L1, "openid profile email"_L1}}));
}

struct Times {
    double p50 = 0;
    double p99 = 0;
};

Times timesOf(std::vector<Nanoseconds> &taken)
{
    std::sort(taken.begin(), taken.end());
    const auto at = [&](double part) {
        return double(taken[size_t(double(taken.size() - 1) * part)].count()) / 1000;
    };
    return {at(0.5), at(0.99)};
}

template <typename Ask>
Times measure(int count, Ask ask)
{
    std::vector<Nanoseconds> taken;
    for (int i = 0; i < count; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        const bool isKnown = ask(i);
        taken.push_back(std::chrono::steady_clock::now() - begin);
        if (!isKnown)
            std::exit(1);
    }
    return timesOf(taken);
}

void print(const char *name, const Times &times, const char *end = ",")
{
    std::printf("\"%s\":{\"p50_us\":%.3f,\"p99_us\":%.3f}%s", name, times.p50, times.p99, end);
}

struct Bench {
    FakeIssuer idp;
    std::shared_ptr<TokenVerifier> verifier;
    std::unique_ptr<Authenticator> authenticator;

    explicit Bench(const SigningKey &key)
    {
        idp.now = Clock().wall();
        idp.keys = {key};
        AuthOptions options;
        options.verifier = idp.verifierOptions();
        options.adminToken = "0123456789abcdef0123456789abcdef";
        options.strategies = {u"admin-token"_s, u"bearer"_s};
        verifier = std::make_shared<TokenVerifier>(options.verifier, idp.fetch());
        authenticator =
            std::make_unique<Authenticator>(std::move(*makeStrategies(options, verifier)));
    }

    bool isKnown(const Headers &headers)
    {
        AuthRequest request;
        request.headers = &headers;
        return authenticator->findNow(request).principal != nullptr;
    }
};

/// Each token for the first time, the issuer's keys being there.
Times firstChecks(const QString &alg, int count)
{
    const SigningKey key = SigningKey::forAlgorithm(alg);
    Bench bench(key);
    if (!verdict(*bench.verifier, newToken(key, alg, bench.idp, -1)).ok())
        std::exit(1);
    std::vector<Headers> requests;
    for (int i = 0; i < count; ++i)
        requests.push_back(withToken(newToken(key, alg, bench.idp, i)));
    return measure(count, [&](int i) { return bench.isKnown(requests[size_t(i)]); });
}

} // namespace

int main(int argc, char **argv)
{
    const QCoreApplication application(argc, argv);
    const int count = argc > 1 ? std::atoi(argv[1]) : 20'000;
    const SigningKey key = SigningKey::forAlgorithm(u"RS256"_s);
    Bench bench(key);
    const QByteArray token = newToken(key, u"RS256"_s, bench.idp, 0);
    if (!verdict(*bench.verifier, token).ok())
        return 1;
    const Headers anonymous = withToken({});
    const Headers known = withToken(token);
    std::printf("{");
    print("anonymous", measure(count, [&](int) { return bench.isKnown(anonymous); }));
    print("cached", measure(count, [&](int) { return bench.isKnown(known); }));
    for (const char *alg : {"RS256", "ES256", "EdDSA"})
        print(alg, firstChecks(QString::fromLatin1(alg), std::max(10, count / 20)));
    std::printf("\"token_bytes\":%lld}\n", static_cast<long long>(token.size()));
    return 0;
}
