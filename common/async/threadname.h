// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace bridge {

/// For tools such as top and debuggers; up to 15 characters, the system may cut or ignore it.
void setNameOfThisThread(const char *name);

} // namespace bridge
