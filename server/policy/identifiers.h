// SPDX-License-Identifier: GPL-3.0-or-later
// Names of users and groups as parts of paths and arguments (contract §7.5). Pure; any thread.
#pragma once

#include <QtCore/QString>

namespace bridge::policy {

enum class Encoding {
    Percent, ///< different names stay different; most names stay as they are
    Legacy   ///< as the reference bridge: drops what is unsafe, so that two names may become one
};

/// What file systems of this platform take for the same: upper and lower case, `:` of streams,
/// names of devices, a dot at the end.
#if defined(Q_OS_WIN) || defined(Q_OS_MACOS)
inline constexpr bool kFoldsNames = true;
#else
inline constexpr bool kFoldsNames = false;
#endif

/// No result is longer than this many bytes of UTF-8.
inline constexpr qsizetype kMaxIdentifierBytes = 120;

/// \a name as one harmless part of a path: letters and digits of any script, `.`, `_`, `:` and `-`
/// stay, everything else becomes `%XX` of its UTF-8 bytes, as do dots in a row, a dot alone and a
/// hyphen in front. Names too long, and only those, end in `~` and a hash. Empty for names that
/// are empty or no valid Unicode.
QString encodedIdentifier(const QString &name, bool foldsNames = kFoldsNames);

/// Keeps letters, digits and `. _ : -`; dots in a row become `_`; cut after 100 characters. Empty
/// when nothing is left.
QString legacyIdentifier(const QString &name);

} // namespace bridge::policy
