// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/optionrows.h"

using namespace Qt::StringLiterals;

namespace bridge::config {

QList<Option> authRows()
{
    return {};
}

} // namespace bridge::config
