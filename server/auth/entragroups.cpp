// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/entragroups.h"

#include "common/async/task.h"
#include "common/json/scan.h"
#include "common/logging/categories.h"
#include "server/auth/clientauth.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>

using namespace Qt::StringLiterals;

namespace bridge::auth {

namespace {

constexpr qsizetype kMostBytes = 1024 * 1024;
constexpr qsizetype kMostGroups = 20'000; // Graph gives no more than 11,000

const QString kNoGraphClient =
    u"A token of %1 leaves out the groups of its user, because there are many, so he is answered "
    "with 403. Set OAUTH_CLIENT_ID and OAUTH_CLIENT_SECRET (client_id and client_secret in "
    "AUTH_ISSUERS) to a client that may ask Microsoft Graph for them, let the application assign "
    "groups to tokens only where they are assigned to it, or set OAUTH_EXTRACT_GROUPS=false when "
    "groups do not matter here."_s;
const QString kNoGraph =
    u"A token of %1 leaves out the groups of its user, and says that they are to be had elsewhere, "
    "so he is answered with 403. If the issuer is Microsoft Entra ID, set "
    "OAUTH_CLAIMS_PRESET=entra (claims_preset in AUTH_ISSUERS), and the bridge asks Microsoft "
    "Graph for them. If groups stand in another claim, name it in OAUTH_GROUPS_CLAIM."_s;

/// \a name is a claim that is not there and to be had elsewhere.
bool isLeftOut(const QJsonObject &claims, const QString &name)
{
    if (claims.contains(name))
        return false;
    const QJsonValue has = claims["hasgroups"_L1];
    return claims["_claim_names"_L1].toObject().contains(name)
           || claims["_claim_sources"_L1].toObject().contains(name)
           || (name == "groups"_L1
               && (has.toBool() || has.toString().compare("true"_L1, Qt::CaseInsensitive) == 0));
}

Error unavailable(const QString &where, const QString &what)
{
    qCWarning(logging::lcAuth).noquote()
        << "The groups of a user are not to be had at" << where + u':' << what;
    Error error(ErrorCode::IdpUnavailable,
                u"You are in so many groups that your access token does not list them, and "
                "Microsoft Graph cannot be asked for them at the moment. Try again later."_s);
    error.extra.insert(u"retry_after"_s, kIdpPauseSeconds);
    return error;
}

Error notAllowed(const QString &where, const QString &what)
{
    qCWarning(logging::lcAuth).noquote()
        << "The groups of a user may not be asked for at" << where + u':' << what
        << "Give the bridge's client the delegated permissions User.Read and GroupMember.Read.All "
           "of Microsoft Graph, with the consent of an administrator.";
    return {ErrorCode::Forbidden,
            u"You are in so many groups that your access token does not list them, and the bridge "
            "may not ask Microsoft Graph for them. Tell whoever runs the bridge."_s};
}

/// Only the error's code: descriptions name people.
QString errorIn(const QByteArray &body)
{
    const QJsonValue error = QJsonDocument::fromJson(body).object()["error"_L1];
    const QString code = error.isObject() ? error["code"_L1].toString() : error.toString();
    return code.left(80);
}

QString statusText(const httpclient::Response &response)
{
    return u"status %1 %2."_s.arg(QString::number(response.status), errorIn(response.body));
}

QUrl below(const QUrl &base, const QString &path)
{
    QString text = base.toString(QUrl::FullyEncoded);
    while (text.endsWith(u'/'))
        text.chop(1);
    return QUrl(text + path);
}

egress::EgressRequest onBehalf(const IssuerOptions &options, const QUrl &url, egress::Trust trust,
                               const QByteArray &token)
{
    QByteArray form;
    addFormField(form, "grant_type", u"urn:ietf:params:oauth:grant-type:jwt-bearer"_s);
    addFormField(form, "assertion", QString::fromLatin1(token));
    addFormField(form, "requested_token_use", u"on_behalf_of"_s);
    addFormField(form, "scope", below(options.graph, u"/.default"_s).toString());
    egress::EgressRequest request;
    request.url = url;
    request.trust = trust;
    request.maxBody = kMostBytes;
    authenticate(request, form, {options.clientId, options.clientSecret},
                 {u"client_secret_post"_s});
    return request;
}

egress::EgressRequest memberObjects(const QUrl &graph, const QString &token)
{
    egress::EgressRequest request;
    request.url = below(graph, u"/v1.0/me/getMemberObjects"_s);
    request.trust = egress::Trust::Configured;
    request.method = "POST";
    request.headers = {{"Authorization", "Bearer " + token.toLatin1()},
                       {"Content-Type", "application/json"},
                       {"Accept", "application/json"}};
    request.body = R"({"securityEnabledOnly":false})";
    request.maxBody = kMostBytes;
    return request;
}

Result<QStringList> groupsIn(const QByteArray &body, const QString &host)
{
    if (!json::members(body, {}))
        return unavailable(host, u"the answer is no JSON object."_s);
    const QJsonObject answer = QJsonDocument::fromJson(body).object();
    const QJsonArray list = answer["value"_L1].toArray();
    // Half of the groups is no answer: a rule may forbid what those in another one may.
    if (!answer["value"_L1].isArray() || answer.contains("@odata.nextLink"_L1)
        || list.size() > kMostGroups)
        return unavailable(host, u"the answer is no full list of groups."_s);
    QStringList groups;
    for (const QJsonValue &entry : list) {
        if (!entry.isString() || entry.toString().isEmpty())
            return unavailable(host, u"the answer lists what are no groups."_s);
        groups.append(entry.toString());
    }
    return groups;
}

/// \a issuer outlives the Call of this.
Task<QStringList> askGraph(Issuer *issuer, Fetch fetch, QByteArray token)
{
    const IssuerOptions options = issuer->options();
    QUrl url = options.entraTokenEndpoint;
    auto trust = egress::Trust::Configured;
    if (url.isEmpty()) {
        const auto discover = [issuer](Handler<IssuerMetadata> done) {
            return issuer->metadata(std::move(done));
        };
        const auto metadata = co_await answer<IssuerMetadata>(discover);
        if (!metadata)
            co_return metadata.error();
        url = metadata->tokenEndpoint;
        trust = Issuer::trustIn(url, *metadata);
    }
    const egress::EgressRequest exchange = onBehalf(options, url, trust, token);
    const auto send = [&](Handler<httpclient::Response> done) {
        return fetch(exchange, std::move(done));
    };
    const auto exchanged = co_await answer<httpclient::Response>(send);
    if (!exchanged)
        co_return unavailable(url.host(), exchanged.error().message);
    if (exchanged->status >= 400 && exchanged->status < 500 && exchanged->status != 429)
        co_return notAllowed(url.host(), statusText(*exchanged));
    const QString own =
        QJsonDocument::fromJson(exchanged->body).object()["access_token"_L1].toString();
    if (exchanged->status != 200 || own.isEmpty())
        co_return unavailable(url.host(), statusText(*exchanged));

    const egress::EgressRequest ask = memberObjects(options.graph, own);
    const auto sendAsk = [&](Handler<httpclient::Response> done) {
        return fetch(ask, std::move(done));
    };
    const auto answered = co_await answer<httpclient::Response>(sendAsk);
    const QString host = options.graph.host();
    if (!answered)
        co_return unavailable(host, answered.error().message);
    if (answered->status == 401 || answered->status == 403)
        co_return notAllowed(host, statusText(*answered));
    if (answered->status != 200)
        co_return unavailable(host, statusText(*answered));
    co_return groupsIn(answered->body, host);
}

} // namespace

bool leavesGroupsOut(const QJsonObject &claims, const ClaimRules &rules)
{
    const QStringList paths = rules.groups + rules.roles;
    return std::any_of(paths.begin(), paths.end(), [&](const QString &path) {
        return isLeftOut(claims, path) || isLeftOut(claims, path.section(u'.', 0, 0));
    });
}

Call entraGroups(Issuer &issuer, const Fetch &fetch, const QByteArray &token,
                 Handler<QStringList> handler)
{
    return askGraph(&issuer, fetch, token).start(std::move(handler));
}

Error unknownGroups(Issuer &issuer)
{
    if (issuer.isFirstToMissGroups())
        qCWarning(logging::lcAuth).noquote()
            << (issuer.options().graph.isEmpty() ? kNoGraph : kNoGraphClient)
                   .arg(issuer.options().issuer);
    return {ErrorCode::Forbidden,
            u"You are in so many groups that your access token does not list them, and the bridge "
            "is not set up to ask Microsoft Graph for them. Tell whoever runs the bridge."_s};
}

} // namespace bridge::auth
