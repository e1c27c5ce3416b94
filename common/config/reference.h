// SPDX-License-Identifier: GPL-3.0-or-later
// The option table as people read it: --help and the settings page. And as programs do: every
// setting with its value, for GET /admin/config and the console.
#pragma once

#include "common/config/settings.h"

#include <QtCore/QJsonObject>

namespace bridge::config {

/// Text of `mcp-bridge --help`, wrapped at \a width columns (40 at least).
QString helpText(int width = 80, const OptionTable &table = optionTable());
/// Content of resources/docs/settings.md.
QString settingsMarkdown(const OptionTable &table = optionTable());
/// {"options": [{name, flag, type, group, help, value, source, …}], "families": {…}}; secrets are
/// masked, everything else has passed logging::redact().
QJsonObject describe(const Settings &settings);
/// `text`, `integer`, …, as used in the page and in describe().
QString typeName(OptionType type);

} // namespace bridge::config
