// SPDX-License-Identifier: GPL-3.0-or-later
// The demo server as a program of its own, so that its stdio can be tested without the bridge.
#include "server/demo/demo.h"

#include <QtCore/QCoreApplication>

int main(int argc, char *argv[])
{
    QCoreApplication app(argc, argv);
    return bridge::demo::run(app);
}
