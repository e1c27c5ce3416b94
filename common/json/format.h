// SPDX-License-Identifier: GPL-3.0-or-later
// The `format` values of JSON Schema (2020-12 validation §7.3) as plain checks of a string.
// Known: date-time, date, time, duration, email, idn-email, hostname, idn-hostname, ipv4, ipv6,
// uri, uri-reference, iri, iri-reference, uuid, json-pointer, relative-json-pointer, regex.
// The idn- and iri- forms are only checked for their rough shape. Any thread.
#pragma once

#include <QtCore/QString>

namespace bridge::json {

/// Checks one string; all of them run in time linear to its length.
using FormatCheck = bool (*)(const QString &text);

/// The check for \a name, nullptr for a format nothing is known about (which then always holds).
FormatCheck formatCheck(const QString &name);

} // namespace bridge::json
