// SPDX-License-Identifier: GPL-3.0-or-later
// Output schemas the operator gives for tools that declare none (contract §3.5). They describe
// results in listings; results are not validated against them.
#pragma once

#include <QtCore/QJsonObject>

namespace bridge::upstream {

/// Tool → schema, from objects tool → schema or path of a JSON file; \a schemas goes before
/// \a legacy per tool. What cannot be read or is no object is logged and left out. Reads files.
QJsonObject loadOverlays(const QJsonObject &schemas, const QJsonObject &legacy);

/// The schema for \a tool: by its exact name, else by canonicalName(); null when there is none
/// or when two entries with different schemas have that canonical name.
QJsonValue overlayFor(const QString &tool, const QJsonObject &overlays);

/// `getMeetings` and `get_meeting` differ, `List-Meetings` and `list_meeting` do not: lower case,
/// split at everything but letters and digits, each part in the singular, joined by `-`.
QString canonicalName(const QString &tool);

} // namespace bridge::upstream
