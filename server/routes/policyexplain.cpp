// SPDX-License-Identifier: GPL-3.0-or-later
// POST /admin/policy/explain: what the policy says about somebody and something, and why. Nothing
// is called and nothing is counted.
#include "server/gate/visitor.h"
#include "server/http/body.h"
#include "server/policy/warden.h"
#include "server/routes/descriptions.h"
#include "server/routes/scope.h"

using namespace Qt::StringLiterals;

namespace bridge::routes {

namespace {

using auth::PrincipalPtr;
using http::Response;

Error invalid(const QString &pointer, const QString &message)
{
    Error error(ErrorCode::InvalidArguments, u"The request is not what can be explained."_s);
    error.problems.append({pointer, message});
    return error;
}

/// A member that is a text, or empty when it is not there.
Result<QString> textOf(const QJsonObject &object, const QString &key, const QString &parent)
{
    const QJsonValue value = object.value(key);
    if (value.isUndefined() || value.isNull() || value.isString())
        return value.toString();
    return invalid(QString(parent + '/'_L1 + key), u"must be a text"_s);
}

Result<QStringList> textsOf(const QJsonObject &object, const QString &key)
{
    QStringList texts;
    const QJsonValue value = object.value(key);
    const QJsonArray items = value.toArray();
    for (const QJsonValue &item : items)
        texts.append(item.toString());
    if ((value.isUndefined() || value.isArray()) && !texts.contains(QString()))
        return texts;
    return invalid(u"/principal/"_s + key, u"must be an array of texts"_s);
}

Result<Nothing> checkKeys(const QJsonObject &object, const QStringList &known,
                          const QString &parent)
{
    const QStringList keys = object.keys();
    for (const QString &key : keys) {
        if (!known.contains(key))
            return invalid(QString(parent + '/'_L1 + key),
                           u"is not known here; there are %1"_s.arg(known.join(", "_L1)));
    }
    return Nothing{};
}

/// Somebody as the administrator describes him.
Result<PrincipalPtr> describedBy(const QJsonObject &given)
{
    const auto known = checkKeys(given,
                                 {u"user_id"_s, u"owner"_s, u"email"_s, u"client_id"_s, u"groups"_s,
                                  u"roles"_s, u"scopes"_s},
                                 u"/principal"_s);
    if (!known)
        return known.error();
    auto principal = std::make_shared<auth::Principal>();
    principal->kind = auth::Principal::Kind::User;
    principal->isVerified = true;
    const std::pair<QString, QString *> texts[] = {{u"user_id"_s, &principal->userId},
                                                   {u"owner"_s, &principal->owner},
                                                   {u"email"_s, &principal->email},
                                                   {u"client_id"_s, &principal->clientId}};
    for (const auto &[key, member] : texts) {
        Result<QString> text = textOf(given, key, u"/principal"_s);
        if (!text)
            return text.error();
        *member = std::move(*text);
    }
    const std::pair<QString, QStringList *> lists[] = {{u"groups"_s, &principal->groups},
                                                       {u"roles"_s, &principal->roles},
                                                       {u"scopes"_s, &principal->scopes}};
    for (const auto &[key, member] : lists) {
        Result<QStringList> list = textsOf(given, key);
        if (!list)
            return list.error();
        *member = std::move(*list);
    }
    if (!principal->email.isEmpty())
        principal->claims = {{u"email"_s, principal->email}, {u"email_verified"_s, true}};
    if (principal->userId.isEmpty() && principal->owner.isEmpty() && given.isEmpty())
        return auth::anonymous();
    return PrincipalPtr(principal);
}

/// Whose decision is asked for: the bearer of `token`, the one `principal` describes, or nobody
/// who is known.
Task<PrincipalPtr> principalIn(Services *services, QJsonObject body)
{
    const QJsonValue token = body.value("token"_L1);
    const QJsonValue given = body.value("principal"_L1);
    if (!token.isUndefined() && !given.isUndefined())
        co_return invalid(u"/token"_s, u"stands beside `principal`; give one of the two"_s);
    if (!given.isUndefined() && !given.isObject())
        co_return invalid(u"/principal"_s, u"must be an object; {} is an anonymous caller"_s);
    if (token.isUndefined())
        co_return describedBy(given.toObject());
    if (!token.isString())
        co_return invalid(u"/token"_s, u"must be a text"_s);
    if (!services->identify)
        co_return invalid(u"/token"_s, u"cannot be read, as no issuer is configured; describe the "
                                       "caller in `principal`"_s);
    co_return co_await answer<PrincipalPtr>([&](Handler<PrincipalPtr> done) {
        return services->identify(token.toString().toUtf8(), std::move(done));
    });
}

/// What the body asks about. The server's own annotations go before those of the body.
struct Question {
    policy::Action action;
    QJsonObject annotations;
    std::optional<QJsonObject> arguments;
    QJsonValue exists; ///< null when the bridge does not know
};

Result<Question> questionIn(const Services &services, const http::Exchange &exchange,
                            const QJsonObject &body)
{
    using Kind = policy::Action::Kind;
    Question question;
    int named = 0;
    const std::pair<QString, Kind> kinds[] = {
        {u"tool"_s, Kind::Tool}, {u"prompt"_s, Kind::Prompt}, {u"resource"_s, Kind::Resource}};
    for (const auto &[key, kind] : kinds) {
        const Result<QString> name = textOf(body, key, {});
        if (!name)
            return name.error();
        if (name->isEmpty())
            continue;
        question.action.kind = kind;
        question.action.name = *name;
        ++named;
    }
    if (named != 1)
        return invalid({}, u"name one of `tool`, `prompt` and `resource`"_s);
    const Result<QString> serverName = textOf(body, u"server"_s, {});
    if (!serverName)
        return serverName.error();
    const upstream::Server *server = serverName->isEmpty() ? services.registry->defaultServer()
                                                           : services.registry->find(*serverName);
    if (!server)
        return Error(ErrorCode::ServerNotFound,
                     u"There is no such MCP server. GET /servers lists those there are."_s);
    question.action.server = server->definition().name;
    for (const QString &key : {u"arguments"_s, u"annotations"_s}) {
        if (body.contains(key) && !body.value(key).isObject())
            return invalid('/'_L1 + key, u"must be an object"_s);
    }
    if (body.contains("arguments"_L1))
        question.arguments = body.value("arguments"_L1).toObject();
    question.annotations = body.value("annotations"_L1).toObject();
    if (question.action.kind != Kind::Tool)
        return question;
    if (const auto tools = server->cachedTools(gate::identityOf(exchange))) {
        const auto tool = tools->find(question.action.name);
        question.exists = tool != nullptr;
        if (tool)
            question.annotations = tool->object.value("annotations"_L1).toObject();
    }
    return question;
}

QJsonObject viewOf(const auth::Principal &principal)
{
    if (principal.isAnonymous())
        return {{"anonymous"_L1, true}};
    return {{"user_id"_L1, principal.userId},
            {"owner"_L1, principal.owner},
            {"client_id"_L1, principal.clientId},
            {"groups"_L1, QJsonArray::fromStringList(principal.groups)},
            {"roles"_L1, QJsonArray::fromStringList(principal.roles)},
            {"scopes"_L1, QJsonArray::fromStringList(principal.scopes)},
            {"verified"_L1, principal.isVerified}};
}

Task<Response> explain(Services *services, http::Exchange *exchange, http::PathParams)
{
    Result<QJsonObject> body = http::jsonObjectBody(exchange->request());
    if (!body)
        co_return body.error();
    Result<Nothing> known =
        checkKeys(*body,
                  {u"principal"_s, u"token"_s, u"server"_s, u"tool"_s, u"prompt"_s, u"resource"_s,
                   u"arguments"_s, u"annotations"_s},
                  {});
    if (!known)
        co_return known.error();
    Result<Question> question = questionIn(*services, *exchange, *body);
    if (!question)
        co_return question.error();
    Result<PrincipalPtr> principal = co_await principalIn(services, *body);
    if (!principal)
        co_return principal.error();

    policy::Action action = question->action;
    action.annotations = &question->annotations;
    const policy::Policy &policy = services->warden->policy();
    const bool isShown = policy.decide(**principal, action).isAllowed();
    action.arguments = question->arguments ? &*question->arguments : nullptr;
    action.isCall = true;
    QJsonObject told = policy.explain(**principal, action);
    told["listed"_L1] = isShown;
    told["exists"_L1] = question->exists;
    told["server"_L1] = action.server;
    told["principal"_L1] = viewOf(**principal);
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
         property(object, u"user_id, owner, email, client_id, groups, roles, scopes; left out or "
                          "empty = an anonymous caller"_s)},
        {u"token"_s, property(text, u"An access token instead of `principal`"_s)},
        {u"server"_s, property(text, u"Left out = the default server"_s)},
        {u"tool"_s, property(text, u"Name of a tool; or"_s)},
        {u"prompt"_s, property(text, u"name of a prompt; or"_s)},
        {u"resource"_s, property(text, u"URI of a resource"_s)},
        {u"arguments"_s, property(object, u"Of the call; left out = any"_s)},
        {u"annotations"_s, property(object, u"Of a tool the bridge does not know yet"_s)}};
    const QJsonObject schema{{u"type"_s, object}, {u"properties"_s, properties}};
    const QJsonObject json{{u"application/json"_s, QJsonObject{{u"schema"_s, schema}}}};
    const QJsonObject answer{
        {u"application/json"_s, QJsonObject{{u"schema"_s, QJsonObject{{u"type"_s, object}}}}}};
    QJsonObject responses = describe::errorResponses({400, 401, 403, 404, 422});
    responses.insert(u"200"_s, QJsonObject{{u"description"_s,
                                            u"`decision` (allow, deny, insufficient_scope), the "
                                            "`rule` that made it, and why others did not"_s},
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
