// SPDX-License-Identifier: GPL-3.0-or-later
// Qt's dispatcher is told by the system which sockets are ready; there is nothing to gain.
#include "common/eventloop/eventloop.h"

namespace bridge {

void installEventLoop()
{
}

} // namespace bridge
