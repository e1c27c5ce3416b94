// SPDX-License-Identifier: GPL-3.0-or-later
// The forms in which one operation is reachable: at the root for the default server, under
// /servers/{server} for a named one, and each of them inside a session by path.
#pragma once

#include "server/routes/services.h"

namespace bridge::routes {

/// A handler as a coroutine owned by its exchange: when the client leaves, the frame and what it
/// waits for are gone.
using Operation = Task<http::Response> (*)(Services *, http::Exchange *, http::PathParams);

enum class SessionForm { None, Nested }; ///< Nested: also /session/{session}/…

/// Adds \a operation in all its forms. \a openApi documents the plain form.
void addOperation(http::Router &router, Services *services, const QByteArray &method,
                  const QString &pattern, Operation operation, const QJsonObject &openApi,
                  SessionForm form = SessionForm::Nested);

/// Adds a route that has one form only.
void addPlain(http::Router &router, Services *services, const QByteArray &method,
              const QString &pattern, Operation operation, const QJsonObject &openApi,
              bool alsoAtRoot = false, bool anyHost = false);

} // namespace bridge::routes
