// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/routes/toolgather.h"

#include "common/async/later.h"

namespace bridge::routes {

namespace {

struct Gathering {
    QList<GatheredTools> found;
    std::vector<Call> calls;
    Call timer;
    Handler<QList<GatheredTools>> handler;
    qsizetype missing = 0;

    void finish()
    {
        if (auto h = std::exchange(handler, nullptr)) {
            calls.clear();
            h(found);
        }
    }
};

} // namespace

Call gatherTools(const QList<upstream::Server *> &servers, const upstream::Identity &identity,
                 std::chrono::milliseconds patience, Handler<QList<GatheredTools>> handler)
{
    auto state = std::make_shared<Gathering>();
    state->handler = std::move(handler);
    // Weak: the Call returned below owns the state; nothing runs once it is gone.
    const std::weak_ptr<Gathering> weak = state;
    for (upstream::Server *server : servers) {
        const qsizetype index = state->found.size();
        state->found.append({server, server->cachedTools(identity), server->pin()});
        if (state->found.last().tools)
            continue;
        ++state->missing;
        state->calls.push_back(
            server->tools(identity, nullptr, [weak, index](Result<upstream::ToolSetPtr> tools) {
                const auto strong = weak.lock();
                if (!strong)
                    return;
                if (tools)
                    strong->found[index].tools = *tools;
                if (--strong->missing == 0)
                    strong->finish();
            }));
    }
    const auto wait = state->missing > 0 ? patience : std::chrono::milliseconds(0);
    state->timer = after(wait, [weak] {
        if (const auto strong = weak.lock())
            strong->finish();
    });
    return Call([state] {
        state->handler = nullptr;
        state->calls.clear();
        state->timer.cancel();
    });
}

} // namespace bridge::routes
