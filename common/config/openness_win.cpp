// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/openness.h"

namespace bridge::config {

Openness opennessOf(const QString &)
{
    return Openness::Private;
}

} // namespace bridge::config
