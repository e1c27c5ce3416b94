// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/startsummary.h"

#include "server/application.h"
#include "server/auth/ways.h"

#include <QtNetwork/QHostAddress>

using namespace Qt::StringLiterals;

namespace bridge {

namespace {

/// What is in force, which need not be all that is configured.
QString callers(const config::Settings &settings, const auth::AuthOptions &options)
{
    const auth::Ways in = auth::waysOf(settings, options);
    const auth::VerifierOptions &verifier = options.verifier;
    QStringList issuers;
    for (const auth::IssuerOptions &issuer : verifier.issuers)
        issuers.append(issuer.issuer);
    QStringList ways;
    const bool hasTokens = in.bearer || in.cookie;
    if (hasTokens)
        ways.append(verifier.verify ? u"access tokens of "_s + issuers.join(" and "_L1)
                                    : u"access tokens that nobody verifies"_s);
    if (in.login)
        ways.append(hasTokens ? u"the login of people there"_s
                              : u"the login of people at "_s + issuers.value(0));
    if (in.apiKeys)
        ways.append(u"API keys"_s);
    if (in.proxy)
        ways.append(u"headers of a proxy"_s);
    if (in.plugins)
        ways.append(u"plugins, if there are any for it"_s);
    const bool admitsAll =
        allowsAnonymous(settings, options) && settings.list(u"BRIDGE_REQUIRED_GROUPS"_s).isEmpty();
    const QString others = admitsAll ? u"anybody else is let in"_s : u"nobody else is let in"_s;
    if (ways.isEmpty())
        return u"nothing tells them apart; "_s + others;
    return u"told apart by "_s + ways.join(", "_L1) + u"; "_s + others;
}

QString auditLog(const config::Settings &settings)
{
    const auto options = audit::auditOptions(settings);
    if (!options || options->to == audit::AuditOptions::To::Nowhere)
        return u"off"_s;
    if (options->to == audit::AuditOptions::To::Log)
        return u"in this log"_s;
    return options->key.isEmpty() ? u"file without a key"_s : u"file with a key"_s;
}

QString given(bool is)
{
    return is ? u"yes"_s : u"none"_s;
}

} // namespace

QString startSummary(const config::Loaded &loaded)
{
    const config::Settings &settings = loaded.settings;
    const auto options = auth::authOptions(settings);
    const QStringList groups = settings.list(u"BRIDGE_REQUIRED_GROUPS"_s);
    const bool hasLimits = !loaded.limits.toArray().isEmpty()
                           || !settings.text(u"RATE_LIMIT_PER_USER"_s).isEmpty()
                           || !settings.text(u"RATE_LIMIT_PER_TOOL"_s).isEmpty()
                           || !settings.text(u"RATE_LIMIT_PER_SERVER"_s).isEmpty();
    return u"Callers: %1. Required groups: %2. Policy: %3. Limits: %4. Audit log: %5. Vault: %6."_s
        .arg(options ? callers(settings, *options) : QString(),
             groups.isEmpty() ? u"none"_s : groups.join(", "_L1),
             given(!loaded.policy.isUndefined()), given(hasLimits), auditLog(settings),
             settings.text(u"VAULT_KEY"_s).trimmed().isEmpty() ? u"off"_s : u"on"_s);
}

QString proxiesWarning(const config::Settings &settings)
{
    if (!settings.networks(u"TRUSTED_PROXIES"_s).areWide())
        return {};
    return u"TRUSTED_PROXIES holds nearly all addresses there are: whoever calls from one of them "
           "can choose the address that limits and logs know him by. Name those of your proxies "
           "only."_s;
}

QStringList startWarnings(const config::Settings &settings)
{
    QStringList warnings;
    const QString host = settings.text(u"HOST"_s);
    const bool isLocal = host == "localhost"_L1 || QHostAddress(host).isLoopback();
    if (!isLocal && settings.list(u"ALLOWED_HOSTS"_s).isEmpty()
        && settings.text(u"BRIDGE_PUBLIC_URL"_s).isEmpty())
        warnings.append(
            u"The bridge can be reached from other machines, and any host name in a request is "
            "taken for its own: links in its documents lead there. Set BRIDGE_PUBLIC_URL, or "
            "ALLOWED_HOSTS to the names it is reached by."_s);
    if (const QString wide = proxiesWarning(settings); !wide.isEmpty())
        warnings.append(wide);
    return warnings;
}

} // namespace bridge
