// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/apikeyuse.h"

#include "common/async/background.h"
#include "common/base/duration.h"

#include <QtCore/QFile>
#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>
#include <QtCore/QMutex>
#include <QtCore/QSaveFile>

#include <mutex>

using namespace Qt::StringLiterals;

namespace bridge::auth {

namespace {

constexpr qint64 kMaxFile = 4 * 1024 * 1024;

QString fileOf(const QString &store)
{
    return store + u".used"_s;
}

/// In a thread of the pool. What cannot be written is no loss: nobody depends on it.
void merge(const QString &store, const QSet<QByteArray> &known,
           const QHash<QByteArray, qint64> &used)
{
    static std::mutex one;
    const std::scoped_lock locked(one);
    QMap<QString, QDateTime> all = ApiKeyUse::read(store);
    for (auto it = used.begin(); it != used.end(); ++it)
        all.insert(QString::fromLatin1(it.key()),
                   QDateTime::fromMSecsSinceEpoch(it.value(), kUtc));
    QJsonObject json;
    for (auto it = all.begin(); it != all.end(); ++it) {
        if (known.contains(it.key().toLatin1()))
            json.insert(it.key(), isoUtc(it.value()));
    }
    QSaveFile file(fileOf(store));
    const QByteArray text = QJsonDocument(json).toJson();
    if (file.open(QIODevice::WriteOnly) && file.setPermissions(QFile::ReadOwner | QFile::WriteOwner)
        && file.write(text) == text.size())
        file.commit();
}

} // namespace

ApiKeyUse::ApiKeyUse(QObject *parent, std::chrono::milliseconds between)
    : QObject(parent)
    , m_between(between)
    , m_written(std::chrono::steady_clock::now() - between)
{
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &ApiKeyUse::write);
}

ApiKeyUse::~ApiKeyUse()
{
    write();
}

void ApiKeyUse::setStore(const QString &store, const QSet<QByteArray> &known)
{
    if (store != m_store)
        write();
    m_store = store;
    m_known = known;
}

void ApiKeyUse::note(const QByteArray &id)
{
    m_used.insert(id, QDateTime::currentMSecsSinceEpoch());
    if (m_timer.isActive())
        return;
    const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - m_written);
    m_timer.start(std::max(std::min(kFirst, m_between), m_between - since));
}

void ApiKeyUse::write()
{
    m_timer.stop();
    const auto used = std::exchange(m_used, {});
    if (m_store.isEmpty() || used.isEmpty())
        return;
    m_written = std::chrono::steady_clock::now();
    inPool([store = m_store, known = m_known, used] { merge(store, known, used); });
}

QMap<QString, QDateTime> ApiKeyUse::read(const QString &store)
{
    QMap<QString, QDateTime> used;
    QFile file(fileOf(store));
    if (!file.open(QIODevice::ReadOnly) || file.size() > kMaxFile)
        return used;
    const QJsonObject json = QJsonDocument::fromJson(file.readAll()).object();
    for (auto it = json.begin(); it != json.end(); ++it) {
        const QDateTime time = QDateTime::fromString(it.value().toString(), Qt::ISODateWithMs);
        if (time.isValid())
            used.insert(it.key(), time.toUTC());
    }
    return used;
}

} // namespace bridge::auth
