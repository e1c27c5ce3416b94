// SPDX-License-Identifier: GPL-3.0-or-later
// What is already known about tokens, by their SHA-256. Bounded: the least recently used half goes
// when it is full. Main thread.
#pragma once

#include "common/base/error.h"
#include "server/auth/issuer.h"

#include <QtCore/QHash>

#include <array>

namespace bridge::auth {

/// An end that does not come; leeway can be added to it.
constexpr std::chrono::milliseconds kNever = std::chrono::milliseconds::max() / 2;

/// How a token came; the principals of one token differ in this.
enum class Via { Header, Cookie };

struct KnownToken {
    std::array<PrincipalPtr, 2> principals; ///< by Via; none = the token is refused with `error`
    Error error;
    Issuer *issuer = nullptr; ///< whose key it was
    KeyPtr key;               ///< verified under; none for introspected and unverified ones
    std::chrono::milliseconds wallEnd{0};   ///< expiry of the token itself
    std::chrono::milliseconds steadyEnd{0}; ///< what is known is to be asked anew
};

class TokenCache
{
public:
    explicit TokenCache(qsizetype most) : m_most(most) {}

    /// Null when nothing is known. Valid until the next call.
    KnownToken *find(const QByteArray &digest);
    void insert(const QByteArray &digest, KnownToken token);
    void remove(const QByteArray &digest);
    void clear();
    qsizetype size() const { return m_young.size() + m_old.size(); }

private:
    qsizetype m_most;
    // Two generations: what is asked for moves into the young one; when that has half of what is
    // allowed it becomes the old one, and the old one goes.
    QHash<QByteArray, KnownToken> m_young;
    QHash<QByteArray, KnownToken> m_old;
};

} // namespace bridge::auth
