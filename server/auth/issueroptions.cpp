// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/issueroptions.h"

#include "common/config/settings.h"

#include <QtCore/QJsonArray>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace bridge::auth {

namespace {

QList<crypto::Algorithm> algorithmsFrom(const QStringList &names, const QString &path,
                                        QList<FieldProblem> &problems)
{
    QList<crypto::Algorithm> algorithms;
    for (const QString &name : names) {
        if (const auto algorithm = crypto::algorithmFromName(name))
            algorithms.append(*algorithm);
        else
            problems.append({path, u"must be among %1; %2 is not."_s.arg(
                                       crypto::algorithmNames().join(", "_L1), name)});
    }
    if (names.isEmpty())
        problems.append({path, u"must name at least one algorithm."_s});
    return algorithms;
}

Introspect modeFrom(const QString &text, const IssuerOptions &issuer)
{
    if (text == "off"_L1 || issuer.clientId.isEmpty() || issuer.clientSecret.isEmpty())
        return Introspect::Never;
    return text == "always"_L1 ? Introspect::Always : Introspect::Opaque;
}

QString withoutSlash(QString url)
{
    while (url.endsWith(u'/'))
        url.chop(1);
    return url;
}

/// Groups that Entra leaves out of a token are asked for, where anybody wants to know them.
void setGraph(IssuerOptions &issuer, const QString &preset, const config::Settings &settings)
{
    if (preset == "entra"_L1 && settings.boolean(u"OAUTH_EXTRACT_GROUPS"_s))
        issuer.graph = QUrl(settings.text(u"ENTRA_GRAPH_URL"_s));
}

IssuerOptions primary(const config::Settings &settings)
{
    IssuerOptions issuer;
    issuer.issuer = settings.text(u"OAUTH_ISSUER_URL"_s);
    const QString base = settings.text(u"AUTH_BASE_URL"_s);
    if (!base.isEmpty()) {
        const QString realm =
            QString::fromLatin1(QUrl::toPercentEncoding(settings.text(u"KEYCLOAK_REALM"_s)));
        const QString place = withoutSlash(base) + "/realms/"_L1 + realm;
        issuer.keycloakRealm = QUrl(place);
        if (issuer.issuer.isEmpty())
            issuer.issuer = place;
    }
    issuer.jwksUri = QUrl(settings.text(u"OAUTH_JWKS_URL"_s));
    issuer.introspectionEndpoint = QUrl(settings.text(u"OAUTH_INTROSPECTION_URL"_s));
    issuer.audiences = settings.list(u"OAUTH_AUDIENCE"_s);
    issuer.clientId = settings.text(u"OAUTH_CLIENT_ID"_s);
    issuer.clientSecret = settings.text(u"OAUTH_CLIENT_SECRET"_s);
    issuer.introspect = modeFrom(settings.text(u"AUTH_INTROSPECTION"_s), issuer);
    issuer.claims = commonClaimRules(settings);
    issuer.takesIdTokens = settings.boolean(u"AUTH_ACCEPT_ID_TOKENS"_s);
    setGraph(issuer, settings.text(u"OAUTH_CLAIMS_PRESET"_s), settings);
    const QString tenant = settings.text(u"ENTRA_TENANT_ID"_s).trimmed();
    if (!tenant.isEmpty()) {
        const QString authority = withoutSlash(settings.text(u"ENTRA_AUTHORITY"_s));
        issuer.entraTokenEndpoint = QUrl(authority + u'/' + tenant + u"/oauth2/v2.0/token"_s);
    }
    return issuer;
}

/// Reads one entry of AUTH_ISSUERS; what it does not say is as for the first issuer.
class Entry
{
public:
    Entry(const QJsonValue &entry, qsizetype index, QList<FieldProblem> &problems)
        : m_entry(entry.toObject())
        , m_path(u"AUTH_ISSUERS[%1]"_s.arg(index))
        , m_problems(problems)
    {
        if (!entry.isObject())
            complain({}, u"must be an object with at least issuer."_s);
    }

