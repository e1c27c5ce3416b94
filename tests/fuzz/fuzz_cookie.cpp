// SPDX-License-Identifier: GPL-3.0-or-later
// Header fields as requests bring them: cookies, bearer tokens, names in any case. A line is one
// field, `name: value`.
#include "server/auth/tokenstrategy.h"
#include "tests/fuzz/target.h"

using namespace bridge::auth;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const QByteArray input(reinterpret_cast<const char *>(data), qsizetype(size));
    QList<std::pair<QByteArray, QByteArray>> headers;
    const QList<QByteArray> lines = input.split('\n');
    for (const QByteArray &line : lines) {
        const qsizetype colon = line.indexOf(':');
        if (colon >= 0)
            headers.append({line.first(colon), line.sliced(colon + 1)});
    }
    AuthRequest request;
    request.headers = &headers;
    for (const QByteArray &name : {QByteArray("session"), QByteArray("a"), QByteArray()}) {
        const QByteArray value = request.cookie(name);
        promise(!value.contains(';'));
        promise(value.isEmpty() || input.contains(value));
    }
    const auto token = bearerToken(request.header("authorization"));
    promise(!token || input.contains(*token));
    promise(request.count("cookie") <= headers.size());
    return 0;
}

std::vector<std::string> seeds()
{
    return {"Cookie: a=1; session=\"two\"; b", "cookie:session=x=y;;=;a",
            "Authorization: Bearer abc.def.ghi\nCOOKIE: a=b", "Authorization: bearer  \nCookie:"};
}
