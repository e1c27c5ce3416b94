// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/async/mailbox.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QEvent>
#include <QtCore/QObject>

#include <deque>
#include <mutex>
#include <utility>

namespace bridge {

/// Of the mailbox's thread.
class Mailbox::Receiver : public QObject
{
public:
    explicit Receiver(Mailbox *box) : m_box(box) {}

protected:
    /// Does not look at the event, which another thread made.
    void customEvent(QEvent *event) override;

private:
    Mailbox *m_box;
};

struct Mailbox::State {
    std::mutex lock;
    std::deque<std::function<void()>> waiting;
    Receiver *receiver = nullptr; ///< nullptr once the thread has ended
};

/// One event for one function: a loop inside a function goes on with the next one.
void Mailbox::Receiver::customEvent(QEvent *)
{
    std::function<void()> next;
    {
        const std::scoped_lock locked(m_box->d->lock);
        next = std::move(m_box->d->waiting.front());
        m_box->d->waiting.pop_front();
    }
    next();
}

/// Closes the mailbox when its thread ends.
struct Mailbox::Owner {
    std::shared_ptr<Mailbox> box{new Mailbox};
    Owner() = default;
    Owner(const Owner &) = delete;
    Owner &operator=(const Owner &) = delete;
    ~Owner() { box->close(); }
};

std::shared_ptr<Mailbox> Mailbox::ofThisThread()
{
    thread_local const Owner owner;
    return owner.box;
}

Mailbox::Mailbox() : d(std::make_unique<State>())
{
    d->receiver = new Receiver(this);
}

Mailbox::~Mailbox() = default;

void Mailbox::close()
{
    std::unique_ptr<Receiver> receiver;
    std::deque<std::function<void()>> dropped;
    const std::scoped_lock locked(d->lock);
    receiver.reset(std::exchange(d->receiver, nullptr));
    dropped.swap(d->waiting);
}

void Mailbox::post(std::function<void()> function)
{
    const std::scoped_lock locked(d->lock);
    if (!d->receiver)
        return;
    d->waiting.push_back(std::move(function));
    QCoreApplication::postEvent(d->receiver, new QEvent(QEvent::User));
}

} // namespace bridge
