// SPDX-License-Identifier: GPL-3.0-or-later
// "Did you mean": the known name nearest to a mistyped one.
#pragma once

#include <QtCore/QStringList>

namespace bridge::config {

/// The nearest of \a known within a third of the length of \a word, at most 3 edits; else empty.
QString nearest(const QString &word, const QStringList &known);
/// ` Did you mean X?` with a leading space, or an empty text.
QString didYouMean(const QString &word, const QStringList &known);

} // namespace bridge::config
