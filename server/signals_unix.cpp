// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/signals.h"

#include <QtCore/QSocketNotifier>

#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace bridge {

namespace {

// A handler may only touch async-signal-safe things: one byte into a pipe wakes the event loop.
int g_pipe[2] = {-1, -1};

void onSignal(int number)
{
    const char byte = char(number);
    [[maybe_unused]] const ssize_t written = ::write(g_pipe[1], &byte, 1);
}

void install(int number, void (*handler)(int))
{
    struct sigaction action = {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    ::sigemptyset(&action.sa_mask);
    ::sigaction(number, &action, nullptr);
}

} // namespace

Signals::Signals(QObject *parent) : QObject(parent)
{
    if (::pipe2(g_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
        return;
    auto *notifier = new QSocketNotifier(g_pipe[0], QSocketNotifier::Read, this);
    connect(notifier, &QSocketNotifier::activated, this, [this] {
        char number = 0;
        while (::read(g_pipe[0], &number, 1) > 0) {
            if (number == SIGHUP)
                Q_EMIT reopenRequested();
            else
                Q_EMIT stopRequested();
        }
    });
    install(SIGTERM, onSignal);
    install(SIGINT, onSignal);
    install(SIGHUP, onSignal);
    // A child that dies while we write to it must be an error, not our end.
    install(SIGPIPE, SIG_IGN);
}

Signals::~Signals()
{
    install(SIGTERM, SIG_DFL);
    install(SIGINT, SIG_DFL);
    install(SIGHUP, SIG_DFL);
    ::close(g_pipe[0]);
    ::close(g_pipe[1]);
}

} // namespace bridge
