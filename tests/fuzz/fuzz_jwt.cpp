// SPDX-License-Identifier: GPL-3.0-or-later
// The first byte says whether the rest is a token as it stands, or header and payload of one that
// are encoded here: mutations of base64 alone seldom get further than its decoder.
#include "server/auth/claims.h"
#include "server/auth/jwt.h"
#include "server/auth/tokencheck.h"
#include "tests/fuzz/target.h"

#include <QtCore/QJsonDocument>

using namespace bridge;
using namespace Qt::StringLiterals;

namespace {

QByteArray encoded(const QByteArray &bytes)
{
    return bytes.toBase64(QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals);
}

QByteArray tokenFrom(const QByteArray &input)
{
    if (input.isEmpty() || input.front() != 'J')
        return input.mid(1);
    const qsizetype cut = input.indexOf('\n');
    return encoded(input.mid(1, cut - 1)) + '.'
           + encoded(cut < 0 ? QByteArray() : input.mid(cut + 1)) + ".AAAA";
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const QByteArray token =
        tokenFrom(QByteArray(reinterpret_cast<const char *>(data), qsizetype(size)));
    const auto jwt = auth::parseJwt(token);
    if (!jwt)
        return 0;
    promise(token.size() <= auth::kMaxToken && token.startsWith(jwt->signedText));
    auth::IssuerOptions issuer;
    issuer.issuer = u"https://idp"_s;
    issuer.audiences = {u"bridge"_s};
    const std::chrono::milliseconds now(1'800'000'000'000);
    const bool isTaken = auth::checkClaims(jwt->claims, jwt->type, issuer, now).ok();
    if (isTaken) {
        promise(jwt->claims["iss"_L1].toString() == issuer.issuer);
        promise(jwt->claims["exp"_L1].toDouble() * 1000 + 30'001 > double(now.count()));
    }
    for (const QString &preset : auth::claimPresets()) {
        const auto principal =
            auth::principalFrom(jwt->claims, issuer.issuer, auth::claimRules(preset));
        if (principal) {
            promise(!principal->userId.isEmpty() && !principal->isVerified && !principal->isAdmin);
            promise(principal->owner.startsWith("https://idp#"_L1));
        }
    }
    return 0;
}

std::vector<std::string> seeds()
{
    const QByteArray header = "J{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"k1\"}\n";
    const QByteArray full =
        R"({"iss":"https://idp","sub":"alice","exp":1800000300,"aud":["bridge"],)"
        R"("groups":["/a",null,7],"realm_access":{"roles":["r"]},)"
        R"("resource_access":{"c":{"roles":["x"]}},"scope":"a b"})";
    const QByteArray small =
        R"({"iss":"https://idp","email":"e","exp":1.8e9,"nbf":1,"aud":"bridge"})";
    const QByteArray token =
        "T" + encoded(R"({"alg":"ES256"})") + "." + encoded(R"({"sub":"a"})") + ".AA";
    return {QByteArray(header + full).toStdString(), QByteArray(header + small).toStdString(),
            token.toStdString()};
}
