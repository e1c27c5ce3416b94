// SPDX-License-Identifier: GPL-3.0-or-later
// Who is calling, as a value: made once per request by the Authenticator, never changed, shared by
// everything the request starts. Any thread.
#pragma once

#include <QtCore/QByteArray>
#include <QtCore/QDateTime>
#include <QtCore/QJsonObject>
#include <QtCore/QStringList>

#include <memory>

namespace bridge::auth {

struct Principal {
    enum class Kind {
        /// nobody; all of them share one owner. One with a token brought it to a bridge that
        /// verifies none.
        Anonymous,
        User,    ///< a person or client an issuer vouches for
        Service, ///< an API key
        Admin    ///< the bridge's own admin token
    };
    Kind kind = Kind::Anonymous;

    /// What things belong to: issuer and subject, `key:<id>`, "admin" or "anonymous". Never the
    /// same for two callers; not for people to read.
    QString owner = QStringLiteral("anonymous");
    QString issuer;  ///< `iss` of the verified token
    QString subject; ///< `sub`
    /// First non-empty of `sub`, `user_id`, `uid`, `preferred_username`, `email` (contract §7.4).
    QString userId;
    /// The claim `userId` is from where that is none that says who somebody is, e.g. `email` of a
    /// token without `sub`: in another token the same text may be somebody else's. Empty = it is
    /// his own name.
    QString namedBy;
    QString email;      ///< `email`, else `preferred_username`, else `upn`
    QString name;       ///< for people
    QString clientId;   ///< `azp`, else `client_id`
    QStringList groups; ///< claim paths of OAUTH_GROUPS_CLAIM, without a leading `/`
    QStringList roles;
    QStringList scopes;
    QJsonObject claims; ///< as verified; empty for those without a token

    QString strategy = QStringLiteral("anonymous"); ///< name of the Strategy that found out
    /// Somebody vouches for all of the above: signature, introspection, a trusted proxy, a key.
    /// False for tokens that were read with AUTH_VERIFY_TOKENS=false.
    bool isVerified = false;
    /// Known by the issuer people log in at, or by what is the operator's own (keys, proxies,
    /// plugins). What further issuers (AUTH_ISSUERS) call somebody may be another's name there:
    /// their callers go by `owner` alone.
    bool isOfMainIssuer = true;
    bool opensRequiredGroups = true; ///< his groups count for BRIDGE_REQUIRED_GROUPS
    bool isAdmin = false;            ///< admin token, or member of an admin group

    /// The access token the caller came with, for exchange and pass-through; empty for API keys.
    /// Never logged.
    QByteArray token;
    QDateTime expires; ///< of the credential, UTC; invalid = never

    bool isAnonymous() const { return kind == Kind::Anonymous; }
};

using PrincipalPtr = std::shared_ptr<const Principal>;

/// The one anonymous principal.
inline PrincipalPtr anonymous()
{
    static const auto nobody = std::make_shared<const Principal>();
    return nobody;
}

} // namespace bridge::auth
