// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/permit.h"

#include "server/gate/visitor.h"
#include "server/policy/warden.h"

using namespace Qt::StringLiterals;

namespace bridge::gateway {

namespace {

policy::Action actionOf(const upstream::Server &server, OfferKind kind, const QString &key)
{
    policy::Action action;
    action.server = server.definition().name;
    action.name = key;
    switch (kind) {
    case OfferKind::Prompts:
        action.kind = policy::Action::Kind::Prompt;
        break;
    case OfferKind::Resources:
    case OfferKind::Templates:
        action.kind = policy::Action::Kind::Resource;
        break;
    case OfferKind::Tools:
        break;
    }
    return action;
}

QJsonObject annotationsOf(const upstream::Tool *tool)
{
    return tool ? tool->object.value("annotations"_L1).toObject() : QJsonObject();
}

} // namespace

Error notFound(OfferKind kind)
{
    const auto error = [](ErrorCode code, const QString &what) {
        return Error(code, u"%1 not found. List them to see what there is."_s.arg(what));
    };
    switch (kind) {
    case OfferKind::Prompts:
        return error(ErrorCode::PromptNotFound, u"Prompt"_s);
    case OfferKind::Resources:
        return error(ErrorCode::ResourceNotFound, u"Resource"_s);
    case OfferKind::Templates:
        return error(ErrorCode::ResourceNotFound, u"Resource template"_s);
    case OfferKind::Tools:
        break;
    }
    return error(ErrorCode::ToolNotFound, u"Tool"_s);
}

bool mayHide(const Core &core)
{
    return core.options.warden && !core.options.warden->isOpen();
}

bool looksAtArguments(const Core &core)
{
    return mayHide(core) && core.options.warden->policy().looksAtArguments();
}

Error withoutHints(const Core &core, const Error &error)
{
    if (!mayHide(core))
        return error;
    if (error.code == ErrorCode::PromptNotFound)
        return notFound(OfferKind::Prompts);
    if (error.code == ErrorCode::ResourceNotFound)
        return notFound(OfferKind::Resources);
    return error;
}

bool isShownTo(const Core &core, const upstream::Identity &identity, const upstream::Server &server,
               OfferKind kind, const QString &key, const upstream::Tool *tool)
{
    if (!mayHide(core))
        return true;
    const QJsonObject annotations = annotationsOf(tool);
    policy::Action action = actionOf(server, kind, key);
    action.annotations = &annotations;
    return core.options.warden->shows(*gate::principalOf(identity), action);
}

Result<Nothing> checkPermit(const Core &core, const upstream::Identity &identity, OfferKind kind,
                            const Place &place, const QJsonObject *arguments)
{
    if (!mayHide(core))
        return Nothing{};
    const QJsonObject annotations = annotationsOf(place.tool.get());
    policy::Action action = actionOf(*place.server, kind, place.key);
    action.annotations = &annotations;
    action.arguments = arguments;
    const auto refusal = core.options.warden->check(*gate::principalOf(identity), action,
                                                    notFound(kind), gate::originOf(identity));
    if (refusal)
        return *refusal;
    return Nothing{};
}

void noteHidden(const Core &core, const upstream::Identity &identity, OfferKind kind,
                const Place &place)
{
    (void)checkPermit(core, identity, kind, place, nullptr);
}

Result<Nothing> permit(Core *core, const Request &request, Downstream *downstream, OfferKind kind,
                       const Place &place, const QJsonObject *arguments)
{
    if (downstream)
        downstream->noteServer(place.server->definition().name);
    const auto allowed = checkPermit(*core, request.identity, kind, place, arguments);
    if (!allowed || !core->options.warden)
        return allowed;
    auth::Origin origin = gate::originOf(request.identity);
    origin.address = request.address;
    const auto outcome = core->options.warden->count(*gate::principalOf(request.identity), origin,
                                                     actionOf(*place.server, kind, place.key));
    if (downstream && !outcome.headers.isEmpty())
        downstream->addHeaders(outcome.headers);
    if (!outcome.refusal)
        return Nothing{};
    Error refusal = *outcome.refusal;
    refusal.detail = refusal.extra; // what MCP clients get as `data`
    return refusal;
}

} // namespace bridge::gateway
