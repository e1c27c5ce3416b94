// SPDX-License-Identifier: GPL-3.0-or-later
// `WWW-Authenticate` of refusals (RFC 6750 §3, RFC 9728 §5.1): tells a client where to find out how
// to get a token, and which scopes it needs. Pure.
#pragma once

#include "common/base/error.h"

#include <QtCore/QByteArray>

namespace bridge::gate {

struct ChallengeFacts {
    QString resourceMetadata; ///< URL of the protected resource's document; empty = there is none
    QString scope;            ///< scopes to ask for, separated by blanks; may be empty
};

/// The value of the header, empty when \a error is no question of credentials. Scopes that \a error
/// names in Error::extra["scope"] go before those of \a facts.
QByteArray challengeFor(const Error &error, const ChallengeFacts &facts);

} // namespace bridge::gate
