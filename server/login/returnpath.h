// SPDX-License-Identifier: GPL-3.0-or-later
// Where a browser goes after its login: a page of this bridge, never anywhere else.
#pragma once

#include <QtCore/QString>

namespace bridge::login {

/// \a wanted when it is a path of this origin (RFC 3986 §4.2 path-absolute, with query and
/// fragment), else \a otherwise. Whatever a browser might take for another host is refused: `//`,
/// backslashes, control characters, also percent-encoded ones in front.
QString safeReturnPath(const QString &wanted, const QString &otherwise);

} // namespace bridge::login
