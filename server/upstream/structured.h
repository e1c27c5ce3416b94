// SPDX-License-Identifier: GPL-3.0-or-later
// Structured content from a text that holds JSON or XML (contract §3.4).
#pragma once

#include <QtCore/QByteArray>
#include <QtCore/QJsonValue>
#include <QtCore/QString>

#include <optional>

namespace bridge::upstream {

/// JSON text of the structured content \a text stands for; JSON comes back byte-true. Nothing when
/// it is neither a JSON object or array nor well-formed XML.
std::optional<QByteArray> structuredFromText(const QString &text);

/// `{rootTag: map(root)}` of well-formed XML. Nothing for a text with a document type definition
/// (entities could name files or multiply), deeper than 64 elements or longer than 1 MiB.
std::optional<QJsonValue> structuredFromXml(const QString &text);

} // namespace bridge::upstream
