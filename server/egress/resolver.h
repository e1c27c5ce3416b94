// SPDX-License-Identifier: GPL-3.0-or-later
// Names to addresses without waiting. Main thread.
#pragma once

#include "common/async/call.h"

#include <QtNetwork/QHostAddress>

namespace bridge::egress {

/// Addresses of a host name, at least one; UpstreamFailed when there is no such host. The
/// operating system decides how long it takes: callers have a timeout of their own.
using Resolver = std::function<Call(const QString &host, Handler<QList<QHostAddress>> handler)>;

/// The operating system's.
Call resolve(const QString &host, Handler<QList<QHostAddress>> handler);

} // namespace bridge::egress
