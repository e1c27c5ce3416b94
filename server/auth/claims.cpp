// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/claims.h"

#include "server/auth/membership.h"

#include <QtCore/QJsonArray>

using namespace Qt::StringLiterals;

namespace bridge::auth {

namespace {

constexpr int kMostDepth = 4; // of lists and objects within one another

/// A claim that is neither list nor object, as people would write it; empty when it is blank.
/// Spaces stay: two names that differ by one are two names.
QString plainText(const QJsonValue &value)
{
    if (value.isString())
        return value.toString().trimmed().isEmpty() ? QString() : value.toString();
    if (value.isBool() || value.isDouble())
        return value.toVariant().toString();
    return {};
}

void flatten(const QJsonValue &value, const QString &prefix, int depth, QStringList &into)
{
    if (depth > kMostDepth)
        return;
    if (value.isArray()) {
        const QJsonArray list = value.toArray();
        for (const QJsonValue &entry : list)
            flatten(entry, prefix, depth + 1, into);
        return;
    }
    if (value.isObject()) {
        const QJsonObject object = value.toObject();
        for (auto it = object.begin(); it != object.end(); ++it)
            flatten(it.value(), prefix + it.key() + u':', depth + 1, into);
        return;
    }
    const QString text = plainText(value);
    if (!text.isEmpty())
        into.append(prefix + text);
}

void collect(const QJsonObject &object, const QStringList &path, const QString &prefix,
             QStringList &into)
{
    const QString name = path.first();
    const QStringList rest = path.mid(1);
    const auto visit = [&](const QJsonValue &value, const QString &before) {
        if (rest.isEmpty())
            flatten(value, before, 0, into);
        else if (value.isObject())
            collect(value.toObject(), rest, before, into);
    };
    if (name != "*"_L1) {
        visit(object[name], prefix);
        return;
    }
    for (auto it = object.begin(); it != object.end(); ++it)
        visit(it.value(), prefix + it.key() + u':');
}

QStringList unionOf(const QJsonObject &claims, const QStringList &paths)
{
    QStringList values;
    for (const QString &path : paths)
        values += valuesAt(claims, path);
    values.removeDuplicates();
    return values;
}

/// Scopes are one text with spaces between them, or a list (RFC 8693 §4.2, Okta).
QStringList scopesOf(const QJsonObject &claims, const QStringList &paths)
{
    QStringList scopes;
    const QStringList values = unionOf(claims, paths);
    for (const QString &value : values)
        scopes += value.split(u' ', Qt::SkipEmptyParts);
    scopes.removeDuplicates();
    return scopes;
}

QString firstText(const QJsonObject &claims, std::initializer_list<QLatin1StringView> names)
{
    for (const auto name : names) {
        const QString text = plainText(claims[name]);
        if (!text.isEmpty())
            return text;
    }
    return {};
}

QString escaped(QString text)
{
    return text.replace(u'%', "%25"_L1).replace(u'#', "%23"_L1);
}

QString subjectOf(const QJsonObject &claims)
{
    return plainText(claims["sub"_L1]);
}

/// Names whoever \a claims are about: user id, where it is from, subject and owner.
Result<Nothing> name(Principal &principal, const QJsonObject &claims, const QString &user)
{
    principal.subject = subjectOf(claims);
    if (user.isEmpty()) {
        principal.userId = principal.subject;
        for (const auto other : {"user_id"_L1, "uid"_L1, "preferred_username"_L1, "email"_L1}) {
            if (!principal.userId.isEmpty())
                break;
            principal.userId = plainText(claims[other]);
            principal.namedBy = other;
        }
        if (principal.userId.isEmpty())
            return Error(ErrorCode::InvalidToken,
                         u"The access token does not say who its user is (sub, user_id, uid, "
                         "preferred_username or email)."_s);
    } else {
        const QStringList values = valuesAt(claims, user);
        if (values.size() != 1)
            return Error(ErrorCode::InvalidToken,
                         u"The access token does not say who its user is (%1)."_s.arg(user));
        principal.userId = values.first();
    }
    if (!principal.subject.isEmpty()) {
        principal.owner = ownerOf(principal.issuer, principal.subject);
        return Nothing{};
    }
    // Another claim must not pass for a subject of the same text.
    const QString place = principal.namedBy.isEmpty() ? user : principal.namedBy;
    principal.owner = ownerOf(principal.issuer, place) + u'#' + escaped(principal.userId);
    return Nothing{};
}

} // namespace

QStringList claimPresets()
{
    return {u"contract"_s, u"keycloak"_s, u"entra"_s, u"okta"_s, u"auth0"_s};
}

ClaimRules claimRules(const QString &preset)
{
    const QStringList realm{u"groups"_s, u"realm_access.roles"_s, u"resource_access.*.roles"_s};
    const QStringList scope{u"scope"_s, u"scp"_s};
    if (preset == "keycloak"_L1)
        return {realm, {u"realm_access.roles"_s}, scope};
    if (preset == "entra"_L1)
        return {{u"groups"_s, u"wids"_s}, {u"roles"_s}, scope};
    if (preset == "okta"_L1)
        return {{u"groups"_s}, {u"roles"_s}, scope};
    if (preset == "auth0"_L1) // rules and actions may only add claims whose names are URLs
        return {{u"groups"_s, u"*/groups"_s},
                {u"roles"_s, u"*/roles"_s},
                {u"scope"_s, u"permissions"_s}};
    return {realm + QStringList{u"wids"_s}, {u"roles"_s, u"realm_access.roles"_s}, scope};
}

QStringList valuesAt(const QJsonObject &claims, const QString &path)
{
    QStringList values;
    if (claims.contains(path)) { // names with dots in them, e.g. URLs
        flatten(claims[path], {}, 0, values);
    } else if (path.startsWith("*/"_L1)) {
        for (auto it = claims.begin(); it != claims.end(); ++it) {
            if (it.key().endsWith(path.mid(1)) && it.key().contains("://"_L1))
                flatten(it.value(), {}, 0, values);
        }
    } else {
        collect(claims, path.split(u'.'), {}, values);
    }
    return values;
}

QString ownerOf(const QString &issuer, const QString &subject)
{
    return escaped(issuer) + u'#' + escaped(subject);
}

Result<Principal> principalFrom(const QJsonObject &claims, const QString &issuer,
                                const ClaimRules &rules)
{
    Principal principal;
    principal.kind = Principal::Kind::User;
    principal.issuer = issuer;
    if (const auto named = name(principal, claims, rules.user); !named)
        return named.error();
    principal.email = firstText(claims, {"email"_L1, "preferred_username"_L1, "upn"_L1});
    principal.name =
        firstText(claims, {"name"_L1, "preferred_username"_L1, "username"_L1, "email"_L1});
    principal.clientId = firstText(claims, {"azp"_L1, "client_id"_L1, "appid"_L1, "cid"_L1});
    const QStringList groups = unionOf(claims, rules.groups);
    for (const QString &group : groups)
        principal.groups.append(plainGroup(group));
    principal.groups.removeDuplicates();
    principal.groups.removeAll(QString());
    principal.roles = unionOf(claims, rules.roles);
    principal.scopes = scopesOf(claims, rules.scopes);
    principal.claims = claims;
    return principal;
}

} // namespace bridge::auth
