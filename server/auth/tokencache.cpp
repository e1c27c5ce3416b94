// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/tokencache.h"

#include <utility>

namespace bridge::auth {

KnownToken *TokenCache::find(const QByteArray &digest)
{
    const auto young = m_young.find(digest);
    if (young != m_young.end())
        return &young.value();
    const auto old = m_old.find(digest);
    if (old == m_old.end())
        return nullptr;
    KnownToken token = std::move(old.value());
    m_old.erase(old);
    insert(digest, std::move(token));
    return &m_young[digest];
}

void TokenCache::insert(const QByteArray &digest, KnownToken token)
{
    if (m_young.size() >= m_most / 2)
        m_old = std::exchange(m_young, {});
    m_old.remove(digest);
    m_young.insert(digest, std::move(token));
}

void TokenCache::remove(const QByteArray &digest)
{
    m_young.remove(digest);
    m_old.remove(digest);
}

void TokenCache::clear()
{
    m_young.clear();
    m_old.clear();
}

} // namespace bridge::auth
