// SPDX-License-Identifier: GPL-3.0-or-later
// What the faces need of the dispatcher, as functions, so that they can be tested without one.
#pragma once

#include "server/gateway/dispatcher.h"

namespace bridge::gateway {

struct Backend {
    using Run = std::function<Call(Request, std::shared_ptr<Downstream>, Handler<Answer>)>;

    Run handle; ///< `initialize` too, with Request::state set
    Run listen;
    std::function<void(const Request &)> notification;
    std::function<void(const ClientStatePtr &)> release;
    std::function<void()> dropSuspended; ///< may be null
};

/// \a dispatcher outlives the backend.
inline Backend backendOf(Dispatcher *dispatcher)
{
    Backend backend;
    backend.handle = [dispatcher](Request request, std::shared_ptr<Downstream> downstream,
                                  Handler<Answer> handler) {
        return dispatcher->handle(std::move(request), std::move(downstream), std::move(handler));
    };
    backend.listen = [dispatcher](Request request, std::shared_ptr<Downstream> downstream,
                                  Handler<Answer> handler) {
        return dispatcher->listen(std::move(request), std::move(downstream), std::move(handler));
    };
    backend.notification = [dispatcher](const Request &request) {
        dispatcher->notification(request);
    };
    backend.release = [dispatcher](const ClientStatePtr &state) { dispatcher->release(state); };
    backend.dropSuspended = [dispatcher] { dispatcher->dropSuspended(); };
    return backend;
}

} // namespace bridge::gateway
