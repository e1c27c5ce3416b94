// SPDX-License-Identifier: GPL-3.0-or-later
// The metaschemas of the two supported dialects, reduced to what constrains a schema: the types of
// its keywords and where subschemas are. Source: json-schema.org, drafts 2020-12 and draft-07.
#pragma once

#include <QtCore/QJsonValue>
#include <QtCore/QString>

#include <optional>

namespace bridge::json {

inline constexpr char kUri202012[] = "https://json-schema.org/draft/2020-12/schema";
inline constexpr char kUriDraft07[] = "http://json-schema.org/draft-07/schema";

/// The built-in document at \a uri (without fragment), if there is one.
std::optional<QJsonValue> builtInSchema(const QString &uri);

} // namespace bridge::json
