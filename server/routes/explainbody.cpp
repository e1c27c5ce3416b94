// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/routes/explainbody.h"

#include "server/gate/visitor.h"
#include "server/routes/deciders.h"

using namespace Qt::StringLiterals;

namespace bridge::routes {

namespace {

using Kind = policy::Action::Kind;

Error invalid(const QString &pointer, const QString &message)
{
    Error error(ErrorCode::InvalidArguments, u"The request is not what can be explained."_s);
    error.problems.append({pointer, message});
    return error;
}

/// A member that is a text, or empty when it is not there.
Result<QString> textOf(const QJsonObject &object, const QString &key, const QString &parent = {})
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
                          const QString &parent = {})
{
    const QStringList keys = object.keys();
    for (const QString &key : keys) {
        if (!known.contains(key))
            return invalid(QString(parent + '/'_L1 + key),
                           u"is not known here; there are %1"_s.arg(known.join(", "_L1)));
    }
    return Nothing{};
}

/// Fills in what is named in \a body; how many things that are.
Result<int> readNames(const QJsonObject &body, policy::Action &action)
{
    int named = 0;
    const std::pair<QString, Kind> kinds[] = {
        {u"tool"_s, Kind::Tool}, {u"prompt"_s, Kind::Prompt}, {u"resource"_s, Kind::Resource}};
    for (const auto &[key, kind] : kinds) {
        const Result<QString> name = textOf(body, key);
        if (!name)
            return name.error();
        if (name->isEmpty())
            continue;
        action.kind = kind;
        action.name = *name;
        ++named;
    }
    return named;
}

/// The tools that are known of a server, as far as anybody has listed them.
class KnownTools
{
public:
    KnownTools(const upstream::Server &server, const http::Exchange &exchange)
        : m_tools(server.cachedTools(gate::identityOf(exchange)))
    {
    }
    bool areKnown() const { return m_tools != nullptr; }
    std::shared_ptr<const upstream::Tool> find(const QString &name) const
    {
        return m_tools ? m_tools->find(name) : nullptr;
    }
    /// The name of the one that \a fits; empty when there is none.
    QString nameOf(const std::function<bool(const QString &)> &fits) const
    {
        if (!m_tools)
            return {};
        for (const auto &tool : m_tools->tools()) {
            if (fits(tool->name))
                return tool->name;
        }
        return {};
    }

private:
    upstream::ToolSetPtr m_tools;
};

/// What \a server calls what clients of several servers know as \a action; empty when it has no
/// part in it.
QString ownNameIn(const Services &services, const http::Exchange &exchange,
                  const upstream::Server &server, const policy::Action &action)
{
    const Deciders &names = *services.deciders;
    const QString &serverName = server.definition().name;
    if (action.kind == Kind::Resource) {
        const auto uri = names.splitUri ? names.splitUri(action.name) : std::nullopt;
        return uri && uri->server == serverName ? uri->uri : QString();
    }
    if (!names.sharedName)
        return {};
    const auto fits = [&](const QString &own) {
        return names.sharedName(serverName, own) == action.name;
    };
    // Names that were shortened can only be found among the known ones.
    if (action.kind == Kind::Tool) {
        if (const QString own = KnownTools(server, exchange).nameOf(fits); !own.isEmpty())
            return own;
    }
    for (qsizetype at = action.name.indexOf("__"_L1); at >= 0;
         at = action.name.indexOf("__"_L1, at + 1)) {
        if (const QString own = action.name.mid(at + 2); !own.isEmpty() && fits(own))
            return own;
    }
    return {};
}

/// The server \a explained is about. A name that the server of the request itself has goes before
/// one that clients of several servers see.
const upstream::Server *findPlace(const Services &services, const http::Exchange &exchange,
                                  const QString &given, policy::Action &action)
{
    const upstream::Server *own =
        given.isEmpty() ? services.registry->defaultServer() : services.registry->find(given);
    if (!services.deciders || (!own && !given.isEmpty()))
        return own;
    if (own && action.kind == Kind::Tool && KnownTools(*own, exchange).find(action.name))
        return own;
    QList<const upstream::Server *> candidates;
    if (given.isEmpty()) {
        for (const upstream::Server *server : services.registry->servers())
            candidates.append(server);
    } else {
        candidates.append(own);
    }
    for (const upstream::Server *server : std::as_const(candidates)) {
        const QString name = ownNameIn(services, exchange, *server, action);
        if (name.isEmpty())
            continue;
        action.name = name;
        return server;
    }
    return own;
}

} // namespace

