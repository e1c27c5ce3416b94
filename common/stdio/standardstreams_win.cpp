// SPDX-License-Identifier: GPL-3.0-or-later
// Handles of standard streams are never given to others.
#include "common/stdio/standardstreams.h"

namespace bridge::stdio {

void openMissingStreams()
{
}

} // namespace bridge::stdio
