// SPDX-License-Identifier: GPL-3.0-or-later
// Texts of MCP servers for the pages /docs and /redoc, which read them as Markdown.
#pragma once

#include <QtCore/QString>

namespace bridge::routes {

/// \a text as Markdown: common indentation goes, line breaks stay, for most servers write plain
/// text, often a docstring, which Markdown would run together or show as code. HTML becomes text
/// and pictures become links: nobody vouches for these servers, and a page must not load what
/// they name. Code spans and fences are left as they are. Pure function.
QString markdownOf(const QString &text);

} // namespace bridge::routes
