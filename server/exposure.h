// SPDX-License-Identifier: GPL-3.0-or-later
// Whether the settings keep out whom they should and let somebody in: asked at the start and by
// every reload, before anything is put into force. Part of the composition root.
#pragma once

#include "common/base/error.h"

namespace bridge::config {
class Settings;
}

namespace bridge {

/// Everything wrong with that; `path` is the name of a setting. Any thread.
QList<FieldProblem> checkExposure(const config::Settings &settings);

} // namespace bridge
