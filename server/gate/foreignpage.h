// SPDX-License-Identifier: GPL-3.0-or-later
// Cross-site request forgery. Where a browser sends the credential by itself, a cookie or what a
// proxy makes of one, any page on the web can make it send a request; so who sent the page has to
// be known. Pure: looks at a request only.
#pragma once

#include "common/base/error.h"
#include "common/config/globs.h"
#include "server/http/request.h"

#include <optional>

namespace bridge::gate {

struct PageRules {
    /// Origins whose pages may act for their visitors: CORS_ORIGINS without `*`, when
    /// CORS_ALLOW_CREDENTIALS is on; in lower case.
    config::GlobList origins;
    /// A cookie is the credential: then a request that changes something and that no browser
    /// marked has to carry what no form can send.
    bool byCookie = false;
};

/// Forbidden when \a request may have been made by a page of somebody else:
///  - `Origin`, where there is one, must be the bridge's own or one of PageRules::origins;
///  - else `Sec-Fetch-Site` must be `same-origin` or `none`, or the request the loading of a page;
///  - where neither came, PageRules::byCookie asks for `Content-Type: application/json` or
///    `X-Requested-With`, which a foreign page cannot send without being asked for leave.
std::optional<Error> checkPage(const http::Request &request, const PageRules &rules);

/// \a request came straight from this machine: not through a proxy, not by a foreign page.
bool isNeighbour(const http::Request &request);

} // namespace bridge::gate
