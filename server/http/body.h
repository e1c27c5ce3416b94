// SPDX-License-Identifier: GPL-3.0-or-later
// Reads a request body as the one optional JSON object the REST contract allows (§1.1, §1.5).
#pragma once

#include "common/base/result.h"
#include "server/http/request.h"

#include <QtCore/QJsonObject>

namespace bridge::http {

/// The JSON object in the body; a missing, empty or `null` body is an empty object and a missing
/// Content-Type means JSON. Everything else is ErrorCode::InvalidBody whose `detail` is an array
/// of `{"type","loc","msg"}`: other media types, malformed or non-UTF-8 text, NUL bytes,
/// duplicate keys, more than 128 levels, anything but an object.
Result<QJsonObject> jsonObjectBody(const Request &request);

} // namespace bridge::http
