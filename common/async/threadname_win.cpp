// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/async/threadname.h"

#include <QtCore/QString>
#include <QtCore/qt_windows.h>

namespace bridge {

void setNameOfThisThread(const char *name)
{
    SetThreadDescription(GetCurrentThread(), QString::fromLatin1(name).toStdWString().c_str());
}

} // namespace bridge
