// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "common/async/singleflight.h"

namespace bridge::upstream {

using bridge::SingleFlight;

} // namespace bridge::upstream
