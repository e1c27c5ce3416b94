// SPDX-License-Identifier: GPL-3.0-or-later
// Whose data a call works on: from a verified caller and the group he asks for to the values of
// `{user_id}`, `{group_id}` and `{data_path}` (contract §7.4–7.5). Two callers get the same values
// only where that is meant: members of one group for that group. Main thread, pure apart from the
// log.
#pragma once

#include "common/base/result.h"
#include "server/auth/principal.h"
#include "server/policy/identifiers.h"

#include <QtCore/QMap>

namespace bridge::policy {

struct DataAccessOptions {
    QString groupTemplate = QStringLiteral("g/{group_id}"); ///< MCP_GROUP_DATA_ACCESS_TEMPLATE
    QString userTemplate = QStringLiteral("u/{user_id}");   ///< MCP_USER_DATA_ACCESS_TEMPLATE
    Encoding encoding = Encoding::Percent;                  ///< MCP_IDENTIFIER_ENCODING
    QString defaultGroup;                                   ///< OAUTH_DEFAULT_GROUP
    bool primaryGroup = false;                              ///< MCP_DEFAULT_GROUP_MODE=primary
    bool matchClientRoles = true;                           ///< GROUP_MATCH_CLIENT_ROLES
    bool logAccess = false;                                 ///< LOG_GROUP_ACCESS
    /// The issuer whose users and groups are called by their plain names; those of others get a
    /// mark, as `alice` of another issuer is somebody else. Empty = there is only one.
    QString mainIssuer;
    /// Tokens name people, too: who a proxy calls alice may be another than the alice of a token.
    bool marksProxies = false;

    friend bool operator==(const DataAccessOptions &, const DataAccessOptions &) = default;
};

class DataAccess
{
public:
    explicit DataAccess(DataAccessOptions options = {}) : m_options(std::move(options)) {}

    const DataAccessOptions &options() const { return m_options; }

    /// Values for upstream::Identity::placeholders. Empty for callers nobody vouches for: what
    /// needs a value then refuses to start. \a group empty = none was asked for. Errors:
    /// BadRequest when a group is asked for without a token, Forbidden when the caller is no
    /// member, cannot be checked, or has a name that is none.
    Result<QMap<QString, QString>> placeholdersFor(const auth::Principal &principal,
                                                   const QString &group) const;
    /// The same without a line in the log, for explanations: nobody has asked for the group.
    Result<QMap<QString, QString>> lookUp(const auth::Principal &principal,
                                          const QString &group) const;

    /// What is wrong with the templates: one that does not tell users or groups apart would let
    /// everybody share.
    static QList<FieldProblem> check(const DataAccessOptions &options);

private:
    QString identifier(const QString &name, const QString &mark) const;
    QString implicitGroup(const auth::Principal &principal) const;
    void log(const auth::Principal &principal, const QString &group) const;

    DataAccessOptions m_options;
};

} // namespace bridge::policy
