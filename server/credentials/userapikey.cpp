// SPDX-License-Identifier: GPL-3.0-or-later
// API keys of users from an internal store (contract §7.6). Fails closed: no key means no
// credential at all, neither the shared one nor the caller's (weaknesses S9, S16).
#include "server/credentials/provider.h"
#include "server/credentials/wire.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace bridge::credentials {

namespace {

QString store()
{
    return u"The store of API keys"_s;
}

Error missing(const Ask &ask)
{
    return {ErrorCode::NotConnected,
            u"No API key is stored for you and the connection \"%1\". Add one there, then call "
            "again."_s.arg(ask.auth.connection)};
}

bool isSegment(const QString &text)
{
    // Percent-encoding does not hide these from whoever cleans paths up.
    return !text.isEmpty() && text != "."_L1 && text != ".."_L1 && text.size() <= 320;
}

bool isAllowedClient(const auth::Principal &caller, const QStringList &clients)
{
    const QJsonValue audience = caller.claims["aud"_L1];
    const auto isListed = [&clients](const QJsonValue &one) {
        return one.isString() && clients.contains(one.toString());
    };
    const QJsonArray several = audience.toArray();
    return isListed(caller.claims["azp"_L1]) || isListed(audience)
           || std::any_of(several.begin(), several.end(), isListed);
}

/// Whether \a verified, the claim email_verified, keeps an address from counting. Some providers
/// write true as text. Others leave it out where users, or owners of another tenant, write any
/// address they like (Entra ID), so only the operator can know that theirs are checked.
bool isDoubtful(const QJsonValue &verified, bool takesUnsaid)
{
    if (verified.isUndefined() || verified.isNull())
        return !takesUnsaid;
    return verified != QJsonValue(true) && verified != QJsonValue(u"true"_s);
}

/// Why the store must not be asked by what \a caller is called. People choose user names, and
/// addresses nobody has checked, as they like; and another issuer's word counts for its own people
/// only.
std::optional<Error> nameObjection(const auth::Principal &caller, const BrokerSettings &settings)
{
    if (!settings.primaryIssuer.isEmpty() && caller.issuer != settings.primaryIssuer)
        return Error(ErrorCode::InvalidToken,
                     u"Stored API keys are for users of the bridge's own identity provider, and "
                     "the access token comes from another issuer. Log in there."_s);
    if (!isSegment(caller.email))
        return Error(ErrorCode::InvalidToken,
                     u"The access token does not name an e-mail address, by which API keys are "
                     "stored. Use one with the scope email."_s);
    const bool isEmail = caller.claims["email"_L1].toString() == caller.email;
    if (!isEmail && !settings.keysByUsername)
        return Error(ErrorCode::InvalidToken,
                     u"The access token names a user name but no e-mail address, by which API keys "
                     "are stored. Use one with the scope email, or ask the operator for "
                     "USER_API_KEY_ALLOW_USERNAME."_s);
    if (isEmail && isDoubtful(caller.claims["email_verified"_L1], settings.keysByUnsaidEmail))
        return Error(ErrorCode::InvalidToken,
                     u"The identity provider does not say that your e-mail address, by which API "
                     "keys are stored, was verified. Confirm the address there, then log in again, "
                     "or ask the operator for the claim email_verified or "
                     "USER_API_KEY_ALLOW_UNVERIFIED_EMAIL."_s);
    return std::nullopt;
}

Result<Credential> keyFrom(const Result<httpclient::Response> &outcome, const Ask &ask)
{
    if (!outcome)
        return failed(outcome.error(), store());
    if (outcome->status == 404)
        return missing(ask);
    if (outcome->status == 401 || outcome->status == 403) {
        Error error(ErrorCode::IdpUnavailable,
                    u"The store of API keys does not accept the bridge. Tell the operator to check "
                    "INTERNAL_API_SECRET."_s);
        error.status = 502;
        error.logged["provider_status"_L1] = outcome->status;
        return error;
    }
    if (outcome->status != 200)
        return troubled(outcome->status, store());
    const auto document = QJsonDocument::fromJson(outcome->body);
    if (!document.isObject())
        return unusable(store());
    const QString key = document.object().value("key"_L1).toString().trimmed();
    if (key.isEmpty())
        return missing(ask);
    Credential credential;
    credential.token = key.toUtf8();
    credential.source = u"user-api-key"_s;
    const auto isPlain = [](char c) { return c > ' ' && c <= '~'; };
    if (!std::all_of(credential.token.begin(), credential.token.end(), isPlain))
        return unusable(store());
    return credential;
}

class UserApiKey : public Provider
{
public:
    UserApiKey(const BrokerSettings &settings, Fetch fetch)
        : m_settings(settings)
        , m_fetch(std::move(fetch))
    {
    }

    QString name() const override { return u"user-api-key"_s; }
    bool mayFallBack() const override { return false; }
    std::optional<Error> objection(const Ask &ask) const override;
    Call retrieve(Ask ask, Handler<Credential> handler) override;

private:
    BrokerSettings m_settings;
    Fetch m_fetch;
};

std::optional<Error> UserApiKey::objection(const Ask &ask) const
{
    if (ask.caller->isAnonymous())
        return Error(ErrorCode::Unauthorized,
                     u"MCP server \"%1\" is used with a key of one's own, and the request does not "
                     "tell whose. Send an access token with the request."_s.arg(ask.server));
    if (!ask.caller->isVerified || !isAllowedClient(*ask.caller, m_settings.keyClients))
        return Error(ErrorCode::InvalidToken,
                     u"Stored API keys are not for this client. Use one the operator has listed in "
                     "USER_API_KEY_ALLOWED_CLIENTS."_s);
    if (std::optional<Error> objection = nameObjection(*ask.caller, m_settings))
        return objection;
    if (!isSegment(ask.auth.connection) || m_settings.keyStore.isEmpty()
        || m_settings.keyStoreSecret.isEmpty()) {
        Error error(ErrorCode::IdpUnavailable,
                    u"The store of API keys is not configured. Tell the operator to set "
                    "AUTH_TOKENS_INTERNAL_URL, MCP_CONNECTION_ID and INTERNAL_API_SECRET."_s);
        error.status = 502;
        return error;
    }
    return std::nullopt;
}

Call UserApiKey::retrieve(Ask ask, Handler<Credential> handler)
{
    QString base = m_settings.keyStore.toString(QUrl::FullyEncoded);
    while (base.endsWith(u'/'))
        base.chop(1);
    egress::EgressRequest request;
    // By name: fromEncoded() takes an array or, from Qt 6.7 on, a view; both take no builder.
    const QByteArray address = base.toLatin1() + "/api/internal/connection-key/"
                               + QUrl::toPercentEncoding(ask.caller->email) + '/'
                               + QUrl::toPercentEncoding(ask.auth.connection);
    request.url = QUrl::fromEncoded(address, QUrl::StrictMode);
    request.trust = egress::Trust::Configured;
    request.headers = {{"X-Service-ID", m_settings.serviceName.toUtf8()},
                       {"X-Internal-Secret", m_settings.keyStoreSecret},
                       {"Accept", "application/json"}};
    request.timeout = m_settings.timeout;
    return m_fetch(std::move(request),
                   [ask, handler = std::move(handler)](Result<httpclient::Response> outcome) {
                       handler(keyFrom(outcome, ask));
                   });
}

} // namespace

ProviderPtr userApiKey(const BrokerSettings &settings, Fetch fetch)
{
    return std::make_shared<UserApiKey>(settings, std::move(fetch));
}

} // namespace bridge::credentials
