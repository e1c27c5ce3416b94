// SPDX-License-Identifier: GPL-3.0-or-later
// Whether a URI may have come from a URI template (RFC 6570), to find the server it belongs to.
#pragma once

#include <QtCore/QString>

namespace bridge::gateway {

/// Every `{expression}` of \a uriTemplate stands for any text, also none. Linear in practice and
/// never worse than the product of both lengths. Pure; any thread.
bool matchesTemplate(const QString &uriTemplate, const QString &uri);

} // namespace bridge::gateway
