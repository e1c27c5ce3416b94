// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/signin.h"

#include "common/mcp/rawjson.h"

#include <QtCore/QCryptographicHash>
#include <QtCore/QJsonArray>

using namespace Qt::StringLiterals;

namespace bridge::gateway {

namespace {

constexpr int kUrlElicitationRequired = -32042;

bool opensAddresses(const ClientProfile &profile)
{
    return profile.revision >= "2025-11-25"_L1
           && profile.capabilities["elicitation"_L1].toObject().contains("url"_L1);
}

QString wish(const Error &error)
{
    const QString server = error.extra["server"_L1].toString();
    return u"MCP server \"%1\" is used with an account of your own. Sign in there to go on."_s.arg(
        server);
}

} // namespace

QString signInAddress(const Error &error)
{
    return error.code == ErrorCode::NotConnected ? error.extra["authorization_url"_L1].toString()
                                                 : QString();
}

std::optional<QByteArray> signInRequest(const Error &error, const QString &method,
                                        const ClientProfile &profile)
{
    const QString address = signInAddress(error);
    const bool mayAsk =
        method == "tools/call"_L1 || method == "prompts/get"_L1 || method == "resources/read"_L1;
    if (address.isEmpty() || !mayAsk || profile.era != mcp::Era::Modern || !opensAddresses(profile))
        return std::nullopt;
    const QJsonObject params{
        {"mode"_L1, u"url"_s}, {"url"_L1, address}, {"message"_L1, wish(error)}};
    const QJsonObject request{{"method"_L1, u"elicitation/create"_s}, {"params"_L1, params}};
    return mcp::compact(QJsonObject{{"resultType"_L1, u"input_required"_s},
                                    {"inputRequests"_L1, QJsonObject{{"sign_in"_L1, request}}}});
}

Error withSignIn(Error error, const ClientProfile &profile)
{
    const QString address = signInAddress(error);
    if (address.isEmpty())
        return error;
    if (profile.era == mcp::Era::Modern || !opensAddresses(profile)) {
        error.message = wish(error) + u" Open "_s + address;
        error.detail = QJsonObject{{"authorization_url"_L1, address}};
        return error;
    }
    const QByteArray id =
        QCryptographicHash::hash(address.toUtf8(), QCryptographicHash::Sha256).toHex().first(32);
    const QJsonObject one{{"mode"_L1, u"url"_s},
                          {"elicitationId"_L1, QString::fromLatin1(id)},
                          {"url"_L1, address},
                          {"message"_L1, wish(error)}};
    error.rpcCode = kUrlElicitationRequired;
    error.message = wish(error);
    error.detail = QJsonObject{{"elicitations"_L1, QJsonArray{one}}};
    return error;
}

} // namespace bridge::gateway