    IssuerOptions read(const IssuerOptions &usual)
    {
        checkNames();
        IssuerOptions issuer;
        issuer.issuer = text("issuer"_L1);
        if (issuer.issuer.isEmpty() || !isHttp(QUrl(issuer.issuer)))
            complain(u"issuer"_s, u"must be an http or https URL."_s);
        issuer.audiences = has("audience"_L1) ? list("audience"_L1) : usual.audiences;
        issuer.jwksUri = url("jwks_uri"_L1);
        issuer.introspectionEndpoint = url("introspection_endpoint"_L1);
        issuer.clientId = text("client_id"_L1);
        issuer.clientSecret = text("client_secret"_L1);
        issuer.introspect = modeFrom(introspection(issuer), issuer);
        issuer.claims = claims(usual.claims);
        issuer.takesIdTokens = usual.takesIdTokens;
        issuer.algorithms =
            has("algorithms"_L1)
                ? algorithmsFrom(list("algorithms"_L1), m_path + ".algorithms"_L1, m_problems)
                : usual.algorithms;
        issuer.admins = boolean("admins"_L1);
        issuer.requiredGroups = boolean("requiredGroups"_L1);
        return issuer;
    }

private:
    bool has(QLatin1StringView name) const { return m_entry.contains(name); }

    void complain(const QString &name, const QString &what)
    {
        m_problems.append({name.isEmpty() ? m_path : QString(m_path + u'.' + name), what});
    }

    void checkNames()
    {
        static const QStringList known{
            u"issuer"_s,         u"audience"_s,    u"jwks_uri"_s,      u"introspection_endpoint"_s,
            u"introspection"_s,  u"client_id"_s,   u"client_secret"_s, u"claims_preset"_s,
            u"groups_claim"_s,   u"roles_claim"_s, u"algorithms"_s,    u"admins"_s,
            u"requiredGroups"_s, u"user_claim"_s};
        const QStringList names = m_entry.keys();
        for (const QString &name : names) {
            if (!known.contains(name))
                complain(name, u"is not known here; there are %1."_s.arg(known.join(", "_L1)));
        }
    }

    QString text(QLatin1StringView name)
    {
        if (has(name) && !m_entry[name].isString())
            complain(name, u"must be a text."_s);
        return m_entry[name].toString();
    }

    bool boolean(QLatin1StringView name)
    {
        if (has(name) && !m_entry[name].isBool())
            complain(name, u"must be true or false."_s);
        return m_entry[name].toBool();
    }

    QStringList list(QLatin1StringView name)
    {
        const QJsonValue value = m_entry[name];
        QStringList entries;
        if (value.isString()) {
            const QStringList parts = value.toString().split(u',', Qt::SkipEmptyParts);
            for (const QString &part : parts)
                entries.append(part.trimmed());
        } else if (value.isArray()) {
            const QJsonArray array = value.toArray();
            for (const QJsonValue &part : array)
                entries.append(part.toString());
        }
        if (entries.isEmpty() || entries.contains(QString()))
            complain(name, u"must be a text or a list of texts."_s);
        return entries;
    }

    static bool isHttp(const QUrl &url)
    {
        return url.isValid() && !url.host().isEmpty()
               && (url.scheme() == "https"_L1 || url.scheme() == "http"_L1);
    }

    QUrl url(QLatin1StringView name)
    {
        const QString value = text(name);
        const QUrl made(value, QUrl::StrictMode);
        if (!value.isEmpty() && !isHttp(made))
            complain(name, u"must be an http or https URL."_s);
        return made;
    }

