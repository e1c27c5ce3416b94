// SPDX-License-Identifier: GPL-3.0-or-later
// When API keys were used last, in a file beside API_KEY_STORE (with `.used` behind its name), so
// that forgotten ones can be told and revoked. Coarse on purpose: it is written every few minutes
// at most, in another thread. Main thread.
#pragma once

#include <QtCore/QDateTime>
#include <QtCore/QHash>
#include <QtCore/QMap>
#include <QtCore/QObject>
#include <QtCore/QSet>
#include <QtCore/QTimer>

#include <chrono>

namespace bridge::auth {

class ApiKeyUse : public QObject
{
    Q_OBJECT
public:
    static constexpr std::chrono::milliseconds kFirst{2'000}; ///< after a long silence
    static constexpr std::chrono::milliseconds kBetween{300'000};

    explicit ApiKeyUse(QObject *parent = nullptr, std::chrono::milliseconds between = kBetween);
    /// Writes what is not written yet; QCoreApplication waits for that.
    ~ApiKeyUse() override;

    /// The file of \a store; empty = nothing is written. Ids that are not among \a known are
    /// dropped from it.
    void setStore(const QString &store, const QSet<QByteArray> &known);
    /// Cheap: on the way of each request.
    void note(const QByteArray &id);

    /// What the file of \a store says, by id; empty when there is none. Blocks.
    static QMap<QString, QDateTime> read(const QString &store);

private:
    void write();

    QString m_store;
    QSet<QByteArray> m_known;
    QHash<QByteArray, qint64> m_used; ///< not written yet, by id: ms since the epoch
    QTimer m_timer;
    std::chrono::milliseconds m_between;
    std::chrono::steady_clock::time_point m_written;
};

} // namespace bridge::auth
