// SPDX-License-Identifier: GPL-3.0-or-later
// What issuers publish: key sets, and the documents about themselves.
#include "server/auth/issuermetadata.h"
#include "server/auth/jwks.h"
#include "tests/fuzz/target.h"

using namespace bridge;
using namespace Qt::StringLiterals;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const QByteArray document(reinterpret_cast<const char *>(data), qsizetype(size));
    if (const auto set = auth::parseJwks(document)) {
        promise(set->keys.size() <= 64);
        for (const QString &name : crypto::algorithmNames()) {
            const crypto::Algorithm algorithm = *crypto::algorithmFromName(name);
            const auto candidates = set->candidates({}, algorithm);
            promise(candidates.size() <= 8);
            for (const auth::KeyPtr &key : candidates)
                promise(!key->key.verify(algorithm, "text", QByteArray(256, 'x')));
        }
    }
    const QString issuer = u"https://idp"_s;
    if (const auto metadata = auth::parseIssuerMetadata(document, issuer)) {
        promise(metadata->issuer == issuer);
        for (const QUrl &url : {metadata->jwksUri, metadata->tokenEndpoint})
            promise(url.isEmpty() || url.scheme() == "https"_L1 || url.scheme() == "http"_L1);
    }
    return 0;
}

std::vector<std::string> seeds()
{
    return {
        R"({"keys":[{"kty":"EC","crv":"P-256","kid":"1","use":"sig",)"
        R"("x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
        R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},)"
        R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})",
        R"({"keys":[{"kty":"RSA","e":"AQAB","key_ops":["verify"],"alg":"RS256","n":")"
            + std::string(342, 'v') + "\"}]}",
        R"({"issuer":"https://idp","jwks_uri":"https://idp/certs","scopes_supported":["a",1],)"
        R"("token_endpoint":"https://idp/token","code_challenge_methods_supported":["S256"]})",
    };
}
