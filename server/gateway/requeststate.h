// SPDX-License-Identifier: GPL-3.0-or-later
// The sealed `requestState` of a suspended call (MCP 2026-07-28 "Multi Round-Trip Requests"):
// AES-256-GCM with a key of this process, so that a client can neither read nor change it.
#pragma once

#include "common/base/result.h"

#include <QtCore/QByteArray>

namespace bridge::gateway {

struct RequestState {
    QString id;         ///< of the suspended call
    int round = 0;      ///< which question of it; an answered one is not answered again
    QString owner;      ///< whose request it was
    QByteArray request; ///< digest of what the request asked for, see digestOf()
    qint64 expires = 0; ///< ms since epoch
};

class RequestSealer
{
public:
    /// Makes a random key.
    RequestSealer();

    /// Base64url text.
    QString seal(const RequestState &state) const;
    /// InvalidArguments when \a text was not sealed here, was changed, or is older than its time.
    Result<RequestState> open(const QString &text, qint64 now) const;

private:
    QByteArray m_key;
};

/// What the retry of a request must have in common with it: method, place and params, without
/// `_meta`, `inputResponses` and `requestState`.
QByteArray digestOf(const QString &server, const QString &method, const QJsonObject &params);

} // namespace bridge::gateway
