// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/ways.h"

#include "common/config/settings.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace bridge::auth {

namespace {

bool isGiven(const config::Settings &settings, const QString &name)
{
    return !settings.text(name).trimmed().isEmpty();
}

bool namesPlugin(const AuthOptions &options)
{
    return std::any_of(
        options.strategies.begin(), options.strategies.end(),
        [](const QString &name) { return name.startsWith("plugin:"_L1) && name != "plugin:*"_L1; });
}

/// What strategy \a name takes to know anybody; empty when \a ways has it.
QString missingFor(const QString &name, const Ways &ways)
{
    if (name == "login"_L1 && !ways.login)
        return u"an issuer (OAUTH_ISSUER_URL or AUTH_BASE_URL) and OAUTH_CLIENT_ID"_s;
    if (name == "api-key"_L1 && !ways.apiKeys)
        return u"API_KEY_STORE or API_KEYS"_s;
    if (name == "admin-token"_L1 && !ways.adminToken)
        return u"ADMIN_TOKEN or ADMIN_TOKEN_PATH"_s;
    const bool isIdle = (name == "bearer"_L1 && !ways.bearer && !ways.proxy)
                        || (name == "cookie"_L1 && !ways.cookie)
                        || (name.startsWith("plugin:"_L1) && !ways.plugins);
    return isIdle ? u"an issuer (OAUTH_ISSUER_URL or AUTH_BASE_URL)"_s : QString();
}

} // namespace

bool Ways::any() const
{
    return bearer || cookie || login || apiKeys || proxy || plugins || adminToken;
}

Ways waysOf(const config::Settings &settings, const AuthOptions &options)
{
    const VerifierOptions &verifier = options.verifier;
    const auto uses = [&options](QLatin1StringView name) {
        return options.strategies.contains(name);
    };
    const bool hasTokens = verifier.verify || verifier.believe;
    Ways ways;
    ways.bearer = hasTokens && uses("bearer"_L1);
    ways.cookie = hasTokens && uses("cookie"_L1);
    ways.login = verifier.verify && uses("login"_L1) && isGiven(settings, u"OAUTH_CLIENT_ID"_s);
    ways.apiKeys = uses("api-key"_L1)
                   && (isGiven(settings, u"API_KEYS"_s) || isGiven(settings, u"API_KEY_STORE"_s));
    // A proxy may vouch for the tokens it sends, too.
    ways.proxy =
        options.trustProxyHeaders && (uses("proxy"_L1) || (!verifier.verify && uses("bearer"_L1)));
    ways.plugins =
        hasTokens
        && (namesPlugin(options) || (uses("plugin:*"_L1) && isGiven(settings, u"PLUGIN_DIR"_s)));
    ways.adminToken = uses("admin-token"_L1)
                      && (!options.adminToken.isEmpty() || !options.adminTokenPath.isEmpty());
    return ways;
}

bool tellsCallersApart(const config::Settings &settings, const AuthOptions &options)
{
    const Ways ways = waysOf(settings, options);
    const bool looksAtTokens = ways.bearer || ways.cookie || ways.plugins;
    return (options.verifier.verify && looksAtTokens) || ways.login || ways.apiKeys || ways.proxy
           || (ways.plugins && namesPlugin(options));
}

bool believesAnybody(const config::Settings &settings, const AuthOptions &options)
{
    const Ways ways = waysOf(settings, options);
    return options.verifier.believe && (ways.bearer || ways.cookie || ways.plugins);
}

QString credentialHint(const Ways &ways)
{
    QStringList sent;
    if (ways.bearer)
        sent.append(u"an access token in the header Authorization: Bearer <token>"_s);
    else if (ways.cookie)
        sent.append(u"an access token in its cookie"_s);
    if (ways.apiKeys)
        sent.append(u"an API key in the header X-API-Key"_s);
    QStringList others;
    if (ways.login)
        others.append(u"log in at /oauth/login"_s);
    if (ways.proxy)
        others.append(u"come through the proxy that says who is calling"_s);
    QString hint = sent.isEmpty() ? QString() : u"send "_s + sent.join(", or "_L1);
    if (!others.isEmpty())
        hint += (hint.isEmpty() ? QString() : u", or "_s) + others.join(", or "_L1);
    if (ways.adminToken)
        hint += (hint.isEmpty() ? QString() : u"; "_s)
                + u"under /admin the admin token as Authorization: Bearer <token>"_s;
    if (hint.isEmpty())
        return u"Its operator can say how."_s;
    return hint.at(0).toUpper() + hint.mid(1) + u'.';
}

QStringList strategyWarnings(const config::Settings &settings, const AuthOptions &options)
{
    QStringList warnings;
    const Ways ways = waysOf(settings, options);
    const bool othersKnow = ways.cookie || ways.login || ways.plugins;
    if (options.verifier.verify && !ways.bearer && (options.allowAnonymous || !othersKnow))
        warnings.append(
            u"An issuer is configured, but AUTH_STRATEGIES leaves out bearer: nobody looks at "
            "access tokens, whether they are good or not%1. Name bearer there, or leave "
            "AUTH_STRATEGIES empty."_s.arg(options.allowAnonymous
                                               ? u", and who sends one is the anonymous caller"_s
                                               : QString()));
    const QStringList given = settings.list(u"AUTH_STRATEGIES"_s);
    for (const QString &name : given) {
        if (const QString missing = missingFor(name, ways); !missing.isEmpty())
            warnings.append(
                u"AUTH_STRATEGIES names %1, which knows nobody: it takes %2."_s.arg(name, missing));
    }
    if (ways.proxy && options.trustedProxies.areWide())
        warnings.append(
            u"AUTH_TRUSTED_PROXIES holds nearly all addresses there are: whoever calls from one of "
            "them can say that he is anybody. Name those of your proxies only."_s);
    return warnings;
}

} // namespace bridge::auth
