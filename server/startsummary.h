// SPDX-License-Identifier: GPL-3.0-or-later
// One line for the log at the start: what guards this bridge. Who set something and does not find
// it here knows that it has no effect.
#pragma once

#include "common/config/loader.h"

namespace bridge {

/// \a loaded has no problems. Names no secrets and no files.
QString startSummary(const config::Loaded &loaded);

/// What those who start the bridge should know about its surroundings.
QStringList startWarnings(const config::Settings &settings);

/// About TRUSTED_PROXIES, also for a reload that changes it; empty when there is nothing to say.
QString proxiesWarning(const config::Settings &settings);

} // namespace bridge
