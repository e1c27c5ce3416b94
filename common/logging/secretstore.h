// SPDX-License-Identifier: GPL-3.0-or-later
// The values registerSecret() knows. Read by every log line from any thread, written rarely.
#pragma once

#include <QtCore/QStringList>

#include <shared_mutex>

namespace bridge::logging {

class SecretStore
{
public:
    void add(const QString &secret);
    void remove(const QString &secret);
    /// Replaces every known secret in \a text; the longest first, as one may contain another.
    void mask(QString &text) const;

private:
    mutable std::shared_mutex m_lock;
    QStringList m_secrets; ///< longest first
};

/// The store of this process.
SecretStore &secretStore();

} // namespace bridge::logging
