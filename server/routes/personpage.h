// SPDX-License-Identifier: GPL-3.0-or-later
// The small pages people see between the bridge and an identity provider.
#pragma once

#include "server/http/response.h"

#include <QtCore/QString>

namespace bridge::routes {

/// What a page says. Runs nothing, loads nothing, cannot be framed, is not cached and does not tell
/// its address to the next one, for that may hold a state or a ticket (RFC 9700 §4.2.4, §4.16).
struct PersonPage {
    int status = 200;
    QString title;
    QString text; ///< plain; escaped here
    QString html; ///< below the text, trusted: whoever builds it escapes what it holds
    /// Where a form in \a html may lead besides the bridge itself, as an origin. Empty: no form.
    QString formTarget;
};

http::Response personPage(const PersonPage &page);

} // namespace bridge::routes
