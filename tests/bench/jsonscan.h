// SPDX-License-Identifier: GPL-3.0-or-later
// Walks JSON text without building anything: keys and values come out as the bytes they are.
// Trusts its peer to send well-formed JSON, which is what makes it thin; it never reads past the
// end of the text. For the programs of this folder only.
#pragma once

#include <string_view>

namespace bridge::bench {

/// The value that begins at \a from, without what follows it.
std::string_view valueAt(std::string_view text, size_t from);

/// Calls visit(key, value) for each member of the object in \a text; keys come without quotes,
/// values as they are, strings with their quotes.
template <typename Visit>
void forEachMember(std::string_view text, Visit visit)
{
    constexpr std::string_view between = " \t\r\n,:{";
    size_t at = text.find('{');
    while (at != std::string_view::npos) {
        at = text.find_first_not_of(between, at);
        if (at == std::string_view::npos || text[at] != '"')
            return;
        const std::string_view key = valueAt(text, at);
        at = text.find_first_not_of(" \t\r\n:", at + key.size());
        if (at == std::string_view::npos || key.size() < 2)
            return;
        const std::string_view value = valueAt(text, at);
        visit(key.substr(1, key.size() - 2), value);
        at += value.size();
    }
}

} // namespace bridge::bench
