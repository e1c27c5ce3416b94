// SPDX-License-Identifier: GPL-3.0-or-later
// Accounts that callers have connected at remote MCP servers, and clients the bridge has registered
// at authorization servers: in memory, and in the vault where there is one. Main thread.
#pragma once

#include "common/async/call.h"
#include "server/credentials/vaultstore.h"
#include "server/upstream/serverauth.h"

#include <QtCore/QCache>
#include <QtCore/QUrl>

#include <functional>

namespace bridge::credentials {

/// The bridge as a client of one authorization server. Never used at another one.
struct OAuthClient {
    QString issuer;
    QString id;
    QByteArray secret; ///< empty = a public client
    bool secretInForm = false;

    bool operator==(const OAuthClient &) const = default;
};

/// Never logged.
struct Account {
    QUrl url; ///< of the MCP server it is for: never shown to another one of the same name
    OAuthClient client;
    QUrl tokenEndpoint;
    bool isTrusted = false; ///< the operator wrote down the authorization server's address
    QString resource;
    QString scope;
    QByteArray access;
    QByteArray refresh;
    QString type = QStringLiteral("Bearer");
    QDateTime expires;       ///< invalid = nobody said
    QUrl revocationEndpoint; ///< RFC 7009; empty = none
    QDateTime connected;     ///< when the user signed in
    bool isEnded = false;    ///< the authorization server does not renew it any more

    bool operator==(const Account &) const = default;
};

using AccountPtr = std::shared_ptr<const Account>;

/// \a account is for the server at \a url and of the client and issuer that \a auth names, where it
/// names any. Others are not shown to it: credentials belong to who issued them.
bool isFor(const Account &account, const QUrl &url, const upstream::ServerAuth &auth);

QByteArray toBytes(const Account &account);
std::optional<Account> accountFrom(const QByteArray &bytes);

/// Where values stay when the bridge ends; without functions they do not.
struct Safe {
    std::function<Call(VaultName, Handler<std::optional<QByteArray>>)> get;
    std::function<Call(VaultName, QByteArray, Handler<Nothing>)> put;
    std::function<Call(VaultName, Handler<bool>)> remove;
    /// Targets in a table that an owner has something for.
    std::function<Call(QString, QString, Handler<QStringList>)> targets;
};

class AccountBook
{
public:
    explicit AccountBook(Safe safe, int maxEntries = 10'000);

    /// What is known: nothing, that there is none (null), or the account.
    std::optional<std::shared_ptr<const Account>> findNow(const QString &owner,
                                                          const QString &server) const;
    /// The same after looking into the safe; null = there is none.
    Call find(const QString &owner, const QString &server,
              Handler<std::shared_ptr<const Account>> handler);
    /// Counts at once, and is safe when \a handler runs.
    Call put(const QString &owner, const QString &server, const Account &account,
             Handler<Nothing> handler);
    Call remove(const QString &owner, const QString &server, Handler<Nothing> handler);
    /// Names of the servers \a owner has an account at, sorted.
    Call servers(const QString &owner, Handler<QStringList> handler);

    Call findClient(const QString &issuer, const QString &redirect,
                    Handler<std::optional<OAuthClient>> handler);
    Call putClient(const OAuthClient &client, const QString &redirect, Handler<Nothing> handler);

private:
    using Key = std::pair<QString, QString>;

    Safe m_safe;
    mutable QCache<Key, std::shared_ptr<const Account>> m_known;
    QHash<Key, OAuthClient> m_clients; ///< by issuer and redirect URI
};

} // namespace bridge::credentials
