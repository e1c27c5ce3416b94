// SPDX-License-Identifier: GPL-3.0-or-later
// Regular expressions as JSON Schema means them: ECMA-262 with the `u` flag, not anchored.
// Translated to PCRE2: `$` means the very end, `\u{…}` and `\uXXXX` become code points, the long
// names of Unicode properties their short ones. Constructs only PCRE2 knows and that steer the
// matcher (`(*VERB)`, `\C`, `\K`, `\G`, `\Q`) are refused.
//
// A hostile pattern cannot hang the process: pattern length is bounded, and PCRE2 counts what one
// match does and gives up at kMatchLimit (about 20 ms).
#pragma once

#include "common/base/result.h"

#include <QtCore/QRegularExpression>

namespace bridge::json {

inline constexpr int kMatchLimit = 1'000'000;
inline constexpr int kMaxPatternLength = 10'000;

class Regex
{
public:
    enum class Outcome { Match, NoMatch, TooExpensive };

    Regex() = default;
    /// Fails with InvalidArguments and a sentence about what is wrong with \a pattern.
    static Result<Regex> compile(const QString &pattern);

    const QString &pattern() const { return m_pattern; } ///< as it was written
    /// Whether \a text contains a match. Safe to call from several threads at once.
    Outcome match(const QString &text) const;

private:
    QString m_pattern;
    QRegularExpression m_regex;
};

} // namespace bridge::json
