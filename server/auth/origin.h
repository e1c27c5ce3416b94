// SPDX-License-Identifier: GPL-3.0-or-later
// Which request something comes of, for the audit log. Plain value.
#pragma once

#include <QtCore/QString>
#include <QtNetwork/QHostAddress>

namespace bridge::auth {

struct Origin {
    QString requestId; ///< empty = no request
    QHostAddress address = {};
};

} // namespace bridge::auth
