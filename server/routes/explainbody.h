// SPDX-License-Identifier: GPL-3.0-or-later
// The body of POST /admin/policy/explain: about whom and about what.
#pragma once

#include "server/http/exchange.h"
#include "server/policy/action.h"
#include "server/routes/services.h"

#include <QtCore/QJsonObject>

namespace bridge::routes {

/// What is asked about. The server's own annotations go before those of the body.
struct Explained {
    policy::Action action; ///< server and name as the server has them; the pointers are not set
    const upstream::Server *server = nullptr;
    upstream::ServerPin pin;
    QJsonObject annotations;
    std::optional<QJsonObject> arguments;
    QString group;
    QJsonValue exists; ///< null when the bridge does not know
};

/// Checks the keys of \a body and finds what it names, also by the names that clients of several
/// servers see. Errors: InvalidArguments with the place of each problem, ServerNotFound.
Result<Explained> explainedIn(const Services &services, const http::Exchange &exchange,
                              const QJsonObject &body);

/// The token in \a body; nothing when it holds none. Errors: InvalidArguments.
Result<std::optional<QByteArray>> tokenIn(const Services &services, const QJsonObject &body);

/// Somebody as the `principal` of \a body describes him; without any the anonymous caller. Errors:
/// InvalidArguments.
Result<auth::PrincipalPtr> describedIn(const Services &services, const QJsonObject &body);

} // namespace bridge::routes
