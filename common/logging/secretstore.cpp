// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/logging/secretstore.h"

#include "common/logging/redaction.h"

#include <algorithm>
#include <mutex>

namespace bridge::logging {

namespace {

constexpr qsizetype kShortestSecret = 6;

} // namespace

void SecretStore::add(const QString &secret)
{
    if (secret.size() < kShortestSecret)
        return;
    const std::scoped_lock locked(m_lock);
    if (m_secrets.contains(secret))
        return;
    m_secrets.append(secret);
    std::stable_sort(m_secrets.begin(), m_secrets.end(),
                     [](const QString &a, const QString &b) { return a.size() > b.size(); });
}

void SecretStore::remove(const QString &secret)
{
    const std::scoped_lock locked(m_lock);
    m_secrets.removeAll(secret);
}

void SecretStore::mask(QString &text) const
{
    const std::shared_lock locked(m_lock);
    for (const QString &secret : m_secrets) {
        if (text.contains(secret))
            text.replace(secret, kRedacted);
    }
}

SecretStore &secretStore()
{
    // Never destroyed: threads may still log while the process ends.
    static auto *store = new SecretStore;
    return *store;
}

} // namespace bridge::logging
