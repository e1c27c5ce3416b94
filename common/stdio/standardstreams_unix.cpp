// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/stdio/standardstreams.h"

#include <fcntl.h>
#include <initializer_list>
#include <unistd.h>

namespace bridge::stdio {

void openMissingStreams()
{
    for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(number, F_GETFD) != -1)
            continue;
        // The lowest number that is free, which is this one.
        [[maybe_unused]] const int opened = ::open("/dev/null", O_RDWR);
    }
}

} // namespace bridge::stdio
