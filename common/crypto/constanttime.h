// SPDX-License-Identifier: GPL-3.0-or-later
// Comparisons of secrets that take as long for a near miss as for a far one. Any thread.
#pragma once

#include <QtCore/QByteArrayView>

namespace bridge::crypto {

/// Whether \a a and \a b are the same; tells by its time only whether their lengths are.
bool isEqual(QByteArrayView a, QByteArrayView b);

} // namespace bridge::crypto
