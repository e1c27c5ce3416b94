// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/routes/logindescriptions.h"

#include "server/routes/descriptions.h"

#include <QtCore/QJsonArray>

using namespace Qt::StringLiterals;

namespace bridge::routes::describe {

namespace {

QJsonObject operation(const QString &summary, const QString &description, const QString &status,
                      const QJsonObject &success, const QList<int> &errors,
                      const QJsonArray &parameters = {})
{
    QJsonObject responses = errorResponses(errors);
    responses[status] = success;
    QJsonObject result{{"tags"_L1, QJsonArray{u"Login"_s}},
                       {"summary"_L1, summary},
                       {"description"_L1, description},
                       {"responses"_L1, responses}};
    if (!parameters.isEmpty())
        result["parameters"_L1] = parameters;
    return result;
}

QJsonObject query(const QString &name, const QString &description)
{
    return {{"name"_L1, name},
            {"in"_L1, u"query"_s},
            {"description"_L1, description},
            {"schema"_L1, QJsonObject{{"type"_L1, u"string"_s}}}};
}

QJsonObject redirection(const QString &description)
{
    return {{"description"_L1, description},
            {"headers"_L1,
             QJsonObject{{"Location"_L1,
                          QJsonObject{{"schema"_L1, QJsonObject{{"type"_L1, u"string"_s},
                                                                {"format"_L1, u"uri"_s}}}}}}}};
}

QJsonObject property(const QString &type, const QString &description)
{
    const QJsonValue types = type == "array"_L1 || type == "boolean"_L1
                                 ? QJsonValue(type)
                                 : QJsonValue(QJsonArray{type, u"null"_s});
    QJsonObject schema{{"type"_L1, types}, {"description"_L1, description}};
    if (type == "array"_L1)
        schema["items"_L1] = QJsonObject{{"type"_L1, u"string"_s}};
    return schema;
}

QJsonObject json(const QString &description, const QJsonObject &properties)
{
    const QJsonObject schema{{"type"_L1, u"object"_s}, {"properties"_L1, properties}};
    return {
        {"description"_L1, description},
        {"content"_L1, QJsonObject{{"application/json"_L1, QJsonObject{{"schema"_L1, schema}}}}}};
}

QJsonObject accountOperation(const QString &summary, const QString &description,
                             const QString &status, const QJsonObject &success,
                             const QList<int> &errors, const QJsonArray &parameters = {})
{
    QJsonObject result = operation(summary, description, status, success, errors, parameters);
    result["tags"_L1] = QJsonArray{u"Accounts"_s};
    return result;
}

QJsonObject page(const QString &description)
{
    return {{"description"_L1, description},
            {"content"_L1,
             QJsonObject{{"text/html"_L1,
                          QJsonObject{{"schema"_L1, QJsonObject{{"type"_L1, u"string"_s}}}}}}}};
}

QJsonObject accountSchema()
{
    return {{"type"_L1, u"object"_s},
            {"properties"_L1,
             QJsonObject{
                 {"server"_L1, property(u"string"_s, u"Name of the MCP server"_s)},
                 {"issuer"_L1, property(u"string"_s, u"The authorization server"_s)},
                 {"scopes"_L1, property(u"array"_s, u"What was granted"_s)},
                 {"connected_at"_L1, property(u"string"_s, u"When its user signed in"_s)},
                 {"expires_at"_L1, property(u"string"_s, u"End of the access token"_s)},
                 {"renewable"_L1, property(u"boolean"_s, u"The bridge renews it by itself"_s)},
                 {"needs_login"_L1,
                  property(u"boolean"_s, u"It is of no use until its user signs in again"_s)}}}};
}

} // namespace

QJsonObject login()
{
    return operation(
        u"Log in with the identity provider"_s,
        u"For browsers: goes on to the identity provider's login page and comes back with a "
        "cookie."_s,
        u"302"_s, redirection(u"To the identity provider"_s), {404, 503},
        {query(u"redirect_url"_s, u"Path of this bridge to go to after the login; anything else "
                                  "is taken as the start page."_s)});
}

QJsonObject loginCallback()
{
    return operation(u"Where the identity provider sends the browser back"_s,
                     u"Not to be called by anybody else."_s, u"303"_s,
                     redirection(u"Logged in; to the page asked for"_s), {400, 401, 403, 404, 503},
                     {query(u"code"_s, u"Authorization code"_s),
                      query(u"state"_s, u"As sent to the provider"_s),
                      query(u"iss"_s, u"Issuer, where the provider names it (RFC 9207)"_s),
                      query(u"error"_s, u"Why there is no code"_s)});
}

QJsonObject userinfo()
{
    return operation(
        u"Who am I?"_s, u"As the bridge understands the cookie, token or key of the request."_s,
        u"200"_s,
        json(u"The caller"_s,
             {{"sub"_L1, property(u"string"_s, u"Subject at the issuer"_s)},
              {"email"_L1, property(u"string"_s, u"E-mail address"_s)},
              {"name"_L1, property(u"string"_s, u"Name for people"_s)},
              {"preferred_username"_L1, property(u"string"_s, u"Login name"_s)},
              {"groups"_L1, property(u"array"_s, u"Groups"_s)},
              {"roles"_L1, property(u"array"_s, u"Roles"_s)},
              {"scopes"_L1, property(u"array"_s, u"Scopes of the token or key"_s)},
              {"admin"_L1, property(u"boolean"_s, u"May use the admin routes"_s)},
              {"strategy"_L1, property(u"string"_s, u"How the caller was recognised"_s)},
              {"expires_at"_L1, property(u"string"_s, u"End of the credential"_s)}}),
        {401, 503});
}

QJsonObject logout()
{
    return operation(
        u"Log out"_s,
        u"Ends the login here and withdraws its tokens. Programs get the address where the "
        "browser ends it at the identity provider as well; browsers are sent there (303)."_s,
        u"200"_s,
        json(u"Logged out"_s,
             {{"status"_L1, property(u"string"_s, u"logged_out"_s)},
              {"logout_url"_L1, property(u"string"_s, u"At the identity provider"_s)}}),
        {403, 404});
}

QJsonObject connectPage()
{
    return accountOperation(u"Page that asks whether to connect an account"_s,
                            u"For browsers: the `authorization_url` of a refused call or of "
                            "`POST /accounts/{server}/connect` leads here."_s,
                            u"200"_s, page(u"For whom the account would be, and a button"_s),
                            {400, 403}, {query(u"ticket"_s, u"As it stands in the address"_s)});
}

QJsonObject connectConfirmed()
{
    QJsonObject result = accountOperation(
        u"Go on to the authorization server"_s, u"What the button of the page does."_s, u"303"_s,
        redirection(u"To the authorization server"_s), {400, 403});
    const QJsonObject form{
        {"type"_L1, u"object"_s},
        {"required"_L1, QJsonArray{u"ticket"_s}},
        {"properties"_L1, QJsonObject{{"ticket"_L1, QJsonObject{{"type"_L1, u"string"_s}}}}}};
    result["requestBody"_L1] = QJsonObject{
        {"required"_L1, true},
        {"content"_L1,
         QJsonObject{{"application/x-www-form-urlencoded"_L1, QJsonObject{{"schema"_L1, form}}}}}};
    return result;
}

QJsonObject connectCallback()
{
    return accountOperation(
        u"Where the authorization server sends the browser back"_s,
        u"Not to be called by anybody else."_s, u"200"_s, page(u"The account is connected"_s),
        {400, 401, 502, 503},
        {query(u"code"_s, u"Authorization code"_s), query(u"state"_s, u"As sent there"_s),
         query(u"iss"_s, u"Issuer, where the authorization server names it (RFC 9207)"_s),
         query(u"error"_s, u"Why there is no code"_s)});
}

QJsonObject listAccounts()
{
    const QJsonObject list{{"type"_L1, u"array"_s}, {"items"_L1, accountSchema()}};
    return accountOperation(
        u"List your accounts at remote MCP servers"_s, u"The caller's own, without any token."_s,
        u"200"_s, json(u"Accounts by the name of their server"_s, {{"accounts"_L1, list}}),
        {401, 503});
}

QJsonObject connectAccount()
{
    return accountOperation(
        u"Get the address to connect an account"_s,
        u"To be opened in the caller's browser, once. An account that is connected already stays "
        "until the new one takes its place."_s,
        u"200"_s,
        json(u"Where to go"_s,
             {{"server"_L1, property(u"string"_s, u"Name of the MCP server"_s)},
              {"authorization_url"_L1, property(u"string"_s, u"For the browser"_s)},
              {"expires_at"_L1, property(u"string"_s, u"Until when it can be used"_s)}}),
        {401, 403, 404, 502, 503});
}

QJsonObject disconnectAccount()
{
    return accountOperation(
        u"Disconnect an account"_s,
        u"The bridge forgets it at once, in running sessions too, and withdraws its tokens at the "
        "authorization server where that offers it (RFC 7009)."_s,
        u"200"_s,
        json(u"Disconnected"_s,
             {{"server"_L1, property(u"string"_s, u"Name of the MCP server"_s)},
              {"status"_L1, property(u"string"_s, u"disconnected"_s)},
              {"tokens"_L1, property(u"string"_s, u"revoked, not_revoked or not_offered"_s)},
              {"detail"_L1, property(u"string"_s, u"What is left to do, if anything"_s)}}),
        {401, 403, 404, 503});
}

} // namespace bridge::routes::describe
