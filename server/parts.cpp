// SPDX-License-Identifier: GPL-3.0-or-later
// From the configuration to what the rooms are made of, with every problem there is.
#include "server/application.h"
#include "server/exposure.h"
#include "server/gateway/viewconfig.h"

using namespace Qt::StringLiterals;

namespace bridge {

namespace {

/// Adds what \a error tells; \a setting is the place of one that is a single sentence.
void collect(QList<FieldProblem> &into, const Error &error, const QString &setting)
{
    if (error.problems.isEmpty())
        into.append({setting, error.message});
    into += error.problems;
}

/// What views may name. Definitions with problems are servers all the same.
QStringList serverNames(const Result<QList<upstream::ServerDefinition>> &definitions,
                        const config::Loaded &loaded)
{
    if (!definitions)
        return loaded.serverNames;
    QStringList names;
    for (const upstream::ServerDefinition &definition : *definitions)
        names.append(definition.name);
    return names;
}

/// What rules may name.
QStringList issuerNames(const config::Settings &settings)
{
    QStringList names;
    if (const auto options = auth::authOptions(settings)) {
        for (const auth::IssuerOptions &issuer : options->verifier.issuers)
            names.append(issuer.issuer);
    }
    return names;
}

} // namespace

Result<Parts> partsFrom(const config::Loaded &loaded)
{
    const config::Settings &settings = loaded.settings;
    QList<FieldProblem> problems = checkExposure(settings);
    auto definitions = upstream::definitionsFrom(loaded);
    if (!definitions)
        collect(problems, definitions.error(), u"mcpServers"_s);
    problems += IdentityRooms::check(settings, definitions ? *definitions
                                                           : QList<upstream::ServerDefinition>());
    auto views = gateway::viewsFrom(loaded.views, serverNames(definitions, loaded));
    if (!views)
        collect(problems, views.error(), u"file: bridge.views"_s);
    const policy::KnownNames names{serverNames(definitions, loaded), issuerNames(settings)};
    auto policy = policy::Policy::load(loaded.policy, names);
    if (!policy)
        collect(problems, policy.error(), u"file: bridge.policy"_s);
    auto limits = policy::limitsFrom(loaded.limits, names, settings.text(u"RATE_LIMIT_PER_USER"_s),
                                     settings.text(u"RATE_LIMIT_PER_TOOL"_s),
                                     settings.text(u"RATE_LIMIT_PER_SERVER"_s));
    if (!limits)
        collect(problems, limits.error(), u"file: bridge.limits"_s);
    // That of a plugin is made at the start only.
    const QString storeType = settings.text(u"SESSION_MANAGER_TYPE"_s);
    auto store = sessions::makeSessionStore(storeType == "plugin"_L1 ? u"memory"_s : storeType);
    if (!store)
        collect(problems, store.error(), u"SESSION_MANAGER_TYPE"_s);
    const QString folder = settings.text(u"PROMPTS_DIR"_s);
    const bool absolute = settings.boolean(u"PROMPTS_ALLOW_ABSOLUTE_PATHS"_s);
    auto prompts = routes::PromptBook::load(
        settings.json(u"SYSTEM_DEFINED_PROMPTS"_s).toArray(),
        {folder, absolute, settings.boolean(u"SYSTEM_PROMPTS_EXPOSE_TEMPLATE"_s)});
    if (!prompts)
        collect(problems, prompts.error(), u"SYSTEM_DEFINED_PROMPTS"_s);
    auto resources = routes::ResourceBook::load(
        settings.json(u"SYSTEM_DEFINED_RESOURCES"_s).toArray(), folder, absolute);
    if (!resources)
        collect(problems, resources.error(), u"SYSTEM_DEFINED_RESOURCES"_s);
    if (!problems.isEmpty())
        return config::settingsError(std::move(problems), loaded.configFile);
    return Parts{std::move(*definitions), std::move(*prompts), std::move(*resources),
                 std::move(*store),       std::move(*views),   std::move(*policy),
                 std::move(*limits)};
}

} // namespace bridge
