// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/async/threadname.h"

#include <pthread.h>

namespace bridge {

void setNameOfThisThread(const char *name)
{
    pthread_setname_np(pthread_self(), name);
}

} // namespace bridge
