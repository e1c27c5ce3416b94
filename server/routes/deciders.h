// SPDX-License-Identifier: GPL-3.0-or-later
// What decides about callers besides the policy, and what clients call things; for explanations.
#pragma once

#include "common/base/result.h"
#include "server/auth/principal.h"

#include <QtCore/QMap>

#include <functional>
#include <optional>

namespace bridge::gate {
class Gate;
}

namespace bridge::routes {

/// Null members are questions nobody has to ask.
struct Deciders {
    const gate::Gate *gate = nullptr; ///< outlives the routes
    /// Values of placeholders for a caller and the group he asks for, see policy::DataAccess.
    std::function<Result<QMap<QString, QString>>(const auth::Principal &, const QString &group)>
        places;
    /// Completes somebody described by issuer and name as if he had come with a token. NotFound
    /// when tokens of his issuer are not taken.
    std::function<Result<Nothing>(auth::Principal &)> introduce;

    /// What clients of several servers call \a name of \a server.
    std::function<QString(const QString &server, const QString &name)> sharedName;
    struct Uri {
        QString server;
        QString uri;
    };
    /// The server of a URI that names one; nothing of others.
    std::function<std::optional<Uri>(const QString &uri)> splitUri;
};

} // namespace bridge::routes
