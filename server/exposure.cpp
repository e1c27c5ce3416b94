// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/exposure.h"

#include "server/application.h"
#include "server/auth/ways.h"

using namespace Qt::StringLiterals;

namespace bridge {

namespace {

/// An address that others can reach is opened by BRIDGE_ALLOW_ANONYMOUS alone: a list of
/// strategies, which may have been written for another address, must not do it by the way.
std::optional<FieldProblem> checkAddress(const config::Settings &settings,
                                         const QStringList &strategies)
{
    const QHostAddress address = serverOptions(settings).address;
    if (address.isNull())
        return FieldProblem{u"HOST"_s, u"HOST must be an IP address, `localhost` or `*`."_s};
    if (address.isLoopback() || settings.boolean(u"BRIDGE_ALLOW_ANONYMOUS"_s))
        return std::nullopt;
    if (strategies.contains("anonymous"_L1))
        return FieldProblem{
            u"AUTH_STRATEGIES"_s,
            u"names anonymous, which lets in everybody who reaches %1. Take it out, listen on "
            "127.0.0.1, or pass --allow-anonymous as well when something in front of the bridge "
            "authenticates callers."_s.arg(address.toString())};
    const auto options = auth::authOptions(settings);
    if (options && auth::believesAnybody(settings, *options))
        return FieldProblem{
            u"AUTH_VERIFY_TOKENS"_s,
            u"is false, so that whoever reaches %1 is whom a token of his own making says. Name an "
            "issuer instead, listen on 127.0.0.1, or pass --allow-anonymous as well when something "
            "in front of the bridge checks every token."_s.arg(address.toString())};
    if (!IdentityRooms::tellsCallersApart(settings))
        return FieldProblem{
            u"HOST"_s,
            u"%1 can be reached by others, but nothing%2 checks who they are. Listen on 127.0.0.1, "
            "name an issuer in OAUTH_ISSUER_URL or keys in API_KEYS, or pass --allow-anonymous "
            "when something in front of the bridge authenticates callers."_s.arg(
                address.toString(),
                strategies.isEmpty() ? QString() : u" that AUTH_STRATEGIES names"_s)};
    return std::nullopt;
}

/// A bridge that lets nobody in is of no use.
std::optional<FieldProblem> checkRequiredGroups(const config::Settings &settings)
{
    const QString name = u"BRIDGE_REQUIRED_GROUPS"_s;
    const bool hasPlugins = !settings.text(u"PLUGIN_DIR"_s).isEmpty();
    if (settings.list(name).isEmpty() || hasPlugins || IdentityRooms::tellsCallersApart(settings))
        return std::nullopt;
    return FieldProblem{name, u"lets nobody in, as nothing tells who is in a group. Name an issuer "
                              "in OAUTH_ISSUER_URL or keys in API_KEY_STORE."_s};
}

std::optional<FieldProblem> checkStrategies(const config::Settings &settings,
                                            const QStringList &strategies)
{
    const auto options = auth::authOptions(settings);
    if (strategies.isEmpty() || !options || options->allowAnonymous
        || auth::waysOf(settings, *options).any())
        return std::nullopt;
    return FieldProblem{u"AUTH_STRATEGIES"_s,
                        u"lets nobody in. %1 Configure one of them, or name others."_s.arg(
                            auth::strategyWarnings(settings, *options).join(u' '))};
}

} // namespace

QList<FieldProblem> checkExposure(const config::Settings &settings)
{
    const QStringList strategies = settings.list(u"AUTH_STRATEGIES"_s);
    QList<FieldProblem> problems;
    if (auto open = checkAddress(settings, strategies))
        problems.append(std::move(*open));
    else if (auto closed = checkStrategies(settings, strategies))
        problems.append(std::move(*closed));
    if (auto empty = checkRequiredGroups(settings))
        problems.append(std::move(*empty));
    return problems;
}

} // namespace bridge
