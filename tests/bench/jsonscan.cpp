// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/jsonscan.h"

namespace bridge::bench {

namespace {

size_t endOfString(std::string_view text, size_t at)
{
    for (++at; at < text.size(); ++at) {
        if (text[at] == '\\')
            ++at;
        else if (text[at] == '"')
            return at + 1;
    }
    return text.size();
}

size_t endOfNested(std::string_view text, size_t at)
{
    int depth = 0;
    while (at < text.size()) {
        const char c = text[at];
        if (c == '"') {
            at = endOfString(text, at);
            continue;
        }
        ++at;
        if (c == '{' || c == '[')
            ++depth;
        else if ((c == '}' || c == ']') && --depth == 0)
            return at;
    }
    return text.size();
}

} // namespace

std::string_view valueAt(std::string_view text, size_t from)
{
    if (from >= text.size())
        return {};
    size_t end;
    if (text[from] == '"')
        end = endOfString(text, from);
    else if (text[from] == '{' || text[from] == '[')
        end = endOfNested(text, from);
    else
        end = text.find_first_of(" \t\r\n,}]", from);
    return text.substr(from, end == std::string_view::npos ? end : end - from);
}

} // namespace bridge::bench
