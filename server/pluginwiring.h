// SPDX-License-Identifier: GPL-3.0-or-later
// What PLUGIN_DIR holds, put where the settings want it. Part of the composition root.
#pragma once

#include "common/config/settings.h"
#include "common/plugins/pluginfolder.h"
#include "server/sessions/sessionstore.h"

namespace bridge {

/// Loads and configures the plugins of PLUGIN_DIR; none when it is not set. For the start: what is
/// loaded runs. Errors have problems at PLUGIN_DIR or PLUGIN_SETTINGS.
Result<QList<plugins::Plugin>> pluginsFrom(const config::Settings &settings);

/// The store SESSION_MANAGER_TYPE asks for when that is a plugin, else \a usual. Errors have
/// problems at SESSION_MANAGER_TYPE.
Result<std::unique_ptr<sessions::SessionStore>>
storeFrom(std::unique_ptr<sessions::SessionStore> usual, const QList<plugins::Plugin> &plugins,
          const config::Settings &settings);

} // namespace bridge
