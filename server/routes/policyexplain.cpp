// SPDX-License-Identifier: GPL-3.0-or-later
// POST /admin/policy/explain: what would come of it if somebody did something, and why. Asks in the
// order of a request: the token, the way in, the policy, whose data. Nothing is called and nothing
// is counted.
#include "server/gate/gate.h"
#include "server/http/body.h"
#include "server/policy/groupgate.h"
#include "server/policy/warden.h"
#include "server/routes/deciders.h"
#include "server/routes/descriptions.h"
#include "server/routes/explainbody.h"
#include "server/routes/scope.h"
#include "server/upstream/placeholders.h"

using namespace Qt::StringLiterals;

namespace bridge::routes {

namespace {

using auth::PrincipalPtr;
using http::Response;

QJsonObject viewOf(const auth::Principal &principal)
{
    if (principal.isAnonymous())
        return {{"anonymous"_L1, true}};
    return {{"user_id"_L1, principal.userId},
            {"owner"_L1, principal.owner},
            {"issuer"_L1, principal.issuer},
            {"client_id"_L1, principal.clientId},
            {"groups"_L1, QJsonArray::fromStringList(principal.groups)},
            {"roles"_L1, QJsonArray::fromStringList(principal.roles)},
            {"scopes"_L1, QJsonArray::fromStringList(principal.scopes)},
            {"verified"_L1, principal.isVerified}};
}

/// \a error decides, whatever the policy says.
void overrule(QJsonObject &told, const QString &by, const Error &error, const QString &words)
{
    told["decision"_L1] = u"deny"_s;
    told["decided_by"_L1] = by;
    told["status"_L1] = httpStatus(error);
    told["reason"_L1] = QString(words + ' '_L1 + error.message);
}

/// Whether \a principal comes in at all.
bool explainEntrance(const Deciders &deciders, const auth::Principal &principal, QJsonObject &told)
{
    const auto objection =
        deciders.gate ? deciders.gate->objectionTo(principal) : std::optional<Error>();
    if (!objection)
        return true;
    const QStringList &groups = deciders.gate->options().requiredGroups;
    const bool isByGroups = policy::checkRequiredGroups(principal, groups).has_value();
    overrule(told, isByGroups ? u"required_groups"_s : u"anonymous_callers"_s, *objection,
             isByGroups
                 ? u"BRIDGE_REQUIRED_GROUPS (%1) does not let the caller in, who is told:"_s.arg(
                     groups.join(", "_L1))
                 : u"Callers without a credential are not let in; they are told:"_s);
    told["listed"_L1] = false;
    return false;
}

/// Every placeholder of \a definition has one of \a values.
Result<Nothing> checkPlaceholders(const upstream::ServerDefinition &definition,
                                  const QMap<QString, QString> &values)
{
    if (const auto filled = upstream::fillCommand(definition.command, values); !filled)
        return filled.error();
    QStringList texts = definition.environment.values();
    texts.append(definition.workingDirectory);
    for (const QString &text : std::as_const(texts)) {
        if (const auto filled = upstream::fillPlaceholders(text, values); !filled)
            return filled.error();
    }
    return Nothing{};
}

/// Whether there is a place for the data of \a principal, where the server needs one or he asks
/// for that of a group.
void explainPlace(const Deciders &deciders, const auth::Principal &principal,
                  const Explained &explained, QJsonObject &told)
{
    const upstream::ServerDefinition &definition = explained.server->definition();
    const bool isNeeded =
        definition.needsIdentity() || definition.remote || !explained.group.isEmpty();
    if (!isNeeded || !deciders.places)
        return;
    const auto places = deciders.places(principal, explained.group);
    std::optional<Error> objection;
    if (!places)
        objection = places.error();
    else if (const auto filled = checkPlaceholders(definition, *places); !filled)
        objection = filled.error();
    if (objection) {
        if (told["decision"_L1] == "allow"_L1)
            overrule(told, u"data_access"_s, *objection,
                     u"There is no place for the data of the caller, who is told:"_s);
        return;
    }
    QJsonObject data;
    for (auto it = places->cbegin(); it != places->cend(); ++it)
        data.insert(it.key(), it.value());
    told["data"_L1] = data;
}

QJsonObject explanationFor(const Services &services, const auth::Principal &principal,
                           const Explained &explained)
{
    policy::Action action = explained.action;
    action.annotations = &explained.annotations;
    const policy::Policy &policy = services.warden->policy();
    const bool isShown = policy.decide(principal, action).isAllowed();
    action.arguments = explained.arguments ? &*explained.arguments : nullptr;
    action.isCall = true;
    QJsonObject told = policy.explain(principal, action);
    told["policy"_L1] = told["decision"_L1];
    told["decided_by"_L1] = u"policy"_s;
    told["listed"_L1] = isShown;
    if (services.deciders && explainEntrance(*services.deciders, principal, told))
        explainPlace(*services.deciders, principal, explained, told);
    return told;
}

/// Says of a token that nobody could come in with it; that is an answer, not a failure of the
/// administrator's own credential.
QJsonObject explanationFor(const Error &refusal)
{
    QJsonObject told{{"rule"_L1, QJsonValue::Null},
                     {"passed_over"_L1, QJsonArray()},
                     {"listed"_L1, false},
                     {"policy"_L1, QJsonValue::Null},
                     {"error"_L1, codeName(refusal.code)}};
    overrule(told, u"token"_s, refusal,
             u"The token in the body of this request is refused, and its bearer is told:"_s);
    return told;
}

bool isAboutTheToken(const Error &error)
{
    return httpStatus(error) == 401 || httpStatus(error) == 403;
}

Task<PrincipalPtr> bearerOf(Services *services, QByteArray token)
{
    co_return co_await answer<PrincipalPtr>(
        [&](Handler<PrincipalPtr> done) { return services->identify(token, std::move(done)); });
}

Task<Response> explain(Services *services, http::Exchange *exchange, http::PathParams)
{
    Result<QJsonObject> body = http::jsonObjectBody(exchange->request());
    if (!body)
        co_return body.error();
    Result<Explained> explained = explainedIn(*services, *exchange, *body);
    if (!explained)
        co_return explained.error();
    const Result<std::optional<QByteArray>> token = tokenIn(*services, *body);
    if (!token)
        co_return token.error();
    Result<PrincipalPtr> principal = PrincipalPtr();
    if (*token)
        principal = co_await bearerOf(services, **token);
    else
        principal = describedIn(*services, *body);
    if (!principal && !(*token && isAboutTheToken(principal.error()))) {
        Error error = principal.error();
        if (*token)
            error.message.prepend(u"The token in the body could not be checked. "_s);
        co_return error;
    }
    QJsonObject told = principal ? explanationFor(*services, **principal, *explained)
                                 : explanationFor(principal.error());
    told["exists"_L1] = explained->exists;
    told["server"_L1] = explained->action.server;
    told["name"_L1] = explained->action.name;
    told["principal"_L1] = principal ? QJsonValue(viewOf(**principal)) : QJsonValue();
    Response response = Response::json(200, told);
    response.setHeader("Cache-Control", "no-store");
    co_return response;
}

QJsonObject property(const QString &type, const QString &description)
{
    return {{u"type"_s, type}, {u"description"_s, description}};
}

QJsonObject description()
{
    const QString text = u"string"_s;
    const QString object = u"object"_s;
    const QJsonObject properties{
        {u"principal"_s,
         property(object, u"user_id, owner, issuer, email, client_id, groups, roles, scopes; left "
                          "out or empty = an anonymous caller"_s)},
        {u"token"_s, property(text, u"An access token instead of `principal`"_s)},
        {u"group"_s, property(text, u"The group whose data is asked for"_s)},
        {u"server"_s, property(text, u"Left out = the one that the name tells, else the default "
                                     "server"_s)},
        {u"tool"_s, property(text, u"Name of a tool, also as `/mcp` shows it; or"_s)},
        {u"prompt"_s, property(text, u"name of a prompt; or"_s)},
        {u"resource"_s, property(text, u"URI of a resource"_s)},
        {u"arguments"_s, property(object, u"Of the call; left out = any"_s)},
        {u"annotations"_s, property(object, u"Of a tool the bridge does not know yet"_s)}};
    const QJsonObject schema{{u"type"_s, object}, {u"properties"_s, properties}};
    const QJsonObject json{{u"application/json"_s, QJsonObject{{u"schema"_s, schema}}}};
    const QJsonObject answer{
        {u"application/json"_s, QJsonObject{{u"schema"_s, QJsonObject{{u"type"_s, object}}}}}};
    QJsonObject responses = describe::errorResponses({400, 401, 403, 404, 422, 503});
    responses.insert(
        u"200"_s,
        QJsonObject{{u"description"_s, u"`decision` (allow, deny, insufficient_scope), what it was "
                                       "`decided_by`, the `rule` of the policy, and why others did "
                                       "not fit"_s},
                    {u"content"_s, answer}});
    return {{u"tags"_s, QJsonArray{u"Administration"_s}},
            {u"summary"_s, u"Explain a decision of the policy"_s},
            {u"description"_s, u"For administrators. Nothing is called."_s},
            {u"requestBody"_s, QJsonObject{{u"required"_s, true}, {u"content"_s, json}}},
            {u"responses"_s, responses}};
}

} // namespace

void addPolicyRoutes(http::Router &router, Services *services)
{
    addPlain(router, services, "POST", u"/admin/policy/explain"_s, explain, description());
}

} // namespace bridge::routes
