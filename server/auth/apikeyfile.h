// SPDX-License-Identifier: GPL-3.0-or-later
// API keys as they lie in API_KEY_STORE: never the key, only a salted hash of it. Keys are made
// here and hold 256 random bits, so that one round of SHA-256 is enough: slow hashes protect
// passwords that people choose, and nobody can try 2^256 keys however fast one trial is. The salt
// keeps equal keys of two files from being recognised. Any thread; reading and writing block.
#pragma once

#include "common/base/result.h"

#include <QtCore/QDateTime>
#include <QtCore/QStringList>

namespace bridge::auth {

struct ApiKey {
    QString id;   ///< 12 of a–z and 0–9, part of the key, not secret
    QString name; ///< for people
    QByteArray salt;
    QByteArray hash; ///< hashOfKey()
    QStringList scopes;
    QStringList groups;
    QStringList roles;
    QDateTime created;
    QDateTime expires; ///< invalid = never

    bool isExpired(const QDateTime &now) const { return expires.isValid() && expires <= now; }
};

/// A fresh id, salt and hash for \a wish, whose other members stay, and the key itself:
/// `mbk_<id>_<43 characters>`. It cannot be had again.
QByteArray makeApiKey(ApiKey &wish);
/// SHA-256 over \a salt and \a key.
QByteArray hashOfKey(const QByteArray &salt, QByteArrayView key);
/// The id within \a key; empty when it does not look like one of makeApiKey().
QByteArrayView idOfKey(QByteArrayView key);

/// No keys when there is no such file. InvalidConfig when it cannot be read, is no file of keys
/// (the text names the entry), is very large, or can be written by other users.
Result<QList<ApiKey>> readApiKeys(const QString &path);
/// Replaces the file as a whole, readable by its owner only.
Result<Nothing> writeApiKeys(const QString &path, const QList<ApiKey> &keys);

} // namespace bridge::auth
