// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/signals.h"

#include <QtCore/QMetaObject>

#include <windows.h>

namespace bridge {

namespace {

Signals *g_signals = nullptr;

// Runs in a thread of its own, so the wish is queued to the object's thread.
BOOL WINAPI onControl(DWORD)
{
    if (!g_signals)
        return FALSE;
    QMetaObject::invokeMethod(g_signals, &Signals::stopRequested, Qt::QueuedConnection);
    return TRUE;
}

} // namespace

Signals::Signals(QObject *parent) : QObject(parent)
{
    g_signals = this;
    SetConsoleCtrlHandler(onControl, TRUE);
}

Signals::~Signals()
{
    SetConsoleCtrlHandler(onControl, FALSE);
    g_signals = nullptr;
}

} // namespace bridge
