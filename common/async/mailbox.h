// SPDX-License-Identifier: GPL-3.0-or-later
// The one way into the event loop of another thread.
//
// QMetaObject::invokeMethod() would do it too, but hands its function over behind locks inside Qt,
// which a thread sanitizer cannot see unless Qt itself was built with it: every crossing would be
// reported as a race, or none if the reports were muted. Here only a bare event goes through Qt;
// what it stands for waits behind a lock of ours.
#pragma once

#include <functional>
#include <memory>

namespace bridge {

/// Any thread may post; what was posted runs in the mailbox's thread, from its event loop, in the
/// order it came. What is posted by the time that thread ends, or later, is dropped unrun.
class Mailbox
{
public:
    /// That of the calling thread, where a QCoreApplication or QThread runs an event loop. Keep it
    /// as long as you like: it outlives the thread.
    static std::shared_ptr<Mailbox> ofThisThread();
    ~Mailbox();
    Mailbox(const Mailbox &) = delete;
    Mailbox &operator=(const Mailbox &) = delete;

    /// Any thread. \a function must not throw; it is destroyed in the mailbox's thread, or in the
    /// caller's when it is dropped.
    void post(std::function<void()> function);

private:
    class Receiver;
    struct Owner;
    Mailbox();
    void close();

    struct State;
    std::unique_ptr<State> d;
};

} // namespace bridge
