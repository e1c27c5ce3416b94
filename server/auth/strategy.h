// SPDX-License-Identifier: GPL-3.0-or-later
// One way to find out who is calling. Strategies are asked in the configured order until one of
// them knows; one that finds no credential of its kind passes. Main thread.
#pragma once

#include "common/async/call.h"
#include "server/auth/principal.h"

#include <QtNetwork/QHostAddress>

#include <optional>
#include <utility>

namespace bridge::auth {

/// What a strategy may look at. Views into a request that outlives the synchronous part only:
/// findNow() and find() copy what they need later.
struct AuthRequest {
    const QList<std::pair<QByteArray, QByteArray>> *headers = nullptr;
    QHostAddress peer;        ///< of the connection, not what a proxy says
    QHostAddress client;      ///< what a declared proxy says, else the peer
    bool isForwarded = false; ///< the peer is a declared proxy
    bool secure = false;      ///< came over TLS
    QByteArray method;

    /// Value of the first field called \a name (any case); empty when absent.
    QByteArray header(QByteArrayView name) const;
    /// How many fields are called \a name.
    int count(QByteArrayView name) const;
    /// Value of cookie \a name, quotes removed (RFC 6265 §5.4).
    QByteArray cookie(QByteArrayView name) const;
};

class Strategy
{
public:
    virtual ~Strategy() = default;
    Strategy() = default;
    Strategy(const Strategy &) = delete;
    Strategy &operator=(const Strategy &) = delete;

    /// As in AUTH_STRATEGIES, e.g. `bearer`.
    virtual QString name() const = 0;

    enum class Finding {
        Pass,  ///< no credential of this kind
        Known, ///< `principal` or `error` is set
        Ask    ///< find() has to be called
    };
    struct Outcome {
        Finding finding = Finding::Pass;
        PrincipalPtr principal;
        std::optional<Error> error; ///< InvalidToken, TokenExpired, IdpUnavailable, Unauthorized
    };
    /// Without waiting for anybody: a cached verification, a key in memory.
    virtual Outcome findNow(const AuthRequest &request) = 0;
    /// After findNow() said Ask. Errors as there. Dropping the Call is fine.
    virtual Call find(const AuthRequest &request, Handler<PrincipalPtr> handler) = 0;
};

} // namespace bridge::auth
