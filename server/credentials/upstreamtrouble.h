// SPDX-License-Identifier: GPL-3.0-or-later
// What users are told when accounts at an MCP server cannot be connected at all.
#pragma once

#include "common/base/error.h"

namespace bridge::credentials {

/// \a why is a sentence that goes on behind a colon.
inline Error cannotConnect(const QString &server, const QString &why)
{
    using namespace Qt::StringLiterals;
    return {ErrorCode::NotConnected,
            u"Accounts at MCP server \"%1\" cannot be connected: %2 Tell the operator of the "
            "bridge."_s.arg(server, why)};
}

} // namespace bridge::credentials
