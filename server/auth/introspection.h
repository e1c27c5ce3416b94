// SPDX-License-Identifier: GPL-3.0-or-later
// Asks an issuer what a token is (RFC 7662).
#pragma once

#include "server/auth/issuer.h"

namespace bridge::auth {

/// What \a issuer, which must outlive the Call, says about \a token. InvalidToken when it is not
/// active or the answer is about another issuer, IdpUnavailable when there is no clear answer, also
/// when the bridge's own credentials are refused.
Call introspect(Issuer &issuer, const Fetch &fetch, const QByteArray &token,
                Handler<QJsonObject> handler);

} // namespace bridge::auth
