// SPDX-License-Identifier: GPL-3.0-or-later
// The settings of this room.
#pragma once

#include "server/credentials/credential.h"

namespace bridge::credentials {

BrokerSettings brokerSettings(const config::Settings &settings);

} // namespace bridge::credentials
