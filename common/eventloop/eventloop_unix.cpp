// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/eventloop/eventloop.h"

#include "common/eventloop/epolldispatcher_unix.h"

#include <QtCore/QCoreApplication>

namespace bridge {

void installEventLoop()
{
    if (std::unique_ptr<EpollDispatcher> dispatcher = EpollDispatcher::create())
        QCoreApplication::setEventDispatcher(dispatcher.release());
}

} // namespace bridge
