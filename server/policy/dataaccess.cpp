// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/policy/dataaccess.h"

#include "common/logging/categories.h"
#include "common/logging/logger.h"
#include "server/auth/membership.h"
#include "server/policy/groupgate.h"

#include <QtCore/QCryptographicHash>

using namespace Qt::StringLiterals;

namespace bridge::policy {

namespace {

constexpr qsizetype kIssuerDigits = 16;
constexpr QLatin1StringView kUser("{user_id}");
constexpr QLatin1StringView kGroup("{group_id}");

/// Replaces both placeholders once; values are not looked into again.
QString filled(const QString &pattern, const QString &user, const QString &group)
{
    QString text;
    for (qsizetype at = 0; at < pattern.size();) {
        const QStringView rest = QStringView(pattern).sliced(at);
        if (rest.startsWith(kUser)) {
            text += user;
            at += kUser.size();
        } else if (rest.startsWith(kGroup)) {
            text += group;
            at += kGroup.size();
        } else {
            text += pattern[at++];
        }
    }
    return text;
}

bool isRelative(const QString &path)
{
    const QStringList parts = path.split(u'/');
    return !path.startsWith(u'/') && !path.contains(u'\\') && !parts.contains(".."_L1)
           && !parts.contains("."_L1);
}

/// Sets keys and admins apart from users, who may be called the same. No encoded name holds `~`
/// in front of anything but 32 digits.
QString markOf(const auth::Principal &principal, const DataAccessOptions &options)
{
    switch (principal.kind) {
    case auth::Principal::Kind::Service:
        return u"~key"_s;
    case auth::Principal::Kind::Admin:
        return u"~admin"_s;
    case auth::Principal::Kind::User:
    case auth::Principal::Kind::Anonymous:
        break;
    }
    if (options.mainIssuer.isEmpty() || principal.issuer.isEmpty()
        || principal.issuer == options.mainIssuer)
        return {};
    const QByteArray hash =
        QCryptographicHash::hash(principal.issuer.toUtf8(), QCryptographicHash::Sha256).toHex();
    return u'~' + QString::fromLatin1(hash.first(kIssuerDigits));
}

/// Keys have no names of their own, as two may be called the same; their ids are.
QString nameOf(const auth::Principal &principal)
{
    return principal.kind == auth::Principal::Kind::Service
               ? principal.owner.mid(principal.owner.indexOf(u':') + 1)
               : principal.userId;
}

/// Sets those whose name is not from `sub` apart from others.
QString userMarkOf(const auth::Principal &principal, const DataAccessOptions &options)
{
    QString mark = markOf(principal, options);
    if (options.marksProxies && principal.strategy == "proxy"_L1)
        mark.prepend("~proxy"_L1);
    return principal.namedBy.isEmpty() ? mark : QString(u'~' + principal.namedBy + mark);
}

Error groupNeedsToken()
{
    return Error(ErrorCode::BadRequest,
                 u"`group` needs a caller whose membership can be checked: send an access token, "
                 "or leave `group` out."_s);
}

} // namespace

QString DataAccess::identifier(const QString &name, const QString &mark) const
{
    const QString encoded =
        m_options.encoding == Encoding::Legacy ? legacyIdentifier(name) : encodedIdentifier(name);
    return encoded.isEmpty() ? QString() : QString(encoded + mark);
}

QString DataAccess::implicitGroup(const auth::Principal &principal) const
{
    if (!m_options.defaultGroup.isEmpty())
        return auth::plainGroup(m_options.defaultGroup);
    if (m_options.primaryGroup) {
        for (const QString &group : principal.groups) {
            if (const QString plain = auth::plainGroup(group); !plain.isEmpty())
                return plain;
        }
    }
    return u"default"_s;
}

void DataAccess::log(const auth::Principal &principal, const QString &group) const
{
    const QString asked = auth::plainGroup(group);
    if (!m_options.logAccess || asked.isEmpty() || !principal.isVerified)
        return;
    const bool isAllowed = auth::isMember(principal, asked, m_options.matchClientRoles);
    logging::event(logging::lcAudit(), logging::Level::Info,
                   isAllowed ? u"Access to the data of a group"
                             : u"Access to the data of a group was refused",
                   {{u"owner"_s, principal.owner}, {u"group"_s, asked}});
}

Result<QMap<QString, QString>> DataAccess::placeholdersFor(const auth::Principal &principal,
                                                           const QString &group) const
{
    log(principal, group);
    return lookUp(principal, group);
}

Result<QMap<QString, QString>> DataAccess::lookUp(const auth::Principal &principal,
                                                  const QString &group) const
{
    using Values = QMap<QString, QString>;
    if (principal.isAnonymous() && principal.token.isEmpty())
        return group.isEmpty() ? Result<Values>(Values()) : Result<Values>(groupNeedsToken());
    const QString asked = auth::plainGroup(group);
    if (!group.isEmpty() && asked.isEmpty())
        return Error(ErrorCode::BadRequest, u"`group` names no group."_s);
    if (!principal.isVerified) {
        if (asked.isEmpty())
            return Values();
        return Error(ErrorCode::Forbidden,
                     u"Your membership cannot be checked, because the bridge does not verify "
                     "tokens. Its operator has to configure an issuer."_s);
    }
    if (!asked.isEmpty() && !auth::isMember(principal, asked, m_options.matchClientRoles))
        return notAMember(
            principal,
            u"%1 \"%2\" is no member of group \"%3\"."_s.arg(
                principal.kind == auth::Principal::Kind::Service ? u"The API key"_s : u"User"_s,
                nameOf(principal).left(100), asked.left(100)));
    const QString user = identifier(nameOf(principal), userMarkOf(principal, m_options));
    const QString id = identifier(asked.isEmpty() ? implicitGroup(principal) : asked,
                                  markOf(principal, m_options));
    if (id.isEmpty())
        return Error(ErrorCode::Forbidden,
                     u"The name of this group cannot be used for a place of its own."_s);
    Values values{{u"group_id"_s, id}};
    if (!user.isEmpty())
        values.insert(u"user_id"_s, user);
    const QString &pattern = asked.isEmpty() ? m_options.userTemplate : m_options.groupTemplate;
    if (!user.isEmpty() || !pattern.contains(kUser))
        values.insert(u"data_path"_s, filled(pattern, user, id));
    return values;
}

QList<FieldProblem> DataAccess::check(const DataAccessOptions &options)
{
    QList<FieldProblem> problems;
    const QString group = u"MCP_GROUP_DATA_ACCESS_TEMPLATE"_s;
    const QString user = u"MCP_USER_DATA_ACCESS_TEMPLATE"_s;
    if (!options.groupTemplate.contains(kGroup))
        problems.append(
            {group, u"must contain {group_id}, or all groups would share one place."_s});
    if (!options.userTemplate.contains(kUser))
        problems.append({user, u"must contain {user_id}, or all users would share one place."_s});
    for (const auto &[name, pattern] :
         {std::pair(group, options.groupTemplate), std::pair(user, options.userTemplate)}) {
        if (!isRelative(pattern))
            problems.append({name,
                             u"must be a relative path without \".\" and \"..\" as parts; put "
                             "what comes before it where {data_path} is used."_s});
    }
    const QString one = filled(options.groupTemplate, u"x"_s, u"x"_s);
    if (problems.isEmpty() && one == filled(options.userTemplate, u"x"_s, u"x"_s))
        problems.append({group, u"must differ from MCP_USER_DATA_ACCESS_TEMPLATE, or a group would "
                                "share the place of the user of the same name."_s});
    return problems;
}

} // namespace bridge::policy
