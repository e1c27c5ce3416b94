// SPDX-License-Identifier: GPL-3.0-or-later
// Which request something comes of, for the audit log. Plain value.
#pragma once

#include <QtCore/QString>
#include <QtNetwork/QHostAddress>

#include <memory>

namespace bridge::auth {

struct Origin {
    QString requestId;         ///< empty = no request
    QHostAddress address = {}; ///< of the client, also behind proxies that are named
    /// A limit refused it, and that was told of. One for all copies, as ids are what clients say;
    /// null = nobody asks.
    std::shared_ptr<bool> isLimitTold = {};
};

} // namespace bridge::auth
