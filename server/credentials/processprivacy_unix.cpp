// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/credentials/processprivacy.h"

#include <sys/resource.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

namespace bridge::credentials {

void keepMemoryPrivate()
{
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
#ifdef __linux__
    // A core_pattern that pipes to a program ignores the limit, but not this.
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

} // namespace bridge::credentials
