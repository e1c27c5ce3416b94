// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/credentials/accounts.h"

#include "common/async/later.h"
#include "common/base/duration.h"

#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>

using namespace Qt::StringLiterals;

namespace bridge::credentials {

namespace {

VaultName accountName(const QString &owner, const QString &server)
{
    return {u"upstream-account"_s, owner, server};
}

VaultName clientName(const QString &issuer, const QString &redirect)
{
    return {u"upstream-client"_s, issuer, redirect};
}

QJsonObject clientObject(const OAuthClient &client)
{
    return {{"issuer"_L1, client.issuer},
            {"id"_L1, client.id},
            {"secret"_L1, QString::fromUtf8(client.secret)},
            {"inForm"_L1, client.secretInForm}};
}

OAuthClient clientFrom(const QJsonObject &object)
{
    return {object["issuer"_L1].toString(), object["id"_L1].toString(),
            object["secret"_L1].toString().toUtf8(), object["inForm"_L1].toBool()};
}

QJsonValue stamp(const QDateTime &time)
{
    return time.isValid() ? QJsonValue(double(time.toMSecsSinceEpoch())) : QJsonValue();
}

QDateTime timeFrom(const QJsonValue &value)
{
    return value.isDouble() ? QDateTime::fromMSecsSinceEpoch(qint64(value.toDouble()), kUtc)
                            : QDateTime();
}

} // namespace

bool isFor(const Account &account, const QUrl &url, const upstream::ServerAuth &auth)
{
    return account.url == url && (auth.issuer.isEmpty() || auth.issuer == account.client.issuer)
           && (auth.clientId.isEmpty() || auth.clientId == account.client.id);
}

QByteArray toBytes(const Account &account)
{
    const QJsonObject object{
        {"url"_L1, account.url.toString(QUrl::FullyEncoded)},
        {"client"_L1, clientObject(account.client)},
        {"tokenEndpoint"_L1, account.tokenEndpoint.toString(QUrl::FullyEncoded)},
        {"trusted"_L1, account.isTrusted},
        {"resource"_L1, account.resource},
        {"scope"_L1, account.scope},
        {"access"_L1, QString::fromUtf8(account.access)},
        {"refresh"_L1, QString::fromUtf8(account.refresh)},
        {"type"_L1, account.type},
        {"expires"_L1, stamp(account.expires)},
        {"revocationEndpoint"_L1, account.revocationEndpoint.toString(QUrl::FullyEncoded)},
        {"connected"_L1, stamp(account.connected)},
        {"ended"_L1, account.isEnded}};
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

std::optional<Account> accountFrom(const QByteArray &bytes)
{
    const QJsonObject object = QJsonDocument::fromJson(bytes).object();
    Account account;
    account.url = QUrl(object["url"_L1].toString(), QUrl::StrictMode);
    account.client = clientFrom(object["client"_L1].toObject());
    account.tokenEndpoint = QUrl(object["tokenEndpoint"_L1].toString(), QUrl::StrictMode);
    account.isTrusted = object["trusted"_L1].toBool();
    account.resource = object["resource"_L1].toString();
    account.scope = object["scope"_L1].toString();
    account.access = object["access"_L1].toString().toUtf8();
    account.refresh = object["refresh"_L1].toString().toUtf8();
    account.type = object["type"_L1].toString();
    account.expires = timeFrom(object["expires"_L1]);
    account.revocationEndpoint = QUrl(object["revocationEndpoint"_L1].toString(), QUrl::StrictMode);
    account.connected = timeFrom(object["connected"_L1]);
    account.isEnded = object["ended"_L1].toBool();
    if (account.access.isEmpty() || account.client.id.isEmpty())
        return std::nullopt;
    return account;
}

AccountBook::AccountBook(Safe safe, int maxEntries) : m_safe(std::move(safe)), m_known(maxEntries)
{
}

std::optional<std::shared_ptr<const Account>> AccountBook::findNow(const QString &owner,
                                                                   const QString &server) const
{
    if (const auto *known = m_known.object({owner, server}))
        return *known;
    if (!m_safe.get)
        return std::shared_ptr<const Account>();
    return std::nullopt;
}

Call AccountBook::find(const QString &owner, const QString &server,
                       Handler<std::shared_ptr<const Account>> handler)
{
    if (const auto known = findNow(owner, server))
        return later([known = *known, handler = std::move(handler)] { handler(known); });
    return m_safe.get(accountName(owner, server),
                      [this, key = Key(owner, server),
                       handler = std::move(handler)](Result<std::optional<QByteArray>> outcome) {
                          if (!outcome)
                              return handler(outcome.error());
                          std::shared_ptr<const Account> account;
                          if (*outcome) {
                              if (std::optional<Account> read = accountFrom(**outcome))
                                  account = std::make_shared<const Account>(std::move(*read));
                          }
                          // What was put in meanwhile is newer.
                          if (const auto *known = m_known.object(key))
                              account = *known;
                          else
                              m_known.insert(key, new std::shared_ptr<const Account>(account));
                          handler(account);
                      });
}

Call AccountBook::put(const QString &owner, const QString &server, const Account &account,
                      Handler<Nothing> handler)
{
    m_known.insert({owner, server},
                   new std::shared_ptr<const Account>(std::make_shared<const Account>(account)));
    if (!m_safe.put)
        return later([handler = std::move(handler)] { handler(Nothing{}); });
    return m_safe.put(accountName(owner, server), toBytes(account), std::move(handler));
}

Call AccountBook::remove(const QString &owner, const QString &server, Handler<Nothing> handler)
{
    m_known.insert({owner, server}, new std::shared_ptr<const Account>());
    if (!m_safe.remove)
        return later([handler = std::move(handler)] { handler(Nothing{}); });
    return m_safe.remove(accountName(owner, server),
                         [handler = std::move(handler)](Result<bool> outcome) {
                             if (outcome)
                                 handler(Nothing{});
                             else
                                 handler(outcome.error());
                         });
}

Call AccountBook::servers(const QString &owner, Handler<QStringList> handler)
{
    QStringList names;
    for (const Key &key : m_known.keys()) {
        if (key.first == owner && *m_known.object(key))
            names.append(key.second);
    }
    if (!m_safe.targets) {
        names.sort();
        return later([names, handler = std::move(handler)] { handler(names); });
    }
    return m_safe.targets(u"upstream-account"_s, owner,
                          [names, handler = std::move(handler)](Result<QStringList> outcome) {
                              if (!outcome)
                                  return handler(outcome.error());
                              // Those just put in may not have got there.
                              QStringList all = *outcome + names;
                              all.sort();
                              all.removeDuplicates();
                              handler(all);
                          });
}

Call AccountBook::findClient(const QString &issuer, const QString &redirect,
                             Handler<std::optional<OAuthClient>> handler)
{
    const auto known = m_clients.constFind({issuer, redirect});
    std::optional<OAuthClient> client;
    if (known != m_clients.constEnd())
        client = *known;
    if (client || !m_safe.get)
        return later([client, handler = std::move(handler)] { handler(client); });
    return m_safe.get(clientName(issuer, redirect), [issuer, handler = std::move(handler)](
                                                        Result<std::optional<QByteArray>> outcome) {
        if (!outcome)
            return handler(outcome.error());
        std::optional<OAuthClient> stored;
        if (*outcome)
            stored = clientFrom(QJsonDocument::fromJson(**outcome).object());
        if (stored && (stored->issuer != issuer || stored->id.isEmpty()))
            stored.reset();
        handler(stored);
    });
}

Call AccountBook::putClient(const OAuthClient &client, const QString &redirect,
                            Handler<Nothing> handler)
{
    m_clients.insert({client.issuer, redirect}, client);
    if (!m_safe.put)
        return later([handler = std::move(handler)] { handler(Nothing{}); });
    return m_safe.put(clientName(client.issuer, redirect),
                      QJsonDocument(clientObject(client)).toJson(QJsonDocument::Compact),
                      std::move(handler));
}

} // namespace bridge::credentials
