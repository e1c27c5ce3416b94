// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/apikeystore.h"

#include "common/async/background.h"
#include "common/config/settings.h"
#include "common/crypto/constanttime.h"
#include "common/crypto/digest.h"
#include "common/logging/categories.h"
#include "common/logging/redaction.h"

#include <QtCore/QFileInfo>
#include <QtCore/QRegularExpression>

using namespace Qt::StringLiterals;

namespace bridge::auth {

namespace {

/// Fewer characters could be guessed.
constexpr qsizetype kShortestKey = 16;
constexpr qsizetype kLongestKey = 512;

const QString &strategyName()
{
    static const QString name = u"api-key"_s;
    return name;
}

PrincipalPtr principalOf(const ApiKey &key)
{
    auto principal = std::make_shared<Principal>();
    principal->kind = Principal::Kind::Service;
    principal->owner = u"key:"_s + key.id;
    principal->name = key.name;
    principal->groups = key.groups;
    principal->roles = key.roles;
    principal->scopes = key.scopes;
    principal->strategy = strategyName();
    principal->isVerified = true;
    principal->expires = key.expires;
    return principal;
}

/// One from API_KEYS: known by a part of its digest, which does not give it away.
PrincipalPtr principalOf(const QByteArray &digest)
{
    ApiKey key;
    key.id = QString::fromLatin1(digest.toHex().first(16));
    key.name = u"API_KEYS"_s;
    return principalOf(key);
}

Error unknownKey()
{
    return {ErrorCode::InvalidToken,
            u"The API key in X-API-Key is not known here. Ask whoever runs the bridge for "
            "one."_s};
}

} // namespace

Result<ApiKeyOptions> apiKeyOptions(const config::Settings &settings)
{
    ApiKeyOptions options;
    static const QRegularExpression between(u"[,\\s]+"_s);
    for (const QString &text : settings.text(u"API_KEYS"_s).split(between, Qt::SkipEmptyParts)) {
        const QByteArray key = text.toUtf8();
        if (key.size() < kShortestKey || key.size() > kLongestKey) {
            Error error(ErrorCode::InvalidConfig, u"The API keys are wrong."_s);
            error.problems.append({u"API_KEYS"_s, u"must hold keys of %1 to %2 characters, "
                                                  u"separated by commas or spaces; number %3 is "
                                                  "not."_s.arg(kShortestKey)
                                                      .arg(kLongestKey)
                                                      .arg(options.fixed.size() + 1)});
            return error;
        }
        logging::registerSecret(QString::fromUtf8(key));
        options.fixed.append(key);
    }
    const QString file = settings.text(u"API_KEY_STORE"_s);
    if (!file.isEmpty())
        options.file = QFileInfo(file).absoluteFilePath();
    return options;
}

Result<Nothing> ApiKeyStore::load(const ApiKeyOptions &options)
{
    QList<ApiKey> keys;
    if (!options.file.isEmpty()) {
        auto read = readApiKeys(options.file);
        if (!read)
            return read.error();
        keys = std::move(*read);
    }
    m_fixed.clear();
    for (const QByteArray &key : options.fixed) {
        const QByteArray digest = crypto::sha256(key);
        m_fixed.insert(digest, principalOf(digest));
    }
    ++m_generation;
    m_isBroken = false;
    take(keys);
    m_use->setStore(options.file, ids());
    watch(options.file);
    return Nothing{};
}

void ApiKeyStore::watch(const QString &file)
{
    if (file.isEmpty()) {
        m_watch.reset();
    } else if (!m_watch || m_watch->path() != file) {
        m_watch = std::make_unique<config::FileWatch>(file);
        connect(m_watch.get(), &config::FileWatch::changed, this, &ApiKeyStore::onFileChanged);
        connect(m_watch.get(), &config::FileWatch::removed, this, &ApiKeyStore::onFileRemoved);
        if (!m_watch->isWatching())
            qCWarning(logging::lcConfig)
                << "The system watches no more files (fs.inotify.max_user_watches), so changes of "
                   "API_KEY_STORE, revoked keys too, take effect at a reload or restart only.";
    }
}

void ApiKeyStore::onFileChanged()
{
    m_isStale = m_isReading;
    if (!m_watch || std::exchange(m_isReading, true))
        return;
    m_reading = inBackground<QList<ApiKey>>(
        [path = m_watch->path()] { return readApiKeys(path); },
        [this, generation = m_generation](const Result<QList<ApiKey>> &keys) {
            onRead(generation, keys);
        });
}

/// As at a start without the file: whoever takes it away means its keys.
void ApiKeyStore::onFileRemoved()
{
    qCWarning(logging::lcConfig)
        << "The file that API_KEY_STORE names is gone. None of its keys opens anything until it is "
           "back.";
    ++m_generation;
    m_isBroken = false;
    take({});
    m_use->setStore(m_watch->path(), ids());
}

void ApiKeyStore::onRead(quint64 generation, const Result<QList<ApiKey>> &keys)
{
    m_isReading = false;
    if (m_isStale)
        return onFileChanged();
    if (generation != m_generation || !m_watch)
        return;
    const bool wasBroken = std::exchange(m_isBroken, !keys);
    if (!keys) {
        qCWarning(logging::lcConfig).noquote()
            << keys.error().message << u"The API keys of before stay in force."_s;
        return;
    }
    if (wasBroken)
        qCInfo(logging::lcConfig) << "The file that API_KEY_STORE names is in order again.";
    take(*keys);
    m_use->setStore(m_watch->path(), ids());
}

QSet<QByteArray> ApiKeyStore::ids() const
{
    return QSet<QByteArray>(m_keys.keyBegin(), m_keys.keyEnd());
}

void ApiKeyStore::take(const QList<ApiKey> &keys)
{
    QHash<QByteArray, Known> next;
    QStringList added;
    for (const ApiKey &key : keys) {
        const QByteArray id = key.id.toLatin1();
        next.insert(id, {key, principalOf(key)});
        if (!m_keys.remove(id))
            added.append(key.id);
    }
    QStringList removed;
    for (const Known &known : std::as_const(m_keys))
        removed.append(known.key.id);
    m_keys = std::move(next);
    if (std::exchange(m_isLoaded, true) && !(added.isEmpty() && removed.isEmpty()))
        Q_EMIT keysChanged(added, removed);
}

Result<PrincipalPtr> ApiKeyStore::find(QByteArrayView key) const
{
    if (key.size() > kLongestKey)
        return unknownKey();
    // Looking up by digest: how long that takes says nothing about the keys themselves.
    if (!m_fixed.isEmpty()) {
        if (const PrincipalPtr fixed = m_fixed.value(crypto::sha256(key)))
            return fixed;
    }
    const auto known = m_keys.constFind(idOfKey(key).toByteArray());
    if (known == m_keys.constEnd()
        || !crypto::isEqual(known->key.hash, hashOfKey(known->key.salt, key)))
        return unknownKey();
    if (known->key.isExpired(QDateTime::currentDateTimeUtc()))
        return Error(ErrorCode::TokenExpired,
                     u"The API key %1 has expired. Ask whoever runs the bridge for a new "
                     "one."_s.arg(known->key.id));
    m_use->note(known.key());
    return known->principal;
}

Call ApiKeyStore::whenRemoved(const QString &owner, std::function<void()> told)
{
    auto watch = std::make_shared<QObject>();
    // Not in the middle of taking the new keys; what is told may end the watch.
    connect(
        this, &ApiKeyStore::keysChanged, watch.get(),
        [owner, told = std::move(told)](const QStringList &, const QStringList &removed) {
            const auto isHis = [&owner](const QString &id) { return owner == u"key:"_s + id; };
            if (std::none_of(removed.cbegin(), removed.cend(), isHis))
                return;
            const std::function<void()> last = told;
            last();
        },
        Qt::QueuedConnection);
    return Call([watch] { Q_UNUSED(watch) });
}

} // namespace bridge::auth
