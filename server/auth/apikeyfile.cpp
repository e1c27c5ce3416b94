// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/apikeyfile.h"

#include "common/base/duration.h"
#include "common/crypto/digest.h"
#include "common/crypto/random.h"

#include <QtCore/QFile>
#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>
#include <QtCore/QSaveFile>

#include <algorithm>
#include <optional>

using namespace Qt::StringLiterals;

namespace bridge::auth {

namespace {

constexpr QByteArrayView kPrefix("mbk_");
constexpr qsizetype kIdSize = 12;
constexpr qsizetype kSecretSize = 43; ///< 32 bytes in base64url
constexpr qsizetype kSaltBytes = 16;
constexpr qint64 kMaxFile = 8 * 1024 * 1024;
constexpr int kVersion = 1;

Error badFile(const QString &reason)
{
    Error error(ErrorCode::InvalidConfig, u"API_KEY_STORE "_s + reason);
    error.problems.append({u"API_KEY_STORE"_s, reason});
    return error;
}

bool isIdCharacter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/// Sixty bits of letters and digits without those that look alike.
QByteArray freshId()
{
    static constexpr char alphabet[] = "abcdefghjkmnpqrstuvwxyz023456789";
    QByteArray id = crypto::randomBytes(kIdSize);
    for (char &c : id)
        c = alphabet[uchar(c) % 32];
    return id;
}

QJsonObject toJson(const ApiKey &key)
{
    QJsonObject object{{"id"_L1, key.id},
                       {"name"_L1, key.name},
                       {"salt"_L1, QString::fromLatin1(key.salt.toHex())},
                       {"hash"_L1, QString::fromLatin1(key.hash.toHex())},
                       {"scopes"_L1, QJsonArray::fromStringList(key.scopes)},
                       {"groups"_L1, QJsonArray::fromStringList(key.groups)},
                       {"roles"_L1, QJsonArray::fromStringList(key.roles)},
                       {"created"_L1, isoUtc(key.created)}};
    if (key.expires.isValid())
        object["expires"_L1] = isoUtc(key.expires);
    return object;
}

std::optional<QStringList> textsIn(const QJsonObject &object, QLatin1StringView name)
{
    const QJsonValue value = object[name];
    if (value.isUndefined())
        return QStringList();
    QStringList texts;
    for (const QJsonValue &entry : value.toArray()) {
        if (!entry.isString())
            return std::nullopt;
        texts.append(entry.toString());
    }
    return value.isArray() ? std::optional(texts) : std::nullopt;
}

/// What is wrong with \a object as a key; empty when nothing, then \a key is filled.
QString readKey(const QJsonObject &object, ApiKey &key)
{
    key.id = object["id"_L1].toString();
    const QByteArray id = key.id.toLatin1();
    if (id.size() != kIdSize || !std::all_of(id.begin(), id.end(), isIdCharacter))
        return u"has no proper id"_s;
    key.name = object["name"_L1].toString();
    key.salt = QByteArray::fromHex(object["salt"_L1].toString().toLatin1());
    key.hash = QByteArray::fromHex(object["hash"_L1].toString().toLatin1());
    if (key.salt.isEmpty() || key.hash.size() != crypto::kDigestBytes)
        return u"has no proper salt and hash"_s;
    for (const auto &[name, list] :
         {std::pair("scopes"_L1, &key.scopes), std::pair("groups"_L1, &key.groups),
          std::pair("roles"_L1, &key.roles)}) {
        const auto texts = textsIn(object, name);
        if (!texts)
            return u"has %1 that are no array of texts"_s.arg(name);
        *list = *texts;
    }
    key.created = QDateTime::fromString(object["created"_L1].toString(), Qt::ISODateWithMs);
    const QJsonValue expires = object["expires"_L1];
    key.expires = QDateTime::fromString(expires.toString(), Qt::ISODateWithMs).toUTC();
    // One that cannot be read must not become "never".
    if (!expires.isUndefined() && !expires.isNull() && !key.expires.isValid())
        return u"expires at no time that can be read"_s;
    return {};
}

} // namespace

QByteArray makeApiKey(ApiKey &wish)
{
    const QByteArray id = freshId();
    const QByteArray key =
        kPrefix.toByteArray() + id + '_' + crypto::randomToken(crypto::kDigestBytes);
    wish.id = QString::fromLatin1(id);
    wish.salt = crypto::randomBytes(kSaltBytes);
    wish.hash = hashOfKey(wish.salt, key);
    return key;
}

QByteArray hashOfKey(const QByteArray &salt, QByteArrayView key)
{
    return crypto::sha256(QByteArray(salt + key.toByteArray()));
}

QByteArrayView idOfKey(QByteArrayView key)
{
    if (key.size() != kPrefix.size() + kIdSize + 1 + kSecretSize || !key.startsWith(kPrefix)
        || key.at(kPrefix.size() + kIdSize) != '_')
        return {};
    return key.sliced(kPrefix.size(), kIdSize);
}

Result<QList<ApiKey>> readApiKeys(const QString &path)
{
    QFile file(path);
    if (!file.exists())
        return QList<ApiKey>();
    if (!file.open(QIODevice::ReadOnly))
        return badFile(u"names a file that cannot be read: %1."_s.arg(file.errorString()));
    if (file.permissions() & (QFile::WriteGroup | QFile::WriteOther))
        return badFile(u"names a file that other users can write, who could add keys of their "
                       "own. Run: chmod 600 on it."_s);
    if (file.size() > kMaxFile)
        return badFile(u"names a file of more than %1 bytes."_s.arg(kMaxFile));
    const QJsonDocument document = QJsonDocument::fromJson(file.readAll());
    const QJsonObject root = document.object();
    if (root["version"_L1].toInt() != kVersion || !root["keys"_L1].isArray())
        return badFile(u"names a file that `mcp-bridge apikey` did not write."_s);
    QList<ApiKey> keys;
    for (const QJsonValue &entry : root["keys"_L1].toArray()) {
        ApiKey key;
        if (const QString problem = readKey(entry.toObject(), key); !problem.isEmpty())
            return badFile(
                u"names a file whose key number %1 %2."_s.arg(keys.size() + 1).arg(problem));
        const bool isDouble = std::any_of(keys.begin(), keys.end(),
                                          [&](const ApiKey &one) { return one.id == key.id; });
        if (isDouble)
            return badFile(u"names a file with two keys %1."_s.arg(key.id));
        keys.append(key);
    }
    return keys;
}

Result<Nothing> writeApiKeys(const QString &path, const QList<ApiKey> &keys)
{
    QJsonArray list;
    for (const ApiKey &key : keys)
        list.append(toJson(key));
    const QByteArray text =
        QJsonDocument(QJsonObject{{"version"_L1, kVersion}, {"keys"_L1, list}}).toJson();
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly)
        || !file.setPermissions(QFile::ReadOwner | QFile::WriteOwner)
        || file.write(text) != text.size() || !file.commit())
        return badFile(u"names a file that cannot be written: %1."_s.arg(file.errorString()));
    return Nothing{};
}

} // namespace bridge::auth