Result<Explained> explainedIn(const Services &services, const http::Exchange &exchange,
                              const QJsonObject &body)
{
    const Result<Nothing> known =
        checkKeys(body, {u"principal"_s, u"token"_s, u"server"_s, u"tool"_s, u"prompt"_s,
                         u"resource"_s, u"arguments"_s, u"annotations"_s, u"group"_s});
    if (!known)
        return known.error();
    Explained explained;
    const Result<int> named = readNames(body, explained.action);
    if (!named)
        return named.error();
    if (*named != 1)
        return invalid({}, u"name one of `tool`, `prompt` and `resource`"_s);
    const Result<QString> serverName = textOf(body, u"server"_s);
    if (!serverName)
        return serverName.error();
    Result<QString> group = textOf(body, u"group"_s);
    if (!group)
        return group.error();
    explained.group = std::move(*group);
    for (const QString &key : {u"arguments"_s, u"annotations"_s}) {
        if (body.contains(key) && !body.value(key).isObject())
            return invalid('/'_L1 + key, u"must be an object"_s);
    }
    explained.server = findPlace(services, exchange, *serverName, explained.action);
    if (!explained.server)
        return Error(ErrorCode::ServerNotFound,
                     u"There is no such MCP server. GET /servers lists those there are."_s);
    explained.pin = explained.server->pin();
    explained.action.server = explained.server->definition().name;
    if (body.contains("arguments"_L1))
        explained.arguments = body.value("arguments"_L1).toObject();
    explained.annotations = body.value("annotations"_L1).toObject();
    const KnownTools tools(*explained.server, exchange);
    if (explained.action.kind == Kind::Tool && tools.areKnown()) {
        const auto tool = tools.find(explained.action.name);
        explained.exists = tool != nullptr;
        if (tool)
            explained.annotations = tool->object.value("annotations"_L1).toObject();
    }
    return explained;
}

Result<std::optional<QByteArray>> tokenIn(const Services &services, const QJsonObject &body)
{
    using Token = std::optional<QByteArray>;
    const QJsonValue token = body.value("token"_L1);
    if (token.isUndefined())
        return Token();
    if (body.contains("principal"_L1))
        return invalid(u"/token"_s, u"stands beside `principal`; give one of the two"_s);
    if (!token.isString())
        return invalid(u"/token"_s, u"must be a text"_s);
    if (!services.identify)
        return invalid(u"/token"_s, u"cannot be read, as no issuer is configured; describe the "
                                    "caller in `principal`"_s);
    return Token(token.toString().toUtf8());
}

Result<auth::PrincipalPtr> describedIn(const Services &services, const QJsonObject &body)
{
    const QJsonValue value = body.value("principal"_L1);
    if (!value.isUndefined() && !value.isObject())
        return invalid(u"/principal"_s, u"must be an object; {} is an anonymous caller"_s);
    const QJsonObject given = value.toObject();
    const auto known = checkKeys(given,
                                 {u"user_id"_s, u"owner"_s, u"issuer"_s, u"email"_s, u"client_id"_s,
                                  u"groups"_s, u"roles"_s, u"scopes"_s},
                                 u"/principal"_s);
    if (!known)
        return known.error();
    if (given.isEmpty())
        return auth::anonymous();
    auto principal = std::make_shared<auth::Principal>();
    principal->kind = auth::Principal::Kind::User;
    principal->isVerified = true;
    principal->owner.clear();
    const std::pair<QString, QString *> texts[] = {{u"user_id"_s, &principal->userId},
                                                   {u"owner"_s, &principal->owner},
                                                   {u"issuer"_s, &principal->issuer},
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
    if (services.deciders && services.deciders->introduce) {
        if (const auto introduced = services.deciders->introduce(*principal); !introduced)
            return invalid(u"/principal/issuer"_s, introduced.error().message);
    }
    // Known is who is described at all.
    if (principal->owner.isEmpty())
        principal->owner = principal->userId.isEmpty() ? u"somebody"_s : principal->userId;
    return auth::PrincipalPtr(principal);
}

} // namespace bridge::routes
