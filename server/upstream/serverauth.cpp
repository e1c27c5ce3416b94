// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/serverauth.h"

#include "common/config/suggest.h"
#include "common/logging/redaction.h"

#include <QtCore/QRegularExpression>

using namespace Qt::StringLiterals;

namespace bridge::upstream {

namespace {

struct Member {
    const char *key;
    QString ServerAuth::*target;
};

constexpr Member kTexts[] = {
    {"provider", &ServerAuth::provider},    {"alias", &ServerAuth::alias},
    {"audience", &ServerAuth::audience},    {"scope", &ServerAuth::scope},
    {"resource", &ServerAuth::resource},    {"connection", &ServerAuth::connection},
    {"oauthEnv", &ServerAuth::environment}, {"clientId", &ServerAuth::clientId},
    {"issuer", &ServerAuth::issuer},
};

const QStringList &providers()
{
    static const QStringList names{u"passthrough"_s, u"keycloak"_s,     u"exchange"_s, u"entra"_s,
                                   u"oauth"_s,       u"user-api-key"_s, u"none"_s};
    return names;
}

QStringList keys()
{
    QStringList names{u"clientSecret"_s, u"redirectUri"_s, u"allowFallback"_s};
    for (const Member &member : kTexts)
        names.append(QString::fromLatin1(member.key));
    return names;
}

bool isVariableName(const QString &name)
{
    static const QRegularExpression pattern(u"^[A-Za-z_][A-Za-z0-9_]*$"_s);
    return pattern.match(name).hasMatch();
}

} // namespace

ServerAuth serverAuth(const config::Settings &settings)
{
    ServerAuth auth;
    auth.alias = settings.text(u"KEYCLOAK_PROVIDER_ALIAS"_s).trimmed();
    auth.audience = settings.text(u"OAUTH_TOKEN_EXCHANGE_AUDIENCE"_s);
    auth.scope = settings.text(u"OAUTH_TOKEN_EXCHANGE_SCOPE"_s);
    auth.resource = settings.text(u"OAUTH_TOKEN_EXCHANGE_RESOURCE"_s);
    auth.connection = settings.text(u"MCP_CONNECTION_ID"_s);
    auth.environment = settings.text(u"OAUTH_ENV"_s).trimmed();
    auth.mayFallBack = settings.boolean(u"MCP_REMOTE_ALLOW_TOKEN_FALLBACK"_s);
    return auth;
}

void readRemoteClient(ServerAuth &auth, const config::Settings &settings)
{
    auth.clientId = settings.text(u"MCP_REMOTE_CLIENT_ID"_s);
    auth.clientSecret = settings.text(u"MCP_REMOTE_CLIENT_SECRET"_s).toUtf8();
    auth.redirectUri = QUrl(settings.text(u"MCP_REMOTE_REDIRECT_URI"_s));
    auth.issuer = settings.text(u"MCP_REMOTE_SERVER_OAUTH_ISSUER"_s);
    if (const QString scope = settings.text(u"MCP_REMOTE_SCOPE"_s); !scope.isEmpty())
        auth.scope = scope;
    if (settings.text(u"MCP_REMOTE_OAUTH"_s) == "always"_L1)
        auth.provider = u"oauth"_s;
}

ServerAuth serverAuthEntry(const QString &place, const QJsonValue &entry, ServerAuth common,
                           QList<FieldProblem> &problems)
{
    if (entry.isUndefined())
        return common;
    const QString here = place + u".auth"_s;
    if (!entry.isObject()) {
        problems.append({here, u"must be an object."_s});
        return common;
    }
    const QJsonObject object = entry.toObject();
    const auto problem = [&](const QString &key, const QString &text) {
        problems.append({here + u'.' + key, text});
    };
    for (const QString &key : object.keys()) {
        if (keys().contains(key) || key.startsWith(u'_') || key.startsWith("//"_L1))
            continue;
        const QString meant = config::nearest(key, keys());
        problem(key, meant.isEmpty() ? u"is no key here. There are %1."_s.arg(keys().join(u", "_s))
                                     : u"is no key here. Did you mean %1?"_s.arg(meant));
    }
    for (const Member &member : kTexts) {
        const QString key = QString::fromLatin1(member.key);
        const QJsonValue value = object.value(key);
        if (!value.isUndefined() && !value.isString())
            problem(key, u"must be a text."_s);
        common.*member.target = value.toString(common.*member.target).trimmed();
    }
    if (!common.provider.isEmpty() && !providers().contains(common.provider))
        problem(u"provider"_s, u"must be one of %1."_s.arg(providers().join(u", "_s)));
    if (!common.environment.isEmpty() && !isVariableName(common.environment))
        problem(u"oauthEnv"_s, u"must be the name of a variable: letters, digits and _."_s);
    if (const QJsonValue secret = object["clientSecret"_L1]; !secret.isUndefined()) {
        if (!secret.isString())
            problem(u"clientSecret"_s, u"must be a text."_s);
        common.clientSecret = secret.toString().toUtf8();
        logging::registerSecret(secret.toString());
    }
    if (const QJsonValue uri = object["redirectUri"_L1]; !uri.isUndefined()) {
        common.redirectUri = QUrl(uri.toString(), QUrl::StrictMode);
        if (!common.redirectUri.isValid() || common.redirectUri.host().isEmpty())
            problem(u"redirectUri"_s, u"must be an absolute URL."_s);
    }
    if (const QJsonValue may = object["allowFallback"_L1]; !may.isUndefined()) {
        if (!may.isBool())
            problem(u"allowFallback"_s, u"must be true or false."_s);
        common.mayFallBack = may.toBool(common.mayFallBack);
    }
    return common;
}

} // namespace bridge::upstream
