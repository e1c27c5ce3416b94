// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/strategies.h"

#include "server/auth/admintoken.h"
#include "server/auth/proxystrategy.h"
#include "server/auth/tokenstrategy.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace bridge::auth {

namespace {

using Strategies = Authenticator::Strategies;

/// Those that need something to be configured are left out quietly when it is not.
bool isOptional(const QString &name)
{
    return name == "admin-token"_L1 || name == "api-key"_L1 || name == "login"_L1
           || name == "plugin:*"_L1;
}

std::unique_ptr<Strategy> made(const QString &name, const AuthOptions &options,
                               const std::shared_ptr<TokenVerifier> &verifier,
                               const QByteArray &adminToken)
{
    if (name == "bearer"_L1)
        return std::make_unique<BearerStrategy>(verifier, options);
    if (name == "cookie"_L1)
        return std::make_unique<CookieStrategy>(verifier, options);
    if (name == "proxy"_L1)
        return std::make_unique<ProxyStrategy>(options);
    if (name == "admin-token"_L1 && !adminToken.isEmpty())
        return std::make_unique<AdminTokenStrategy>(adminToken);
    return nullptr;
}

/// Moves those of \a others that are called \a name (`plugin:*` = all plugins) to \a strategies.
bool moveNamed(const QString &name, Strategies &others, Strategies &strategies)
{
    bool isFound = false;
    for (auto &other : others) {
        const bool fits = other
                          && (other->name() == name
                              || (name == "plugin:*"_L1 && other->name().startsWith("plugin:"_L1)));
        if (!fits)
            continue;
        strategies.push_back(std::move(other));
        isFound = true;
    }
    return isFound;
}

} // namespace

Result<Strategies> makeStrategies(const AuthOptions &options,
                                  const std::shared_ptr<TokenVerifier> &verifier, Strategies others)
{
    const auto adminToken = adminTokenOf(options);
    if (!adminToken)
        return adminToken.error();
    Strategies strategies;
    for (const QString &name : options.strategies) {
        if (auto own = made(name, options, verifier, *adminToken))
            strategies.push_back(std::move(own));
        else if (!moveNamed(name, others, strategies) && !isOptional(name))
            return Error(
                ErrorCode::InvalidConfig,
                u"AUTH_STRATEGIES names %1, but nothing in PLUGIN_DIR is called so."_s.arg(name));
    }
    return strategies;
}

} // namespace bridge::auth
