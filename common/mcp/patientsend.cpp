// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/mcp/patientsend.h"

#include "common/async/later.h"
#include "common/mcp/httpstatus.h"

#include <memory>

namespace bridge::mcp {

namespace {

using httpclient::Response;

/// Owned by the Call that was given out; what it has under way knows it weakly.
struct Attempts : std::enable_shared_from_this<Attempts> {
    httpclient::Client *client = nullptr;
    httpclient::Request request;
    httpclient::Hooks hooks;
    Handler<Response> handler;
    bool isIdempotent = false;
    bool wasSent = false;
    int count = 0;
    Call current;

    void begin();
    void onOutcome(Result<Response> outcome);
    /// Nothing when that was the last one.
    std::optional<std::chrono::milliseconds> delayAfter(const Result<Response> &outcome) const;
};

void Attempts::begin()
{
    ++count;
    wasSent = false;
    httpclient::Hooks own = hooks;
    const std::weak_ptr weak = weak_from_this();
    own.sent = [weak] {
        const auto self = weak.lock();
        if (!self)
            return;
        self->wasSent = true;
        if (const auto sent = self->hooks.sent)
            sent();
    };
    current = client->send(request, std::move(own), [weak](Result<Response> outcome) {
        if (const auto self = weak.lock())
            self->onOutcome(std::move(outcome));
    });
}

void Attempts::onOutcome(Result<Response> outcome)
{
    if (const auto delay = delayAfter(outcome)) {
        current = after(*delay, [weak = weak_from_this()] {
            if (const auto self = weak.lock())
                self->begin();
        });
        return;
    }
    if (const auto done = std::exchange(handler, nullptr))
        done(std::move(outcome));
}

std::optional<std::chrono::milliseconds> Attempts::delayAfter(const Result<Response> &outcome) const
{
    if (count >= kMaxAttempts)
        return std::nullopt;
    if (!outcome) {
        const bool isUnreachable = outcome.error().code == ErrorCode::UpstreamFailed && !wasSent;
        return isUnreachable ? std::optional(kFirstDelay * count) : std::nullopt;
    }
    if (!isIdempotent || !isTemporary(outcome->status))
        return std::nullopt;
    const std::chrono::milliseconds wait = retryAfter(*outcome).value_or(kFirstDelay * count);
    return wait <= kMaxWait ? std::optional(wait) : std::nullopt;
}

} // namespace

Call sendPatiently(httpclient::Client *client, httpclient::Request request, bool isIdempotent,
                   httpclient::Hooks hooks, Handler<Response> handler)
{
    auto attempts = std::make_shared<Attempts>();
    attempts->client = client;
    attempts->request = std::move(request);
    attempts->hooks = std::move(hooks);
    attempts->handler = std::move(handler);
    attempts->isIdempotent = isIdempotent;
    attempts->begin();
    return Call([attempts] {
        attempts->handler = nullptr;
        attempts->current.cancel();
    });
}

} // namespace bridge::mcp
