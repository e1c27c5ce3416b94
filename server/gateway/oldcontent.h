// SPDX-License-Identifier: GPL-3.0-or-later
// Content for clients whose revision knows less of it. Pure functions; any thread.
#pragma once

#include <QtCore/QByteArray>
#include <QtCore/QString>

namespace bridge::gateway {

/// \a result of a tool or prompt with what the legacy \a revision does not know told in text:
/// audio (since 2025-03-26), resource links (since 2025-06-18), structured content without other
/// content (since 2025-06-18), and structured content that is no object (since 2026-07-28).
/// Unchanged bytes when all is known.
QByteArray withOldContent(const QByteArray &result, const QString &revision);

} // namespace bridge::gateway