    /// Opaque tokens may be anybody's: only who is said to have some is shown them, be it by where
    /// to ask about them.
    QString introspection(const IssuerOptions &issuer)
    {
        const bool isSaid = has("introspection"_L1);
        const QString mode = isSaid                                   ? text("introspection"_L1)
                             : issuer.introspectionEndpoint.isEmpty() ? u"off"_s
                                                                      : u"opaque"_s;
        if (mode != "off"_L1 && mode != "opaque"_L1 && mode != "always"_L1)
            complain(u"introspection"_s, u"must be off, opaque or always."_s);
        else if (mode != "off"_L1 && (issuer.clientId.isEmpty() || issuer.clientSecret.isEmpty()))
            complain(isSaid ? u"introspection"_s : u"introspection_endpoint"_s,
                     u"needs client_id and client_secret beside it: issuers tell nobody else about "
                     "tokens."_s);
        return mode;
    }

    ClaimRules claims(const ClaimRules &usual)
    {
        ClaimRules rules = usual;
        if (has("claims_preset"_L1)) {
            const QString preset = text("claims_preset"_L1);
            if (!claimPresets().contains(preset))
                complain(u"claims_preset"_s,
                         u"must be one of %1."_s.arg(claimPresets().join(", "_L1)));
            rules = claimRules(preset);
        }
        rules.user = text("user_claim"_L1); // that of the first may be anybody's choice here
        if (has("groups_claim"_L1))
            rules.groups = list("groups_claim"_L1);
        if (has("roles_claim"_L1))
            rules.roles = list("roles_claim"_L1);
        return rules;
    }

    QJsonObject m_entry;
    QString m_path;
    QList<FieldProblem> &m_problems;
};

} // namespace

ClaimRules commonClaimRules(const config::Settings &settings)
{
    ClaimRules rules = claimRules(settings.text(u"OAUTH_CLAIMS_PRESET"_s));
    const QStringList groups = settings.list(u"OAUTH_GROUPS_CLAIM"_s);
    const QStringList roles = settings.list(u"OAUTH_ROLES_CLAIM"_s);
    if (!groups.isEmpty())
        rules.groups = groups;
    if (!roles.isEmpty())
        rules.roles = roles;
    rules.user = settings.text(u"OAUTH_USER_CLAIM"_s).trimmed();
    if (!settings.boolean(u"OAUTH_EXTRACT_GROUPS"_s)) {
        rules.groups.clear();
        rules.roles.clear();
    }
    return rules;
}

std::vector<IssuerOptions> issuersFrom(const config::Settings &settings,
                                       QList<FieldProblem> &problems)
{
    std::vector<IssuerOptions> issuers;
    IssuerOptions first = primary(settings);
    first.algorithms =
        algorithmsFrom(settings.list(u"AUTH_ALGORITHMS"_s), u"AUTH_ALGORITHMS"_s, problems);
    if (!first.issuer.isEmpty())
        issuers.push_back(first);
    else if (!first.jwksUri.isEmpty() || !first.introspectionEndpoint.isEmpty())
        problems.append({u"OAUTH_ISSUER_URL"_s, u"must be set to use OAUTH_JWKS_URL or "
                                                "OAUTH_INTROSPECTION_URL."_s});
    const QJsonArray more = settings.json(u"AUTH_ISSUERS"_s).toArray();
    for (qsizetype i = 0; i < more.size(); ++i) {
        IssuerOptions issuer = Entry(more[i], i, problems).read(first);
        const QString preset = more[i].toObject()["claims_preset"_L1].toString(
            settings.text(u"OAUTH_CLAIMS_PRESET"_s));
        setGraph(issuer, preset, settings);
        if (!settings.boolean(u"OAUTH_EXTRACT_GROUPS"_s)) {
            issuer.claims.groups.clear();
            issuer.claims.roles.clear();
        }
        const bool isTwice = std::any_of(issuers.begin(), issuers.end(), [&](const auto &other) {
            return other.issuer == issuer.issuer;
        });
        if (isTwice)
            problems.append({u"AUTH_ISSUERS[%1].issuer"_s.arg(i), u"is configured twice."_s});
        issuers.push_back(std::move(issuer));
    }
    return issuers;
}

} // namespace bridge::auth
