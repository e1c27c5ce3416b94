// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/credentials/processprivacy.h"

namespace bridge::credentials {

// Windows writes dumps only where the administrator asked for them, into protected folders.
void keepMemoryPrivate()
{
}

} // namespace bridge::credentials
