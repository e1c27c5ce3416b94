// SPDX-License-Identifier: GPL-3.0-or-later
// Addresses that strangers choose: where browsers are sent, which hosts documents may lead to.
#include "server/auth/issuermetadata.h"
#include "server/egress/guardedclient.h"
#include "server/http/clientaddress.h"
#include "server/login/returnpath.h"
#include "tests/fuzz/target.h"

using namespace bridge;
using namespace Qt::StringLiterals;

namespace {

void browsersStayHere(const QString &text)
{
    const QString path = login::safeReturnPath(text, u"/fallback"_s);
    promise(path.startsWith(u'/') && !path.startsWith("//"_L1) && !path.contains(u'\\'));
    const QUrl here(u"https://bridge.example/oauth/callback"_s);
    const QUrl there = here.resolved(QUrl(path));
    promise(!there.isValid() || (there.host() == here.host() && there.scheme() == here.scheme()));
    for (const QChar c : path)
        promise(c.unicode() > 0x20 && c.unicode() != 0x7f);
}

void trustEndsWithTheOrigin(const QString &text)
{
    const QUrl origin(u"https://idp.example/realms/a"_s);
    const QUrl url(text, QUrl::StrictMode);
    if (egress::trustIn(url, origin, egress::Trust::Configured) == egress::Trust::Configured)
        promise(url.scheme() == "https"_L1 && url.host() == "idp.example"_L1
                && url.port(443) == 443);
    const QList<QUrl> places = auth::metadataUrls(text);
    for (const QUrl &place : places)
        promise(!place.isValid() || place.host() == url.host());
}

/// RFC 1918, loopback and link-local, told by their numbers.
bool isInward(quint32 address)
{
    return (address >> 24) == 10 || (address >> 24) == 127 || (address >> 16) == 0xc0a8
           || (address >> 16) == 0xa9fe || (address >> 20) == 0xac1 || address == 0;
}

void inwardAddressesAreNotPublic(const QString &text)
{
    const QHostAddress address(text);
    bool isIpv4 = false;
    const quint32 number = address.toIPv4Address(&isIpv4); // also of v4-mapped ones
    if (isIpv4 && isInward(number))
        promise(!egress::isPublic(address));
    if (const auto networks = Networks::from({text}))
        promise(!networks->isEmpty());
}

/// Said by a proxy, perhaps only passed on by it.
void clientsHavePlainAddresses(const QByteArray &text)
{
    static const Networks proxies = *Networks::from({u"10.0.0.0/8"_s});
    http::Request request;
    request.peer = QHostAddress(u"10.0.0.1"_s);
    request.headers = {{"X-Forwarded-For"_ba, text}};
    const QHostAddress client = http::clientAddress(request, proxies);
    promise(!client.isNull() && client.scopeId().isEmpty() && client == plainAddress(client));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const QString text = QString::fromUtf8(reinterpret_cast<const char *>(data), qsizetype(size));
    browsersStayHere(text);
    trustEndsWithTheOrigin(text);
    inwardAddressesAreNotPublic(text);
    clientsHavePlainAddresses(QByteArray(reinterpret_cast<const char *>(data), qsizetype(size)));
    return 0;
}

std::vector<std::string> seeds()
{
    return {"/docs?a=b#c",
            "//evil.example/",
            "/%2f/evil.example",
            "/\\evil.example",
            "https:/x",
            "https://idp.example/realms/a",
            "https://idp.example:443@evil/",
            "http://[::1]:80/",
            "10.0.0.1",
            "::ffff:127.0.0.1",
            "169.254.169.254",
            "10.0.0.0/8",
            "198.51.100.1:4711, [::1]:80, 10.0.0.2,",
            "/\t/evil",
            "/a/../..//x"};
}
