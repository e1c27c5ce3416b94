// SPDX-License-Identifier: GPL-3.0-or-later
// Splits a command line into words as a POSIX shell does, and does nothing else a shell does: no
// variables, globs, substitutions, operators or comments (POSIX.1-2017 XCU §2.2).
#pragma once

#include "common/base/result.h"

#include <QtCore/QStringList>

namespace bridge::config {

/// The words of \a text. An open quote or a lone backslash at the end is an error.
Result<QStringList> splitShellWords(const QString &text);

} // namespace bridge::config
