// SPDX-License-Identifier: GPL-3.0-or-later
// What a server says with 401 or 403 about the token it wants (RFC 9110 §11.6.1, RFC 6750 §3, RFC
// 9728 §5.1). Pure functions; any thread.
#pragma once

#include "common/httpclient/request.h"

#include <QtCore/QStringList>

#include <optional>

namespace bridge::credentials {

struct BearerChallenge {
    QUrl resourceMetadata; ///< empty = not named, or no web address
    QStringList scopes;
    QString error;
};

/// The first challenge of the scheme Bearer among the fields of \a headers.
std::optional<BearerChallenge> bearerChallenge(const httpclient::Headers &headers);

} // namespace bridge::credentials
